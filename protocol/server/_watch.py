"""Deadlines of a server session: heartbeat, slow consumer, the claim, the drain."""

from __future__ import annotations

from math import inf

from .._closecodes import CloseCode
from .._codec import encode_frame
from .._frames import PingFrame
from ._drain import at_deadline
from ._effects import Effect, Write
from ._handshake import abandon_claim
from ._lines import close_consumer
from ._state import Consumer, Line, SessionState

__all__ = ["tick"]


def tick(state: SessionState, now: float) -> list[Effect]:
    """Do what is due, and set the next time."""
    lag = now - state.wake_at
    if state.limits.loop_lag < lag < inf:
        # The peer's answer may wait behind this timer: it gets what it had left, and the time of an answer more.
        _forgive(state, lag + state.limits.ping_flight_answer, now)
    state.wake_at = inf
    effects: list[Effect] = []
    limits, claiming = state.limits, state.claiming
    if claiming is not None:
        due = claiming.since + limits.hello_timeout
        if now >= due:
            effects += abandon_claim(
                state, now, CloseCode.STORE_UNAVAILABLE, "the session could not be claimed in time"
            )
        else:
            state.wake(due)
    line = state.consumer.line
    if line is not None:
        effects += _watch(state, state.consumer, line, now)
    if state.drain is not None and not state.closed:
        effects += at_deadline(state, now)
    return effects


def _watch(state: SessionState, consumer: Consumer, line: Line, now: float) -> list[Effect]:
    limits = state.limits
    if consumer.stalled_since is not None:
        due = consumer.stalled_since + limits.slow_consumer
        if now >= due:
            return close_consumer(state, CloseCode.SLOW_CONSUMER, "no ack while the window was full")
        state.wake(due)
    in_flight = consumer.cursor > consumer.acked
    if line.ping_at is not None:
        due = line.ping_at + line.ping_answer
        if now >= due:
            return close_consumer(state, CloseCode.HEARTBEAT_TIMEOUT, "a ping was not answered")
        state.wake(due)
        if not in_flight or line.ping_answer <= limits.ping_flight_answer:
            return []
        # The ping that is out was an idle one; what is in flight now asks for an answer sooner.
    if in_flight:
        due = max(line.heard, consumer.flight_since) + limits.ping_flight
        answer = limits.ping_flight_answer
    else:
        due, answer = line.heard + limits.ping_idle, limits.ping_idle_answer
    if now < due:
        state.wake(due)
        return []
    return _ping(state, consumer, line, now, answer)


def _ping(state: SessionState, consumer: Consumer, line: Line, now: float, answer: float) -> list[Effect]:
    state.counter += 1
    line.ping_at = now
    line.ping_answer = answer
    state.wake(now + answer)
    # Not kept for a repetition: a ping of before a crash would name a head that was never written.
    ping = encode_frame(PingFrame(id=state.counter, head=line.written))
    return [Write(line.line, [ping], consumer.cursor, line.mark - line.fresh)]


def _forgive(state: SessionState, lag: float, now: float) -> None:
    """Our own loop was late by *lag*: move everything that a verdict is counted from."""
    consumer, line = state.consumer, state.consumer.line
    if line is None:
        return
    line.heard = min(line.heard + lag, now)
    consumer.flight_since = min(consumer.flight_since + lag, now)
    if line.ping_at is not None:
        line.ping_at = min(line.ping_at + lag, now)
    if consumer.stalled_since is not None:
        consumer.stalled_since = min(consumer.stalled_since + lag, now)
