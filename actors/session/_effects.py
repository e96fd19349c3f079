"""The executor: what a session's machine asks for, done with ports and sockets; answers go back to the machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar

from stentor.protocol import (
    Ack,
    AskSnapshot,
    Claim,
    Close,
    CloseCode,
    Closed,
    EndAsked,
    Fail,
    FailedRange,
    Handle,
    Hint,
    LogState,
    Note,
    Read,
    Resolve,
    Token,
    Write,
)
from stentor.protocol.errors import (
    Fenced,
    HeartbeatTimeout,
    SlowConsumer,
    StentorError,
    WebSocketSendFailureError,
)

from ..ports import LogFloor
from ._answers import Effects
from ._cell import SessionCell
from ._leftovers import fail_unconfirmed
from ._messages import SessionEnded
from ._says import Speaker

__all__ = ["EffectRunner"]

_GONE = {int(CloseCode.HEARTBEAT_TIMEOUT): HeartbeatTimeout, int(CloseCode.SLOW_CONSUMER): SlowConsumer}


class EffectRunner(Speaker):
    """Executes effects. What fails on the way is raised when the rest of them is done."""

    def __init__(self, cell: SessionCell) -> None:
        super().__init__(cell)
        self._verdict: StentorError | None = None

    def _run(self, effects: Effects) -> None:
        """Execute *effects*, and those that their answers bring, in order."""
        table, faults = self._TABLE, self._cell.faults
        try:
            for effect in effects:
                if faults is not None:
                    faults.hit("inside_step", self._cell.session)
                execute = table.get(type(effect))
                if execute is None:
                    raise TypeError(f"a session can not execute {effect!r}")
                more = execute(self, effect)
                if more:
                    effects.extend(more)
        except Exception as error:
            if self._verdict is not None and error.__context__ is None:
                # Two failures in one step: what ended a line stands in the chain of what ended the step.
                error.__context__ = self._verdict
            raise
        if self._verdict is not None:
            verdict, self._verdict = self._verdict, None
            raise verdict

    # Effects

    def _write(self, effect: Write) -> Effects | None:
        cell = self._cell
        try:
            if cell.faults is not None:
                cell.faults.hit("send", cell.session)
            cell.emitter.write(effect.line, effect.frames)
        except Exception as error:  # A transport may raise anything; whatever it is, the line is dropped for it.
            return self._send_failed(effect.line, error)
        self._machine.written(effect)
        cell.outbox.sent(effect.upto)
        return None

    def _send_failed(self, line: int, error: Exception) -> Effects:
        cell = self._cell
        failure = WebSocketSendFailureError(
            event_type="batch",
            reason=str(getattr(error, "reason", error)),
            user_id=cell.outbox.user_id,
            thread_id=cell.outbox.thread_id,
            line=line,
        )
        failure.__cause__ = error
        cell.emitter.drop(line, failure)
        self._verdict = self._verdict or failure
        return self._machine.lost(line, 1006, failure.reason, self._now())

    def _close(self, effect: Close) -> None:
        self._cell.emitter.close(effect.line, effect.code, effect.reason)

    def _ack(self, effect: Ack) -> Effects:
        args = (effect.session, effect.consumer, effect.conn, effect.token, effect.epoch, effect.upto, effect.rej)
        failed = partial(self._refused, effect.token, conn=effect.conn)
        return self._ask(self._cell.log.ack, args, self._floor, failed)

    def _fail(self, effect: Fail) -> Effects:
        args = (effect.session, effect.token, effect.ranges)
        return self._ask(self._cell.log.fail, args, self._floor, partial(self._refused, effect.token))

    def _floor(self, answer: LogFloor) -> Effects:
        self._cell.outbox.measure(answer.count, answer.bytes)
        self._failures(answer)
        return self._machine.floor(answer, self._now())

    def _failures(self, log: LogFloor | LogState) -> None:
        """Let receipts know of failures before the machine moves the floor over them: it does not keep all of them."""
        if log.failed and log.epoch is not None and log.epoch == self._cell.outbox.progress.epoch:
            self._settle(log.epoch, 0, log.failed)

    def _resolve(self, effect: Resolve) -> None:
        self._settle(effect.epoch, effect.floor, effect.failed)

    def _settle(self, epoch: str, floor: int, failed: Sequence[FailedRange]) -> None:
        outbox = self._cell.outbox
        for it in outbox.settle(epoch, floor, failed):
            facts = {"failures": outbox.failures_of(it)} if it.code == "quarantined" else {}
            self.estate.recorder.note(
                "event_failed",
                path=self.path,
                session=outbox.session,
                user_id=outbox.user_id,
                thread_id=outbox.thread_id,
                first=it.first,
                last=it.last,
                code=it.code,
                **facts,
            )

    def _read(self, effect: Read) -> Effects:
        session = effect.session

        def then(answer: Any) -> Effects:
            batch = answer[session]
            return self._machine.read(batch.first, batch.bodies, self._now(), effect.epoch)

        return self._ask(self._cell.log.read, ({session: effect.after}, effect.limit, effect.max_bytes), then)

    def _claim(self, effect: Claim) -> Effects:
        """Keep the token if it is still good, else take the session over; then attach the consumer."""
        cell, held = self._cell, effect.held

        def attach(token: Token, state: LogState | None) -> Effects:
            def attached(conn: int) -> Effects:
                effects = self._machine.claimed(effect.line, token, state, conn, self._now(), cell.untold)
                if self._machine.line == effect.line:
                    cell.untold = None
                return effects

            def failed(error: StentorError) -> Effects:
                if not isinstance(error, Fenced):
                    return self._port_failed(error)
                return self._machine.refused(effect.line, token, self._now(), error.details.get("tab"))

            return self._ask(cell.ownership.attach, (token, effect.consumer, effect.tab), attached, failed)

        def claim() -> Effects:
            return self._ask(cell.ownership.claim, (cell.session, cell.node, True), taken)

        def taken(it: tuple[Token, LogState]) -> Effects:
            self._failures(it[1])
            cell.hold(self._now(), taken=True)
            return attach(*it)

        if held is None:
            return claim()

        def is_ours(owner: str | None) -> Effects:
            return attach(held, None) if owner == cell.node else claim()

        return self._ask(cell.ownership.owner, (cell.session,), is_ours)

    def _tell_crash(self) -> Effects:
        """Tell the user of the last crash, once: now, or when one is there."""
        failure = self._cell.untold
        if failure is None or self._machine.line is None:
            return []
        self._cell.untold = None
        return self._machine.notice("session_restarting", self._now(), after_ms=0, failure=failure)

    def _hint(self, effect: Hint) -> Effects:
        cell = self._cell

        def then(owner: str | None) -> Effects:
            if owner is not None and owner != cell.node:
                cell.hints.publish(owner, [(effect.session, effect.head)])
            return []

        return self._ask(cell.ownership.owner, (effect.session,), then)

    def _note(self, effect: Note) -> Effects | None:
        outbox, facts = self._cell.outbox, effect.facts
        self.estate.recorder.note(effect.kind, path=self.path, session=outbox.session, user_id=outbox.user_id, **facts)
        verdict = _GONE.get(facts.get("code", 0)) if effect.kind == "line_closed" else None
        if verdict is not None and self._verdict is None and facts["line"] not in self._cell.judged:
            self._cell.judged.add(facts["line"])
            self._verdict = verdict(
                reason=facts["reason"],
                close_code=facts["code"],
                user_id=outbox.user_id,
                thread_id=outbox.thread_id,
            )
        return self.gave_up(**facts) if effect.kind == "failed_handling" else None

    def _closed(self, effect: Closed) -> None:
        cell, drain = self._cell, self._machine.state.drain
        fail_unconfirmed(cell.outbox, self.estate.recorder, self.path)
        token = self._machine.token
        if token is not None:
            self._ask(cell.ownership.release, (token,), lambda _: [])
        if cell.up is not None:
            # What stays in the log is left to whoever has the session next: that is no loss.
            left = 0 if drain is not None and drain.keep else effect.left
            cell.up(SessionEnded(cell.session, left + cell.outbox.unconfirmed))

    # One table of cases; `_run` is loud about what is not in it.
    _TABLE: ClassVar[dict[type, Callable[..., Effects | None]]] = {
        Write: _write,
        Ack: _ack,
        Resolve: _resolve,
        Note: _note,
        Close: _close,
        Read: _read,
        Claim: _claim,
        Fail: _fail,
        Handle: Speaker._handle,
        Hint: _hint,
        AskSnapshot: Speaker._snapshot,
        EndAsked: Speaker._end_asked,
        Closed: _closed,
    }
