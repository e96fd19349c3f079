"""What a client's frame does to a session. Only the current line counts; a stale one changes nothing."""

from __future__ import annotations

from .._closecodes import CloseCode
from .._frames import AckFrame, ByeFrame, ClientFrame, HelloFrame, PingFrame, PongFrame, Rej, SayFrame
from ..errors import ProtocolError
from ._acks import acked
from ._effects import Effect, EndAsked
from ._lines import bare_line, break_line, detach, finish, queue
from ._pump import pump
from ._says import said
from ._state import Line, SessionState

__all__ = ["broken", "received"]


def received(state: SessionState, number: int, frame: ClientFrame | None, now: float) -> list[Effect]:
    """Do what a frame of the current line asks for."""
    line = state.consumer.line
    if line is None or line.line != number:
        return _early(state, number, frame, now)
    line.heard = now
    line.ping_at = None
    if type(frame) is AckFrame:
        return _ack(state, line, frame.epoch, frame.seq, frame.rej, now)
    match frame:
        case PongFrame():
            if frame.epoch is None or frame.seq is None:
                return []
            return _ack(state, line, frame.epoch, frame.seq, (), now)
        case PingFrame():
            queue(line, PongFrame(id=frame.id, head=line.written))
            return pump(state, now)
        case SayFrame():
            return said(state, line, frame, now)
        case ByeFrame():
            return _bye(state, line, frame)
        case HelloFrame():
            return break_line(state, line, _wrong("a second hello on one connection"))
        case None:
            return []
        case _:  # pyright: ignore[reportUnnecessaryComparison]
            raise TypeError(f"a session has no use for {frame!r}")


def broken(state: SessionState, number: int, error: ProtocolError, now: float) -> list[Effect]:
    """Close the line that broke the protocol; one that is closed already is left alone."""
    line = state.consumer.line
    if line is not None and line.line == number:
        return break_line(state, line, error)
    claiming = state.claiming
    if claiming is None or claiming.line != number:
        return []
    state.claiming = None
    return break_line(state, bare_line(number, claiming.hello.tab, now), error)


def _early(state: SessionState, number: int, frame: ClientFrame | None, now: float) -> list[Effect]:
    """A frame of a line that is not, or no longer, attached."""
    claiming = state.claiming
    if claiming is None or claiming.line != number or frame is None or isinstance(frame, PingFrame):
        return []
    if isinstance(frame, ByeFrame):
        state.claiming = None
        line = bare_line(number, claiming.hello.tab, now)
        return _bye(state, line, frame)
    return broken(state, number, _wrong("only bye and ping may come between hello and welcome"), now)


def _ack(state: SessionState, line: Line, epoch: str, seq: int, rej: tuple[Rej, ...], now: float) -> list[Effect]:
    # An ack of another epoch would confirm other events than the client handled.
    if epoch != state.epoch or seq <= state.consumer.acked:
        return []
    if seq > line.top:
        return break_line(state, line, _wrong(f"ack {seq}, but only {line.top} was sent"))
    effects = acked(state, line, seq, rej, now)
    if state.consumer.cursor < state.head or state.consumer.cursor < state.hinted:
        effects += pump(state, now)
    return effects


def _bye(state: SessionState, line: Line, frame: ByeFrame) -> list[Effect]:
    if state.consumer.line is line:
        detach(state)
    line.closing = (CloseCode.NORMAL, "the client said bye")
    line.control.clear()
    line.fresh, line.confirmed = 0, line.mark
    state.closing[line.line] = line
    effects = finish(line)
    if frame.end and state.drain is None:
        state.end_asked = line.tab
        effects.append(EndAsked(line.tab))
    return effects


def _wrong(reason: str) -> ProtocolError:
    return ProtocolError(reason, int(CloseCode.PROTOCOL_ERROR), kind="wrong_state")
