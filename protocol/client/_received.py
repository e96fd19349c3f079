"""What a server's frame does to a client."""

from __future__ import annotations

from .._closecodes import CloseCode
from .._frames import (
    BatchFrame,
    ByeFrame,
    ErrorFrame,
    EventFrame,
    GapFrame,
    NoticeFrame,
    PingFrame,
    PongFrame,
    SaidFrame,
    ServerFrame,
    SnapshotFrame,
    WelcomeFrame,
)
from ._effects import ClientEffect, ClientState, Notice, Said
from ._handshake import send_says, welcome
from ._state import CONNECTED, ClientData, hang_up, send
from ._stream import ack, event, gap, snapshot, tail

__all__ = ["received"]

_BEFORE_WELCOME = (WelcomeFrame, ErrorFrame, ByeFrame, NoticeFrame, PingFrame)


def received(data: ClientData, frame: ServerFrame | None, now: float) -> list[ClientEffect]:
    """Do what *frame* asks for."""
    data.heard = now
    data.ping_at = None
    if frame is None:
        return []
    if data.state is ClientState.HELLO and not isinstance(frame, _BEFORE_WELCOME):
        reason = f"{type(frame).__name__} came before welcome"
        return hang_up(data, now, int(CloseCode.PROTOCOL_ERROR), reason)
    effects = _do(data, frame, now)
    if data.ack_due is not None and now >= data.ack_due:
        # A background tab's timers are throttled, what comes from the socket is not.
        effects += ack(data)
    return effects


def _do(data: ClientData, frame: ServerFrame, now: float) -> list[ClientEffect]:
    match frame:
        case EventFrame():
            return event(data, frame, now)
        case BatchFrame():
            return _batch(data, frame, now)
        case GapFrame():
            return gap(data, frame, now)
        case WelcomeFrame():
            # A server that crashed in between may repeat itself.
            return welcome(data, frame, now) if data.state is ClientState.HELLO else []
        case SnapshotFrame():
            return snapshot(data, frame, now)
        case SaidFrame():
            return _said(data, frame)
        case PingFrame():
            return _ping(data, frame, now)
        case PongFrame():
            return tail(data, frame.head, now)
        case NoticeFrame():
            return _notice(data, frame)
        case ErrorFrame():
            return [Notice(frame.code, frame.msg, None, None)]
        case ByeFrame():
            return _bye(data, frame, now)
        case _:  # pyright: ignore[reportUnnecessaryComparison]
            raise TypeError(f"a client has no use for {frame!r}")


def _batch(data: ClientData, frame: BatchFrame, now: float) -> list[ClientEffect]:
    effects: list[ClientEffect] = []
    line = data.line
    for item in frame.ev:
        effects += event(data, item, now)
        if data.line != line:
            break
    return effects


def _said(data: ClientData, frame: SaidFrame) -> list[ClientEffect]:
    if data.says.pop(frame.cid, None) is None:
        return []
    refused = None if frame.refused is None else (frame.refused.code, frame.refused.msg)
    return [Said(frame.cid, refused), *send_says(data)]


def _ping(data: ClientData, frame: PingFrame, now: float) -> list[ClientEffect]:
    if data.state not in CONNECTED:
        return [send(data, PongFrame(id=frame.id))]
    missing = tail(data, frame.head, now)
    if missing:
        return missing
    if data.losing():
        return [send(data, PongFrame(id=frame.id))]
    # A pong acknowledges and knows no refusals: those go first.
    effects = ack(data) if data.rejected else []
    data.acked = data.ackable()
    data.ack_due = None
    return [*effects, send(data, PongFrame(id=frame.id, epoch=data.epoch, seq=data.acked))]


def _notice(data: ClientData, frame: NoticeFrame) -> list[ClientEffect]:
    if frame.id:
        if frame.id <= data.notice:
            return []
        data.notice = frame.id
    return [Notice(frame.code, frame.msg, frame.after_ms, frame.failure)]


def _bye(data: ClientData, frame: ByeFrame, now: float) -> list[ClientEffect]:
    code = int(CloseCode.NORMAL) if frame.code is None else frame.code
    data.bye = (code, frame.reconnect, frame.after_ms)
    return hang_up(data, now, int(CloseCode.NORMAL), "the server said bye")
