"""Failures on the way of an event: refused at the gate, not written, not acknowledged."""

from __future__ import annotations

from typing import Any, ClassVar

from ._root import StentorError

__all__ = [
    "BufferFull",
    "EventExpired",
    "EventLost",
    "EventNotSerialisable",
    "EventQuarantined",
    "EventRejected",
    "EventTooLarge",
    "EventUnconfirmed",
    "HostOverloaded",
    "WebSocketBufferOverflowError",
    "WebSocketEventDroppedError",
    "WebSocketSendFailureError",
]


class WebSocketSendFailureError(StentorError):
    """The emitter could not hand bytes to the connection."""

    code: ClassVar[str] = "send_failed"

    def __init__(
        self, *, event_type: str, reason: str, user_id: str | None, thread_id: str | None, **details: Any
    ) -> None:
        super().__init__(
            f"{event_type} could not be written to the connection: {reason}; it stays buffered",
            user_id=user_id,
            thread_id=thread_id,
            event_type=event_type,
            reason=reason,
            **details,
        )


class WebSocketBufferOverflowError(StentorError):
    """An event over the size limit, or a buffer at its limit by count or bytes."""

    code: ClassVar[str] = "buffer_overflow"

    def __init__(
        self,
        *,
        buffer_size: int,
        message_size: int,
        user_id: str | None,
        message: str | None = None,
        **details: Any,
    ) -> None:
        super().__init__(
            message or f"{message_size} bytes do not fit: the limit is {buffer_size}",
            user_id=user_id,
            buffer_size=buffer_size,
            message_size=message_size,
            **details,
        )


class EventTooLarge(WebSocketBufferOverflowError):
    """One event is larger than an event may be; it names its largest field."""

    code: ClassVar[str] = "event_too_large"


class BufferFull(WebSocketBufferOverflowError):
    """The session holds as many unacknowledged events, or bytes, as it may."""

    code: ClassVar[str] = "buffer_full"


class HostOverloaded(WebSocketBufferOverflowError):
    """The buffers of all sessions together are at the host's limit."""

    code: ClassVar[str] = "host_overloaded"


class EventNotSerialisable(StentorError):
    """An event holds a value that JSON can not carry; it names the field."""

    code: ClassVar[str] = "event_not_serialisable"

    def __init__(
        self, *, event_type: str, field: str, reason: str, instead: str = "give plain JSON values", **details: Any
    ) -> None:
        super().__init__(
            f"{event_type} can not be sent: its field {field!r} holds {reason}; {instead}",
            event_type=event_type,
            field=field,
            reason=reason,
            **details,
        )


class WebSocketEventDroppedError(StentorError):
    """An accepted event ended as anything but acknowledged."""

    code: ClassVar[str] = "event_dropped"

    def __init__(
        self,
        *,
        event_type: str,
        seq: int | None,
        reason: str,
        user_id: str | None,
        thread_id: str | None,
        **details: Any,
    ) -> None:
        super().__init__(
            f"event {seq} ({event_type}) was not acknowledged: {reason}",
            user_id=user_id,
            thread_id=thread_id,
            event_type=event_type,
            seq=seq,
            reason=reason,
            **details,
        )


class EventRejected(WebSocketEventDroppedError):
    """The client's handler refused the event."""

    code: ClassVar[str] = "handler_rejected"


class EventExpired(WebSocketEventDroppedError):
    """Nobody fetched the event within its time."""

    code: ClassVar[str] = "expired"


class EventLost(WebSocketEventDroppedError):
    """The process that held the event died before it was stored."""

    code: ClassVar[str] = "crash_lost"


class EventUnconfirmed(WebSocketEventDroppedError):
    """The session closed before any client acknowledged the event."""

    code: ClassVar[str] = "unconfirmed"


class EventQuarantined(WebSocketEventDroppedError):
    """The event crashed two incarnations of its session and was set aside; ``failures`` has the ids of both crashes."""

    code: ClassVar[str] = "quarantined"
