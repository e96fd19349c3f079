"""Why a WebSocket ended, as a typed reason: read from the close frames, for the exception tells half of it."""

from __future__ import annotations

from typing import Protocol

from ..errors import ProtocolError, StentorError, WebSocketConnectionLostError

__all__ = ["CloseFrame", "how_it_ended"]

# These are verdicts on what the peer sent, below our protocol; after the library's own the server reads 1006.
_OUR_VERDICT = {
    1002: "the peer broke the WebSocket protocol",
    1003: "the peer sent a binary message",
    1007: "the peer sent text that is not UTF-8",
    1009: "the peer sent a message over the size limit",
}


class CloseFrame(Protocol):
    """The two fields of a close frame."""

    code: int
    reason: str


def how_it_ended(
    received: CloseFrame | None, sent: CloseFrame | None, received_first: bool | None
) -> tuple[int, str, StentorError | None]:
    """Return code, reason and failure of a connection that is gone.

    Args:
        received: The close frame of the peer, or None.
        sent: Our own close frame, or None.
        received_first: Whether ours was only the answer.
    """
    if sent is not None and sent.code in _OUR_VERDICT and not received_first:
        reason = _OUR_VERDICT[sent.code]
        return int(sent.code), reason, ProtocolError(f"{reason} ({sent.reason})", int(sent.code))
    if sent is not None and not received_first:
        return int(sent.code), sent.reason, None
    if received is not None:
        return int(received.code), received.reason, None
    reason = "the line broke without a close frame"
    return 1006, reason, WebSocketConnectionLostError(reason=reason, close_code=1006, user_id=None, thread_id=None)
