"""Acks of a server session, and what the log makes of them: floor, failures, receipts, trimming."""

from __future__ import annotations

from collections.abc import Iterable

from .._frames import Rej
from .._log_values import FailedRange, Floor, Rejection
from ._effects import Ack, Effect, Resolve
from ._state import Line, SessionState

__all__ = ["acked", "floor", "raise_floor", "repeat_ack"]

_WORDS = 500
"""Characters of a client's own words that are kept."""


def acked(state: SessionState, line: Line, seq: int, rej: tuple[Rej, ...], now: float) -> list[Effect]:
    """The current line has handled everything up to *seq*, which is above its position and was sent to it."""
    consumer = state.consumer
    consumer.acked = seq
    if seq > consumer.cursor:
        # After a crash the cursor stands at what is known to be written; the ack shows that more was.
        consumer.cursor = seq
    if seq > line.written:
        line.written = seq
    consumer.stalled_since = None
    consumer.flight_since = now
    new = raise_floor(state, seq, _clip(rej, seq) if rej else ())
    return [] if new is None else _ack(state, new)


def raise_floor(state: SessionState, seq: int, rejected: tuple[Rejection, ...]) -> tuple[Rejection, ...] | None:
    """Remember that the consumer's floor is *seq*; return the refusals that are news, None if nothing is."""
    consumer = state.consumer
    if seq <= consumer.floor:
        return None
    if rejected:
        rejected = tuple(item for item in rejected if item.seq > consumer.floor)
        consumer.rejected += rejected
    consumer.floor = seq
    return rejected


def repeat_ack(state: SessionState) -> list[Effect]:
    """Tell the log again what it has not confirmed."""
    consumer = state.consumer
    return _ack(state, consumer.rejected) if consumer.floor > state.ledger.floor else []


def floor(state: SessionState, answer: Floor) -> list[Effect]:
    """Take over outcomes that the log confirmed."""
    if answer.epoch is not None and answer.epoch != state.epoch:
        return []
    ledger, consumer = state.ledger, state.consumer
    before = ledger.floor
    new = ledger.settle(answer.floor, answer.failed)
    if ledger.floor > consumer.floor:
        consumer.floor = ledger.floor
    if consumer.rejected:
        consumer.rejected = tuple(item for item in consumer.rejected if item.seq > ledger.floor)
    if state.failing:
        state.failing = tuple(
            FailedRange(first, last, item.code)
            for item in state.failing
            for first, last in ledger.pieces(item.first, item.last)
        )
    for item in new:
        if item.last > ledger.floor:
            # Its gap needs no body, and the floor may be long in coming.
            state.buffer.release(item.first, item.last)
    _trim(state)
    if not new and ledger.floor == before:
        return []
    return [Resolve(state.epoch or "", ledger.floor, new)]


def _trim(state: SessionState) -> None:
    """Let acked events go, except the last few, which a page that was reloaded may ask for."""
    # A line that re-reads what was acked before it came holds that back too.
    floor, line = state.ledger.floor, state.consumer.line
    upto = floor if line is None or state.consumer.acked > floor else state.consumer.acked
    state.buffer.shrink(upto, state.limits.retain_events, state.limits.retain_bytes)


def _clip(rej: Iterable[Rej], upto: int) -> tuple[Rejection, ...]:
    """Return the refusals up to *upto*, with their words cut to a sane length."""
    return tuple(Rejection(item.seq, item.code[:64], item.msg[:_WORDS]) for item in rej if item.seq <= upto)


def _ack(state: SessionState, rejected: tuple[Rejection, ...]) -> list[Effect]:
    consumer, token, epoch = state.consumer, state.token, state.epoch
    if token is None or epoch is None or not consumer.conn:
        return []
    return [Ack(state.session, consumer.name, consumer.conn, token, epoch, consumer.floor, rejected)]
