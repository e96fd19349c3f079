"""The end of a session: send what is left, wait for its outcomes, close."""

from __future__ import annotations

from .._closecodes import CloseCode
from .._log_values import FailedRange
from ._effects import Closed, Effect
from ._handshake import abandon_claim
from ._lines import close_consumer
from ._pump import fail
from ._state import SessionState

__all__ = ["at_deadline", "finish_if_done", "repeat_closed"]


def finish_if_done(state: SessionState, now: float) -> list[Effect]:
    """Close a draining session whose events all have their outcome."""
    drain = state.drain
    if drain is None or state.closed or state.ledger.settled() < state.head:
        return []
    if state.token is None and state.claiming is not None:
        # What the log holds is known when the claim is answered.
        return []
    return _finish(state, now, drain.left)


def at_deadline(state: SessionState, now: float) -> list[Effect]:
    """The drain's time is up: what is left fails with ``flush_timeout``, or stays in the log."""
    drain = state.drain
    assert drain is not None
    if now < drain.deadline:
        state.wake(drain.deadline)
        return []
    if drain.left is not None and not drain.keep:
        # Failed already, and waiting for the log to say so.
        return []
    left = state.ledger.pieces(1, state.head)
    drain.left = sum(last - first + 1 for first, last in left)
    if drain.keep or not left:
        return _finish(state, now, drain.left)
    return fail(state, tuple(FailedRange(first, last, "flush_timeout") for first, last in left))


def repeat_closed(state: SessionState) -> list[Effect]:
    """Say again that the session is closed."""
    if not state.closed or state.drain is None:
        return []
    left = state.drain.left or 0
    return [Closed(left == 0, left)]


def _finish(state: SessionState, now: float, left: int | None) -> list[Effect]:
    drain = state.drain
    assert drain is not None
    state.closed = True
    drain.left = left or 0
    code, reason = drain.code, "the session was drained"
    if drain.left:
        reason = f"{drain.left} events were not acknowledged in time"
        code = drain.code if drain.keep else CloseCode.FLUSH_TIMEOUT
    effects = close_consumer(state, code, reason, drain.after_ms)
    effects += abandon_claim(state, now, code, reason)
    effects.append(Closed(drain.left == 0, drain.left))
    return effects
