"""The pump: one cursor for replay and live, from the buffer to the consumer's line."""

from __future__ import annotations

from .._closecodes import CloseCode
from .._codec import batch_frame, encode_frame, event_frame
from .._frames import GapFrame
from .._log_values import FailedRange
from ._buffer import ReplayBuffer
from ._effects import AskSnapshot, Effect, Fail, Read, Write
from ._lines import close_consumer
from ._state import Consumer, Line, SessionState

__all__ = ["fail", "fits", "pump", "recover_line", "repeat_fail"]

_SPLICE = 64
"""Bytes that a frame may have around a body."""


def pump(state: SessionState, now: float) -> list[Effect]:
    """Write what the consumer's line may have now: control frames first, then events within the window."""
    consumer = state.consumer
    line = consumer.line
    if line is None:
        return []
    frames: list[bytes] = []
    effects: list[Effect] = []
    mark = line.mark
    if line.fresh:
        frames = line.control[-line.fresh :]
        line.fresh = 0
    if line.why is None and (consumer.cursor < state.head or consumer.cursor < state.hinted):
        before = consumer.cursor
        effects = _events(state, consumer, line, frames, now)
        if consumer.cursor > before:
            # Written down before it is sent: after a crash in between, a client's position is still believed.
            if consumer.cursor > line.top:
                line.top = consumer.cursor
            if consumer.cursor > state.maxsent:
                state.maxsent = consumer.cursor
            if before == consumer.acked:
                consumer.flight_since = now
                state.wake(now + state.limits.ping_flight)
    if frames:
        effects.insert(0, Write(line.line, frames, consumer.cursor, mark))
    return effects


def recover_line(state: SessionState, now: float) -> list[Effect]:
    """Write again what the consumer's line may not have got; the client ignores what it has."""
    consumer, line = state.consumer, state.consumer.line
    if line is None:
        return []
    consumer.cursor = max(line.written, consumer.acked)
    line.fresh = len(line.control)
    line.ping_at = None
    line.heard = consumer.flight_since = now
    effects = pump(state, now)
    if line.why is not None:
        effects.append(AskSnapshot(line.line, line.why, consumer.acked))
    return effects


def fits(body: bytes, frame: int) -> bool:
    """Return whether an event with *body* fits a frame of *frame* bytes."""
    return len(body) <= frame - _SPLICE


def fail(state: SessionState, ranges: tuple[FailedRange, ...]) -> list[Effect]:
    """Ask the log to fail *ranges*, until it has confirmed them."""
    wanted = tuple(
        FailedRange(first, last, item.code)
        for item in ranges
        for first, last in state.ledger.pieces(item.first, min(item.last, state.head))
    )
    new = tuple(item for item in wanted if item not in state.failing)
    if not new:
        return []
    state.failing += new
    return _fail(state, new)


def repeat_fail(state: SessionState) -> list[Effect]:
    """Ask again for the failures that the log has not confirmed."""
    return _fail(state, state.failing)


def _fail(state: SessionState, ranges: tuple[FailedRange, ...]) -> list[Effect]:
    if not ranges or state.token is None or state.epoch is None:
        return []
    return [Fail(state.session, state.token, state.epoch, ranges)]


def _events(state: SessionState, consumer: Consumer, line: Line, frames: list[bytes], now: float) -> list[Effect]:
    limits, buffer = state.limits, state.buffer
    cursor, last = consumer.cursor, buffer.last
    base, floor = consumer.acked, state.ledger.floor
    if floor < base:
        # As in `_base`; every burst pays for what stands here.
        base = floor
    count = last - cursor
    if (
        0 < count <= limits.batch_events
        and last == state.head
        and last >= state.hinted
        and last - base <= line.window
        and not buffer.holes
        and state.ledger.last_failed <= cursor
        and (bodies := buffer.tail(cursor, line.room - _SPLICE * count, base, limits.window_bytes)) is not None
    ):
        # The ordinary burst: everything there is goes in one frame.
        frames.append(_frame(cursor + 1, bodies))
        consumer.cursor = last
        consumer.stalled_since = None
        return []
    return _in_pieces(state, consumer, line, frames, now)


def _in_pieces(state: SessionState, consumer: Consumer, line: Line, frames: list[bytes], now: float) -> list[Effect]:
    buffer = state.buffer
    while consumer.cursor < state.head:
        cursor = consumer.cursor
        gap = state.ledger.failed_from(cursor + 1)
        if gap is not None and gap.first <= cursor + 1:
            last = min(gap.last, state.head)
            frames.append(encode_frame(GapFrame(first=cursor + 1, last=last, code=gap.code, n=last - cursor)))
            buffer.pad(last)
            consumer.cursor = last
            continue
        if cursor >= buffer.last:
            break
        upto = _room(state, consumer, line)
        if upto <= cursor:
            if consumer.stalled_since is None:
                consumer.stalled_since = now
                state.wake(now + state.limits.slow_consumer)
            return []
        if gap is not None:
            upto = min(upto, gap.first - 1)
        bodies, unfit = _fitting(buffer, cursor, upto, line.frame)
        if not bodies:
            if not state.ledger.pieces(cursor + 1, cursor + 1):
                # It was acknowledged, so it can not fail; its client comes back, and is told that its position is lost.
                reason = f"event {cursor + 1} was acknowledged and can not be read again"
                return close_consumer(state, CloseCode.GAP_DETECTED, reason)
            # A body that is gone or too large for this peer is no silent hole: it fails, and its gap is sent.
            return fail(state, (FailedRange(cursor + 1, cursor + 1, unfit),))
        frames.append(_frame(cursor + 1, bodies))
        consumer.cursor = cursor + len(bodies)
        consumer.stalled_since = None
    return _read(state, consumer)


def _base(state: SessionState, consumer: Consumer) -> int:
    """Return what the window is counted from: the floor that the log confirmed, or an older position read again.

    An ack that the log has not confirmed moves nothing: should it be lost with this process, the client still knows
    by the window what it must repeat.
    """
    floor = state.ledger.floor
    return floor if floor < consumer.acked else consumer.acked


def _room(state: SessionState, consumer: Consumer, line: Line) -> int:
    """Return the last seq that the next frame may hold, within the window and one frame's bounds."""
    limits, buffer, cursor, base = state.limits, state.buffer, consumer.cursor, _base(state, consumer)
    upto = min(buffer.last, cursor + limits.batch_events, base + line.window)
    if upto <= cursor:
        return cursor
    in_window = buffer.fit(base, upto, limits.window_bytes)
    if in_window <= cursor:
        # One event always may go: alone it can be larger than what is left of the bytes.
        return cursor + 1 if cursor == base else cursor
    size = line.room - _SPLICE * (in_window - cursor)
    return max(buffer.fit(cursor, in_window, size), cursor + 1)


def _fitting(buffer: ReplayBuffer, cursor: int, upto: int, frame: int) -> tuple[list[bytes], str]:
    bodies: list[bytes] = []
    for body in buffer.since(cursor, upto):
        if body is None:
            return bodies, "lost"
        if not fits(body, frame):
            return bodies, "too_large"
        bodies.append(body)
    return bodies, ""


def _frame(first: int, bodies: list[bytes] | list[bytes | None]) -> bytes:
    if len(bodies) == 1:
        return event_frame(first, bodies[0])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    return batch_frame(first, bodies)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def _read(state: SessionState, consumer: Consumer) -> list[Effect]:
    """Ask the log for more, if the line has everything that is here and the log has more."""
    buffer = state.buffer
    if state.reading is not None or consumer.cursor < buffer.last or max(state.head, state.hinted) <= buffer.last:
        return []
    if state.token is None or state.epoch is None:
        return []
    state.reading = buffer.last
    limits = state.limits
    return [Read(state.session, state.epoch, buffer.last, limits.window_events, limits.window_bytes)]
