"""Close codes as typed failures: 41xx reconnect and resume, 45xx stop."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["CloseCode", "fit_reason", "reconnects"]

_REASON_BYTES = 123
"""What a close frame has room for, beside the code: RFC 6455, section 5.5."""


class CloseCode(IntEnum):
    """Why a connection ended; stands in ``bye`` and in the Close frame that follows it."""

    NORMAL = 1000
    """The client left of its own accord."""
    DRAINING = 4100
    """The host is going down; come back after ``after_ms``."""
    HEARTBEAT_TIMEOUT = 4101
    """A ping was not answered in time."""
    SLOW_CONSUMER = 4102
    """The window was full and no ack came for 30 s; the buffer keeps everything."""
    GAP_DETECTED = 4103
    """The client missed a seq; it resumes from what it has."""
    SESSION_RESTARTED = 4104
    """The session restarted, moved to another process, or the same tab came back on a new connection."""
    AUTH_EXPIRED = 4105
    """The token ran out; come back with a fresh one."""
    RATE_LIMITED = 4106
    """The client said more than it may."""
    STORE_UNAVAILABLE = 4107
    """The event log does not answer."""
    FLUSH_TIMEOUT = 4108
    """The session was to be drained and its client did not acknowledge in time."""
    SESSION_PARKED = 4109
    """The session failed too often and rests; come back after ``after_ms``."""
    PROTOCOL_ERROR = 4500
    """Malformed, in the wrong state, or an ack beyond what was sent."""
    VERSION = 4501
    """No protocol version in common."""
    UNAUTHENTICATED = 4502
    """The token was missing or not accepted."""
    FORBIDDEN = 4503
    """The session is not the identity's own."""
    TAKEN_OVER = 4504
    """Another tab took the session over."""
    SESSION_CLOSED = 4505
    """The session was closed for good."""
    SESSION_UNKNOWN = 4506
    """The host knows no such session."""
    HELLO_TIMEOUT = 4507
    """No ``hello`` came within 10 s."""
    FRAME_TOO_LARGE = 4508
    """A frame was above the limit."""
    TOO_MANY_CONNECTIONS = 4509
    """More connections than the session may have."""


_LIBRARY_STOPS = frozenset({1002, 1003, 1007, 1009, 1010})


def reconnects(code: int) -> bool:
    """Answer whether a client that was closed with *code* comes back by itself.

    45xx stop. So do the library's own verdicts on our bytes (1002, 1003, 1007, 1009, 1010): the same frame
    would be sent and refused for ever. Everything else is a lost connection, and those are taken up again.
    """
    return not 4500 <= code < 4600 and code not in _LIBRARY_STOPS


def fit_reason(reason: str) -> str:
    """Cut *reason* to the bytes that a close frame has room for, between two characters."""
    return reason.encode()[:_REASON_BYTES].decode("utf-8", "ignore")
