"""Lines of a server session: how one is closed, and what goes on record about its end."""

from __future__ import annotations

from .._closecodes import CloseCode, reconnects
from .._codec import encode_frame
from .._frames import ByeFrame, ErrorFrame, Frame
from ..errors import ProtocolError
from ._effects import Close, Effect, Note, Write
from ._state import Line, SessionState

__all__ = [
    "bare_line",
    "break_line",
    "close_consumer",
    "close_line",
    "detach",
    "finish",
    "queue",
    "repeat_closing",
]


def queue(line: Line, frame: Frame | bytes) -> None:
    """Let *frame* go out with the next pump; it is kept until its write was confirmed."""
    line.control.append(frame if isinstance(frame, bytes) else encode_frame(frame))
    line.fresh += 1
    line.mark += 1


def close_consumer(state: SessionState, code: CloseCode, reason: str, after_ms: int | None = None) -> list[Effect]:
    """Say bye on the consumer's line, close it, and let the consumer be detached."""
    line = state.consumer.line
    if line is None:
        return []
    detach(state)
    return close_line(state, line, code, reason, after_ms)


def close_line(
    state: SessionState, line: Line, code: CloseCode, reason: str, after_ms: int | None = None
) -> list[Effect]:
    """Say bye on *line* and close it; both are repeated by ``recover`` until the socket is gone."""
    queue(line, ByeFrame(code=int(code), reconnect=reconnects(code), after_ms=after_ms))
    line.closing = (code, reason)
    state.closing[line.line] = line
    return finish(line)


def break_line(state: SessionState, line: Line, error: ProtocolError) -> list[Effect]:
    """The peer broke the protocol: tell it what was wrong, and close."""
    code = CloseCode(error.close_code)
    reason = str(error.reason)
    queue(line, ErrorFrame(code=str(error.details.get("kind", error.code)), fatal=True, msg=reason[:500]))
    if state.consumer.line is line:
        detach(state)
    facts = {"line": line.line, "code": int(code), "reason": reason}
    return [Note("protocol_error", facts), *close_line(state, line, code, reason)]


def repeat_closing(state: SessionState) -> list[Effect]:
    """Say and do again what ends the lines that are not gone yet."""
    effects: list[Effect] = []
    for line in state.closing.values():
        line.fresh = len(line.control)
        effects.extend(finish(line))
    return effects


def detach(state: SessionState) -> None:
    """Leave the consumer without a line."""
    state.consumer.line = None
    state.consumer.stalled_since = None


def bare_line(line: int, tab: str, now: float) -> Line:
    """Return a line that was not welcomed and never will be: enough to say bye on it."""
    return Line(line, tab, 0, window=0, frame=0, heard=now, written=0, top=0, says=0.0, says_at=now)


def finish(line: Line) -> list[Effect]:
    """Write what is left to say, close, and put the end on record."""
    assert line.closing is not None
    code, reason = line.closing
    effects: list[Effect] = []
    if line.fresh:
        effects.append(Write(line.line, line.control[-line.fresh :], line.written, line.mark))
        line.fresh = 0
    effects.append(Close(line.line, int(code), reason))
    effects.append(Note("line_closed", {"line": line.line, "code": int(code), "reason": reason}))
    return effects
