"""The session actor: owns one user's stream in one conversation. It decides nothing; its machine does."""

from __future__ import annotations

from functools import partial
from math import inf
from typing import Any

import msgspec
from stentor.protocol import Append, Appended, FailedRange, HelloFrame, decode_client
from stentor.protocol.errors import (
    EpochChanged,
    Fenced,
    ProtocolError,
    StentorError,
    WebSocketConnectionLostError,
)

from ..guarded._messages import Ignore
from ..ports import LogFloor
from ._answers import Effects, LateAnswer
from ._backlog import Pending
from ._cell import SessionCell
from ._emitter import Ended, Wire
from ._messages import Attach, Dismiss, Drain, Prompted, Snapshot, TellUser
from ._recovery import RecoveringSession

__all__ = ["SessionActor"]


class SessionActor(RecoveringSession):
    """One incarnation over a :class:`SessionCell`. Everything that must survive it is in the cell.

    It works when it is woken: by its outbox, its sockets, its timer, a hint. So what is to be done is state, and
    a crash loses no message.

    Args:
        cell: The session's estate.
    """

    def __init__(self, cell: SessionCell) -> None:
        super().__init__(cell)
        self._appending = False

    def on_start(self) -> Any:
        """Take over where the incarnation before left off; decline where the session ended without an actor."""
        cell, outbox = self._cell, self._cell.outbox
        if cell.over:
            return Ignore()
        cell.bind(self.actor_ref.wake)
        self.estate.identity = {
            "session_id": outbox.session,
            "user_id": outbox.user_id,
            "thread_id": outbox.thread_id,
        }
        if self.incarnation > 1:
            self._recover()
        if cell.poll is not None and cell.poll_at is None:
            cell.poll_at = self._now() + cell.poll
        self.actor_ref.wake()
        return None

    def on_stop(self) -> None:
        """Leave no timer behind; a later incarnation sets its own."""
        self._cell.stop_timer()

    # Work

    def on_wake(self) -> None:
        """Do all that is to be done."""
        cell = self._cell
        if cell.faults is not None:
            cell.faults.hit("before_step", cell.session)
        now = self._now()
        if cell.emitter.arrivals:
            self._take_arrivals(now)
            self.estate.handled = True
        self._pump(now)
        if cell.draining is not None:
            self._wind_up(now)
        machine = self._machine
        if cell.hinted > machine.head:
            cell.hold(now)
            self._run(machine.head_hint(cell.hinted, now))
        if now >= machine.next_deadline():
            self._look_at_the_reader(now)
            self._run(machine.tick(now))
        if cell.poll_at is not None and now >= cell.poll_at:
            self._poll(now)
        if now >= cell.expire_at:
            self._expire(now)
        self._arm(now)

    def _look_at_the_reader(self, now: float) -> None:
        """A peer that takes bytes lives, though what it should answer is still behind them."""
        line = self._machine.line
        wire = None if line is None else self._cell.emitter.wires.get(line)
        if wire is not None and not wire.ended and wire.takes():
            self._run(self._machine.received(wire.line, None, now))

    def _take_arrivals(self, now: float) -> None:
        cell, machine = self._cell, self._machine
        arrivals = cell.emitter.arrivals
        while arrivals:
            wire, what = arrivals[0]
            cell.trying += 1
            if isinstance(what, bytes):
                effects = self._frame(wire.line, what, now)
                wire.took()
            elif isinstance(what, HelloFrame):
                effects = machine.hello(wire.line, what, now)
            else:
                assert isinstance(what, Ended)
                effects = machine.lost(wire.line, what.code, what.reason, now)
                cell.emitter.forget(wire.line)
                cell.judged.discard(wire.line)
                self._judge(wire, what, bool(effects))
            # The machine has it: from here on it is `recover` that repeats what was not done.
            del arrivals[0]
            cell.trying = 0
            if effects or self._verdict is not None:
                self._run(effects)

    def _frame(self, line: int, data: bytes, now: float) -> Effects:
        try:
            frame = decode_client(data, self._cell.limits.frame_bytes)
        except ProtocolError as error:
            return self._machine.broken(line, error, now)
        return self._machine.received(line, frame, now)

    def _judge(self, wire: Wire, end: Ended, was_attached: bool) -> None:
        """A line that vanished is this session's failure; one that closed, or broke the protocol, is not."""
        error, outbox = end.error, self._cell.outbox
        if isinstance(error, ProtocolError):
            self.estate.recorder.note(
                "protocol_error",
                path=self.path,
                session=outbox.session,
                user_id=outbox.user_id,
                line=wire.line,
                reason=str(error),
                code=end.code,
            )
        elif isinstance(error, WebSocketConnectionLostError) and was_attached:
            error.user_id, error.thread_id = outbox.user_id, outbox.thread_id
            self._verdict = error

    def _pump(self, now: float) -> None:
        """Append what the outbox holds."""
        cell = self._cell
        outbox, limits = cell.outbox, cell.limits
        while outbox.pending_count and not self._appending:
            pending = outbox.peek(limits.window_events, limits.window_bytes)
            if pending is None:
                return
            append = self._machine.append(pending.writer, pending.n0, pending.bodies, pending.done)
            if self._machine.token is None and append.epoch is not None:
                append = msgspec.structs.replace(append, epoch=None)
            self._appending = True
            self._run(self._append(append, pending))

    def _append(self, append: Append, pending: Pending) -> Effects:
        cell = self._cell

        def then(answers: list[Appended | StentorError]) -> Effects:
            answer = answers[0]
            if type(answer) is Appended:
                return self._appended(append, answer, pending)
            assert isinstance(answer, StentorError)
            return failed(answer)

        failed = partial(self._append_failed, append)
        return self._ask(cell.log.append if cell.faults is None else self._faulty_append, ([append],), then, failed)

    def _append_failed(self, append: Append, error: StentorError) -> Effects:
        if not isinstance(error, (Fenced, EpochChanged)):
            return self._port_failed(error)
        machine = self._machine
        epoch = machine.epoch if machine.token is not None else None
        if epoch is None and append.epoch is None:
            raise error
        # What waits is appended once more: for the epoch that we own by now, or as from a process that owns nothing.
        self._appending = False
        self.actor_ref.wake()
        return self._port_failed(error) if append.epoch == epoch else []

    def _faulty_append(self, batches: list[Append]) -> Any:
        assert self._cell.faults is not None
        self._cell.faults.hit("append", self._cell.session)
        return self._cell.log.append(batches)

    def _appended(self, append: Append, answer: Appended, pending: Pending) -> Effects:
        if pending.quarantined:
            return self._quarantine(append, answer, pending)
        effects = self._machine.appended(((append, answer),), self._now())
        self._confirm(pending, answer, answer.count, answer.bytes)
        return effects

    def _confirm(self, pending: Pending, answer: Appended, count: int, size: int) -> None:
        cell, outbox = self._cell, self._cell.outbox
        outbox.confirm(pending, answer.first, answer.epoch, count, size)
        self._appending = False
        self.estate.handled = True
        if cell.expire_at == inf:
            cell.hold(self._now())
        if outbox.store_is_down:
            outbox.store_works()
        if outbox.pending_count or cell.draining is not None:
            self.actor_ref.wake()

    def _quarantine(self, append: Append, answer: Appended, pending: Pending) -> Effects:
        """The event has its seq, and fails before any client can get it; until it has failed it stays in the outbox."""
        cell, token = self._cell, self._machine.token

        def then(floor: LogFloor) -> Effects:
            self._confirm(pending, answer, floor.count, floor.bytes)
            return self._floor(floor) + self._machine.head_hint(answer.head, self._now())

        def failed(error: StentorError) -> Effects:
            if not isinstance(error, (Fenced, EpochChanged)):
                return self._port_failed(error)
            if self._machine.token not in (None, token):
                return self._quarantine(append, answer, pending)
            # It is in the log, and whoever owns the session now decides about it.
            effects = self._refused(token, error)
            effects += self._machine.appended(((append, answer),), self._now())
            self._confirm(pending, answer, answer.count, answer.bytes)
            return effects

        ranges = (FailedRange(answer.first, answer.first, "quarantined"),)
        return self._ask(cell.log.fail, (cell.session, token, ranges), then, failed)

    # Messages

    def on_receive(self, message: Any) -> Any:
        """Take one message of the runtime."""
        now, machine = self._now(), self._machine
        match message:
            case Attach(connection, hello, identity):
                self._cell.attach(connection, hello, identity)
            case Prompted(tab, cid, refused):
                self._run(self.answered(tab, cid, refused))
            case Snapshot(line, data):
                self._run(machine.snapshot(line, data, now))
            case TellUser(code, msg, after_ms, failure):
                self._run(machine.notice(code, now, msg=msg, after_ms=after_ms, failure=failure))
            case Dismiss(code, reason, after_ms):
                self._run(machine.dismiss(code, reason, now, after_ms))
            case Drain():
                self._cell.close(message)
            case LateAnswer():
                self._late(message)
            case _:
                raise TypeError(f"a session has no use for {message!r}")
        self._arm(now)

    # Time

    def _arm(self, now: float) -> None:
        """Let the clock wake us when the machine has something to do."""
        cell = self._cell
        due = self._machine.next_deadline()
        if cell.poll_at is not None and cell.poll_at < due:
            due = cell.poll_at
        if cell.expire_at < due:
            due = cell.expire_at
        if cell.draining is not self._drained and cell.draining is not None and cell.deadline < due:
            due = cell.deadline
        if due < cell.timer_at:
            cell.stop_timer()
            cell.timer_at = due
            cell.timer = self.clock.call_later(max(0.0, due - now), cell.timer_fired)
