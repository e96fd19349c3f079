"""The host of the model's world: it executes a session's effects, and dies between any two of them."""

from __future__ import annotations

from collections import deque
from typing import Any

from stentor.protocol import (
    Ack,
    Append,
    AskSnapshot,
    Claim,
    ClientProtocol,
    Close,
    Closed,
    EndAsked,
    Fail,
    FailedRange,
    Handle,
    Hint,
    Limits,
    Note,
    Read,
    Resolve,
    ServerSession,
    Token,
    Write,
)

from .app import App, Link
from .memory_log import MemoryLog

SESSION = "ada/t1"
LIMITS = Limits(
    window_events=5,
    window_bytes=600,
    batch_events=3,
    batch_bytes=400,
    retain_events=2,
    retain_bytes=200,
    ack_events=2,
    failed_ranges=500,
    says_per_second=1000,
)


class Died(Exception):
    """The actor of the session died here."""


class Host:
    """The process of one session: its actor, which may die between any two effects, its outbox and its log."""

    server_class = ServerSession
    client_class = ClientProtocol

    def __init__(self, *, delayed: bool = False, snapshots: bool = False, late: bool = False) -> None:
        self.now = 100.0
        self.delayed = delayed
        self.late = late
        self.snapshots = snapshots
        self.epochs = 1
        self.log = MemoryLog("e1")
        self.logs = {"e1": self.log}
        self.payloads: dict[tuple[str, int], int] = {}
        self.bodies: dict[bytes, int] = {}
        self.server = self.server_class(SESSION, LIMITS, snapshots=snapshots)
        self.outbox: list[tuple[str, int, tuple[bytes, ...]]] = []
        self.accepted: dict[str, list[bytes]] = {}
        self.links: dict[int, Link] = {}
        self.answers: deque[Any] = deque()
        self.refusals: deque[Any] = deque()
        self.fuse: int | None = None
        self.incarnation = 0
        self.emitted = 0
        self.n = {"w": 0, "x": 0}
        self.acked_by: set[tuple[str, int]] = set()
        self.resolved = 0
        self.ended: dict[int, set[str]] = {}
        self.closed: Closed | None = None
        self.settling = False
        self.inbox: dict[tuple[str, int], int] = {}
        self.apps = [App(self, f"tab{i}", self.client_class(SESSION, f"tab{i}", limits=LIMITS)) for i in range(2)]

    # The host

    def emit(self, count: int, writer: str = "w") -> None:
        bodies = tuple(self.body() for _ in range(count))
        self.n[writer] += count
        batch = (writer, self.n[writer] - count, bodies)
        self.outbox.append(batch)
        self.act(lambda: [self.server.append(*batch)])

    def body(self) -> bytes:
        self.emitted += 1
        body = b'{"type":"text","run":"r","ts":1,"data":{"n":%d}}' % self.emitted
        self.bodies[body] = self.emitted
        return body

    def emit_elsewhere(self, count: int, hint: bool) -> None:
        """Another process appends to the same log."""
        self.n["x"] += count
        append = Append(SESSION, None, "x", self.n["x"] - count, tuple(self.body() for _ in range(count)))
        self.log.append(append)
        self.note_payloads()
        if hint:
            self.act(lambda: self.server.head_hint(self.log.head, self.now))

    def act(self, step: Any) -> None:
        """Run a step of the session's actor; one that dies is followed by the next incarnation."""
        try:
            self.execute(step())
        except Died:
            self.fuse = None
            self.answers.clear()
            self.refusals.clear()
            self.incarnation += 1
            self.act(lambda: self.server.recover(self.now, self.incarnation))
            for batch in list(self.outbox):
                if batch in self.outbox:
                    self.act(lambda batch=batch: [self.server.append(*batch)])

    def execute(self, effects: list[Any]) -> None:
        queue = deque(effects)
        while queue:
            effect = queue.popleft()
            self.burn()
            answer = self.perform(effect)
            self.burn()
            if answer is None:
                continue
            if self.delayed and not isinstance(effect, Write):
                self.answers.append(answer)
            else:
                queue.extend(answer() or [])

    def burn(self) -> None:
        if self.fuse is not None:
            self.fuse -= 1
            if self.fuse < 0:
                raise Died

    def perform(self, effect: Any) -> Any:
        server, log = self.server, self.log
        match effect:
            case Append():
                appended = log.append(effect)
                self.note_payloads()
                return lambda: self.appended(effect, appended)
            case Claim(line, _, held):
                token, state, conn = log.claim(held, SESSION)
                return lambda: server.claimed(line, token, state, conn, self.now)
            case Read(_, epoch, after, limit, size):
                first, bodies = log.read(after, limit, size)
                return lambda: server.read(first, bodies, self.now, epoch)
            case Ack(_, _, conn, token, epoch, upto, rej):
                assert epoch == log.epoch, "an ack of another epoch reached the log"
                if token.gen != log.gen:
                    return self.refuse(token, conn)
                for seq in range(log.floor + 1, upto + 1):
                    self.acked_by.add((epoch, seq))
                floor = log.ack(conn, token, upto, rej)
                return lambda: server.floor(floor, self.now)
            case Fail(_, token, _, ranges):
                if token.gen != log.gen:
                    return self.refuse(token)
                floor = log.fail(ranges)
                return lambda: server.floor(floor, self.now)
            case Write(line, frames, _, _):
                link = self.links.get(line)
                if link is not None and not link.cut:
                    link.to_client.extend(frames)
                return lambda: server.written(effect)
            case Close(line, code, reason):
                link = self.links.get(line)
                if link is not None:
                    link.server_end = link.server_end or (code, reason)
            case Handle(_, tab, cid, _, data):
                assert self.inbox.setdefault((tab, cid), data) == data
                return lambda: server.answered(tab, cid, None, self.now)
            case AskSnapshot(line, _, upto):
                return lambda: server.snapshot(line, {"upto": upto}, self.now)
            case Note(kind, facts):
                if kind in ("line_closed", "line_lost"):
                    self.ended.setdefault(facts["line"], set()).add(kind)
                assert kind != "protocol_error", facts
                if self.settling and facts.get("code") in (4101, 4102):
                    assert self.links[facts["line"]].cut, "a client that is there was given up"
            case Resolve(epoch, floor, _):
                if epoch == log.epoch:
                    self.resolved = max(self.resolved, floor)
            case Closed():
                self.closed = effect
            case Hint() | EndAsked():
                pass
            case _:
                raise TypeError(effect)
        return None

    def refuse(self, token: Token, conn: int = 0) -> Any:
        """Return the log's refusal as an answer; a store that takes its time gives it whenever it likes."""

        def refusal() -> list[Any]:
            return self.server.fenced(self.now, None, token, conn)

        if not self.late:
            return refusal
        self.refusals.append(refusal)
        return None

    def refusal(self) -> bool:
        """Let the store's oldest refusal arrive."""
        if not self.refusals:
            return False
        self.act(self.refusals.popleft())
        return True

    def appended(self, append: Append, answer: Any) -> list[Any]:
        effects = self.server.appended([(append, answer)], self.now)
        batch = (append.writer, append.n0, append.bodies)
        if batch in self.outbox:
            self.outbox.remove(batch)
            self.accepted.setdefault(answer.epoch, []).extend(append.bodies)
        return effects

    def note_payloads(self) -> None:
        for seq, body in enumerate(self.log.bodies, 1):
            known = self.payloads.setdefault((self.log.epoch, seq), self.bodies[body])
            assert known == self.bodies[body], f"seq {seq} was given twice"

    def answer(self) -> bool:
        """Let the store's next answer arrive."""
        if not self.answers:
            return False
        self.act(self.answers.popleft())
        return True

    def elsewhere(self, app: App) -> None:
        """The client of *app* is at another process for a while: its position acknowledges there, and it is cut off."""
        log, position = self.log, app.client.position
        log.gen += 1
        for link in self.links.values():
            link.cut = link.cut or link.owner is app
        if position is None or position.epoch != log.epoch or app.client.data.losing():
            return
        for seq in range(log.floor + 1, position.seq + 1):
            refused = (log.epoch, seq) in app.refused
            if log.outcomes.setdefault(seq, "handler_rejected" if refused else "acked") == "acked":
                self.acked_by.add((log.epoch, seq))
        log.floor = max(log.floor, position.seq)

    def claim(self) -> None:
        """The session is claimed without a connection, as to drain it; the line that is there stays."""
        self.act(lambda: [Claim(0, "", None)])

    def drain(self) -> None:
        """Let the session end once everything has its outcome: ours by a fresh claim, whatever is refused late."""
        while self.answer():
            pass
        self.claim()
        while self.answer():
            pass
        self.act(lambda: self.server.drain(self.now, 1e6))

    def expire(self, first: int, last: int) -> None:
        ranges = (FailedRange(first, last, "expired"),)
        self.act(lambda: self.server.fail(ranges, self.now))

    def restart(self, *, durable: bool) -> None:
        """The process dies; with a volatile log, the epoch with it."""
        for link in self.links.values():
            link.cut = link.server_knows = True
        self.answers.clear()
        self.refusals.clear()
        self.fuse = None
        self.outbox.clear()
        self.n = {"w": self.n["w"] + 100, "x": self.n["x"]}
        if not durable:
            self.epochs += 1
            self.log = MemoryLog(f"e{self.epochs}")
            self.logs[self.log.epoch] = self.log
            self.resolved = 0
        self.server = self.server_class(SESSION, LIMITS, snapshots=self.snapshots)
