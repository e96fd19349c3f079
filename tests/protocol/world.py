"""The world of the model check: both real machines, a link that loses, a host that dies between any two effects."""

from __future__ import annotations

from collections import deque
from typing import Any

from stentor.protocol import (
    Ack,
    Append,
    AskSnapshot,
    Claim,
    ClientProtocol,
    ClientState,
    Close,
    Closed,
    CloseCode,
    EndAsked,
    Fail,
    FailedRange,
    Floor,
    Handle,
    Hint,
    Limits,
    Note,
    Position,
    Read,
    Resolve,
    ServerSession,
    Write,
    decode_client,
    decode_server,
)
from stentor.protocol._client_effects import (
    Deliver,
    Dial,
    Gap,
    HangUp,
    Lost,
    Notice,
    Said,
    Send,
    Snapshot,
    StateChanged,
)
from stentor.protocol._frames import HelloFrame

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


class Link:
    """One connection: frames on their way, and which end knows that it is gone."""

    def __init__(self, owner: App, client_line: int) -> None:
        self.owner = owner
        self.client_line = client_line
        self.to_server: deque[bytes] = deque()
        self.to_client: deque[bytes] = deque()
        self.hello_seen = False
        self.cut = False
        self.server_end: tuple[int, str] | None = None
        """How the server closed it."""
        self.server_knows = False
        self.client_knows = False


class App:
    """An application with a client: a slow handler, its log, and its own idea of what must come next."""

    def __init__(self, world: World, tab: str, client: ClientProtocol) -> None:
        self.world = world
        self.tab = tab
        self.client = client
        self.out: Any = None
        self.handled: list[tuple[str, int]] = []
        self.expected: Position | None = None
        self.losses = 0
        self.said: dict[int, tuple[str, str] | None] = {}

    def run(self, effects: list[Any]) -> None:
        for effect in effects:
            match effect:
                case Dial(line):
                    self.world.dial(self, line)
                case Send(line, frames):
                    link = self.world.link_of(self, line)
                    if link is not None and not link.cut:
                        link.to_server.extend(frames)
                case HangUp(line):
                    link = self.world.link_of(self, line)
                    if link is not None:
                        link.cut = link.client_knows = True
                case Deliver() | Gap() | Lost() | Snapshot():
                    assert self.out is None, "two ordered effects are out"
                    self.out = effect
                    self.check(effect)
                case Said(cid, refused):
                    assert cid not in self.said, "answered twice"
                    self.said[cid] = refused
                case Notice() | StateChanged():
                    pass
                case _:
                    raise TypeError(effect)

    def check(self, effect: Any) -> None:
        """I5, I6, I8: contiguous, never twice, with the payload that was emitted under the seq."""
        if isinstance(effect, Lost):
            assert effect.last == self.client.position
            assert effect.last == self.expected or self.expected is None
            self.expected = None
            return
        if self.expected is None:
            # A fresh stream, or a loss was told: the client says where it goes on.
            assert self.client.position is not None
            self.expected = self.client.position
        assert effect.epoch == self.expected.epoch, "an event of another epoch without a loss in between"
        if isinstance(effect, Snapshot):
            assert effect.seq == self.expected.seq
            return
        assert effect.first == self.expected.seq + 1, f"{effect} came after {self.expected}"
        self.expected = Position(effect.epoch, effect.seq)
        log = self.world.logs[effect.epoch]
        if isinstance(effect, Gap):
            for seq in range(effect.first, effect.seq + 1):
                assert log.outcomes.get(seq) == effect.code, f"the log knows nothing of the gap at {seq}"
            return
        assert effect.data == {"n": self.world.payloads[effect.epoch, effect.seq]}
        assert (effect.epoch, effect.seq) not in self.handled, "delivered twice"


class World:
    """One session, its log, its host, and two tabs."""

    server_class = ServerSession
    client_class = ClientProtocol

    def __init__(self, *, delayed: bool = False, snapshots: bool = False) -> None:
        self.now = 100.0
        self.delayed = delayed
        self.snapshots = snapshots
        self.epochs = 1
        self.log = MemoryLog("e1")
        self.logs = {"e1": self.log}
        self.payloads: dict[tuple[str, int], int] = {}
        self.bodies: dict[bytes, int] = {}
        self.server = self.server_class(SESSION, LIMITS, snapshots=snapshots)
        self.outbox: list[tuple[str, int, tuple[bytes, ...]]] = []
        self.links: dict[int, Link] = {}
        self.answers: deque[Any] = deque()
        self.fuse: int | None = None
        self.incarnation = 0
        self.emitted = 0
        self.n = {"w": 0, "x": 0}
        self.acked_by: set[tuple[str, int]] = set()
        self.resolved = 0
        self.ended: dict[int, set[str]] = {}
        self.closed: Closed | None = None
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
                for seq in range(log.floor + 1, upto + 1):
                    self.acked_by.add((epoch, seq))
                floor = log.ack(conn, token, upto, rej)
                return lambda: server.floor(floor, self.now)
            case Fail(_, _, _, ranges):
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

    def appended(self, append: Append, answer: Any) -> list[Any]:
        effects = self.server.appended([(append, answer)], self.now)
        batch = (append.writer, append.n0, append.bodies)
        if batch in self.outbox:
            self.outbox.remove(batch)
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

    def expire(self, first: int, last: int) -> None:
        ranges = (FailedRange(first, last, "expired"),)
        self.act(lambda: self.server.fail(ranges, self.now))

    def restart(self, *, durable: bool) -> None:
        """The process dies; with a volatile log, the epoch with it."""
        for link in self.links.values():
            link.cut = link.server_knows = True
        self.answers.clear()
        self.fuse = None
        self.outbox.clear()
        self.n = {"w": self.n["w"] + 100, "x": self.n["x"]}
        if not durable:
            self.epochs += 1
            self.log = MemoryLog(f"e{self.epochs}")
            self.logs[self.log.epoch] = self.log
            self.resolved = 0
        self.server = self.server_class(SESSION, LIMITS, snapshots=self.snapshots)

    # The link

    def dial(self, app: App, line: int) -> None:
        number = len(self.links) + 1
        self.links[number] = Link(app, line)
        app.run(app.client.opened(line, self.now))

    def link_of(self, app: App, line: int) -> Link | None:
        for link in self.links.values():
            if link.owner is app and link.client_line == line:
                return link
        return None

    def move(self, number: int, to_server: bool) -> bool:
        """Let one frame arrive, or the news that the link is gone."""
        link = self.links[number]
        return self._to_server(number, link) if to_server else self._to_client(link)

    def _to_server(self, number: int, link: Link) -> bool:
        if link.server_knows:
            return False
        if link.to_server and not link.cut and link.server_end is None:
            frame = decode_client(link.to_server.popleft(), 65536)
            if isinstance(frame, HelloFrame):
                link.hello_seen = True
                self.act(lambda: self.server.hello(number, frame, self.now))
            else:
                self.act(lambda: self.server.received(number, frame, self.now))
            return True
        if link.cut or link.server_end is not None:
            link.server_knows = link.cut = True
            if link.hello_seen:
                self.act(lambda: self.server.lost(number, 1006, "cut", self.now))
            return True
        return False

    def _to_client(self, link: Link) -> bool:
        if link.client_knows:
            return False
        app = link.owner
        if link.to_client and not link.cut:
            frame = decode_server(link.to_client.popleft())
            app.run(app.client.received(link.client_line, frame, self.now))
            return True
        if link.cut or link.server_end is not None:
            link.client_knows = link.cut = True
            code, reason = link.server_end or (1006, "cut")
            app.run(app.client.closed(link.client_line, code, reason, self.now, 0.5))
            return True
        return False

    def cut(self, number: int) -> None:
        self.links[number].cut = True

    # The applications

    def handle(self, app: App, *, refuse: bool = False) -> bool:
        """Let the handler return, or raise."""
        item, app.out = app.out, None
        if item is None:
            return False
        if isinstance(item, Deliver):
            app.handled.append((item.epoch, item.seq))
            if refuse:
                app.run(app.client.rejected(item.seq, "handler_error", "no", self.now))
                return True
        if isinstance(item, Lost):
            app.losses += 1
        app.run(app.client.handled(item.seq, self.now))
        return True

    def advance(self, seconds: float) -> None:
        self.now += seconds
        if self.server.next_deadline() <= self.now:
            self.act(lambda: self.server.tick(self.now))
        for app in self.apps:
            due = app.client.next_deadline()
            if due is not None and due <= self.now:
                app.run(app.client.tick(self.now, 0.5))

    def settle(self) -> None:
        """No more faults: everything that can happen happens, time passes, until nothing changes."""
        self.fuse = None
        for _ in range(400):
            busy = True
            while busy:
                busy = any([self.answer(), *(self.handle(app) for app in self.apps)])
                for number, link in list(self.links.items()):
                    if not (link.client_knows and link.server_knows):
                        busy = self.move(number, True) or busy
                        busy = self.move(number, False) or busy
            if self.log.floor == self.log.head == self.server.head and self.server.line is not None:
                return
            for app in self.apps[:1]:
                # Taken over by the other tab before it left: its user looks at this one again.
                app.run(app.client.connect(self.now))
            self.advance(0.25)
        raise AssertionError(f"no progress: floor {self.log.floor}, head {self.log.head}, {self.server.phase}")

    # Invariants

    def check(self) -> None:
        state, log = self.server.state, self.log
        consumer, ledger = state.consumer, state.ledger
        if state.epoch == log.epoch and state.token is not None:
            assert ledger.floor <= consumer.floor <= state.maxsent <= state.head <= log.head
            assert state.buffer.last <= state.head
            assert state.buffer.first <= consumer.floor + 1
            retained = min(consumer.acked if consumer.line else ledger.floor, ledger.floor) - state.buffer.first + 1
            assert retained <= 2 * LIMITS.retain_events
        if consumer.line is not None:
            self._check_line(consumer)
        for epoch, seq in self.acked_by:
            if self.logs[epoch].outcomes.get(seq) == "acked":
                assert any((epoch, seq) in app.handled for app in self.apps), f"{seq} is acked, and nobody handled it"
        for app in self.apps:
            if app.client.position and app.client.state in (ClientState.LIVE, ClientState.CATCHING_UP):
                assert app.client.position.epoch == app.client.data.epoch

    def _check_line(self, consumer: Any) -> None:
        line = consumer.line
        assert consumer.acked <= consumer.cursor <= line.top
        flying = [
            seq for seq in range(consumer.acked + 1, consumer.cursor + 1)
            if self.server.ledger.failed_from(seq) is None or self.server.ledger.failed_from(seq).first > seq
        ]
        assert len(flying) <= LIMITS.window_events
        link = self.links[line.line]
        client = link.owner.client
        if not link.client_knows and client.data.line == link.client_line and client.data.conn == line.conn:
            if client.position is not None and client.position.epoch == self.server.epoch and not client.data.losing():
                assert consumer.acked <= client.position.seq <= client.data.last <= self.server.state.maxsent


__all__ = ["LIMITS", "SESSION", "App", "CloseCode", "Floor", "World"]
