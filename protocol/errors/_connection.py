"""Failures of a connection: vanished, or broke the protocol."""

from __future__ import annotations

from typing import Any, ClassVar

from ._root import StentorError

__all__ = [
    "AdmissionFailed",
    "HeartbeatTimeout",
    "ProtocolError",
    "SlowConsumer",
    "WebSocketConnectionLostError",
    "WriteStalled",
]


class AdmissionFailed(StentorError):
    """The host could not find out whether a client may come in; the client comes back and is asked again."""

    code: ClassVar[str] = "admission_failed"
    help: ClassVar[str] = "the host could not check who you are; it will be tried again"


class WebSocketConnectionLostError(StentorError):
    """The connection vanished; what it had not acknowledged stays buffered."""

    code: ClassVar[str] = "connection_lost"

    def __init__(
        self,
        *,
        reason: str,
        close_code: int | None,
        user_id: str | None,
        thread_id: str | None,
        **details: Any,
    ) -> None:
        super().__init__(
            f"the connection vanished ({close_code}): {reason}; its events stay buffered",
            user_id=user_id,
            thread_id=thread_id,
            reason=reason,
            close_code=close_code,
            **details,
        )


class HeartbeatTimeout(WebSocketConnectionLostError):
    """The peer did not answer a ping in time."""

    code: ClassVar[str] = "heartbeat_timeout"


class SlowConsumer(WebSocketConnectionLostError):
    """The window was full and no acknowledgement came in time."""

    code: ClassVar[str] = "slow_consumer"


class WriteStalled(WebSocketConnectionLostError):
    """The socket took no bytes for too long: the peer is gone or frozen."""

    code: ClassVar[str] = "write_stalled"


class ProtocolError(StentorError):
    """The peer broke the protocol; its connection is closed with *close_code*."""

    code: ClassVar[str] = "protocol_error"

    def __init__(self, reason: str, close_code: int = 4500, **details: Any) -> None:
        super().__init__(reason, reason=reason, close_code=close_code, **details)
