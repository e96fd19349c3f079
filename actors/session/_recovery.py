"""How an incarnation takes over from the one before it, and how much of what that one left it throws away."""

from __future__ import annotations

from stentor.protocol import Claim, CloseCode
from stentor.protocol.errors import (
    OutcomeUnknown,
    StoreUnavailable,
    WebSocketConnectionLostError,
    WebSocketSendFailureError,
)

from ..ports import Outcomes
from ._answers import Effects
from ._expiry import ExpiringSession

__all__ = ["RecoveringSession"]

_NOT_THE_EVENTS = (StoreUnavailable, OutcomeUnknown, WebSocketConnectionLostError, WebSocketSendFailureError)


class RecoveringSession(ExpiringSession):
    """The start of every life but the first. What was accepted and is not stored waits in the outbox, on any rung."""

    def _recover(self) -> None:
        cell, failure, now = self._cell, self.last_failure, self._now()
        if failure is not None and not isinstance(failure.exception, _NOT_THE_EVENTS):
            cell.outbox.blame(failure.id)
        if cell.trying > 1:
            self._set_aside(failure.id if failure is not None else None)
        if self.estate.rung > 1:
            # What it has to say and do is said and done by `recover`.
            self._machine.dismiss(CloseCode.SESSION_RESTARTED, "the session restarted", now)
        owned = self.estate.rung > 2 and self._rebuild()
        self._run(self._machine.recover(now, self.incarnation))
        if owned:
            self._run([Claim(0, self._machine.state.consumer.name, None)])
        if failure is not None and not isinstance(failure.exception, WebSocketConnectionLostError):
            cell.untold = failure.id
            self._run(self._tell_crash())
        if cell.outbox.store_is_down:
            # Probe: what waits is tried by the pump; where nothing waits, a look at the ledger is the proof.
            self._run(self._ask(cell.log.outcomes, (cell.session, self._machine.ledger.floor), self._probed))

    def _rebuild(self) -> bool:
        """Forget what the store knows too, and learn it from there; tell whether the session was ours."""
        machine = self._machine
        if machine.phase in ("closed", "draining"):
            return False
        self._machine = self._cell.machine = machine.rebuilt()
        return machine.token is not None

    def _probed(self, answer: Outcomes) -> Effects:
        if not self._cell.outbox.pending_count:
            self._cell.outbox.store_works()
        return []

    def _set_aside(self, failure_id: str | None) -> None:
        """What a client sent crashed two incarnations: it is a dead letter, and its line begins anew."""
        cell = self._cell
        _, what = cell.emitter.arrivals.pop(0)
        cell.trying = 0
        self.estate.recorder.dead_letter(self.path, what, "crashed two incarnations", failure_id)
        self._run(self._machine.dismiss(CloseCode.SESSION_RESTARTED, "a message could not be handled", self._now()))
