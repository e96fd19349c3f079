"""Names both ends agree on: the subprotocol, and session ids: ``user/thread``, each part percent-encoded."""

from __future__ import annotations

from urllib.parse import quote, unquote_to_bytes

from .errors import WebSocketContextValidationError

__all__ = ["SUBPROTOCOL", "session_id", "split_session_id"]

SUBPROTOCOL = "stentor.v1.json"
"""What a client has to offer in ``Sec-WebSocket-Protocol``."""

_LONGEST = 256


def session_id(user_id: str, thread_id: str) -> str:
    """Return the name of the session of *user_id* in *thread_id*: at most 256 characters a part, encoded.

    Raises:
        WebSocketContextValidationError: If a part is empty, no text, or too long.
    """
    return f"{_part('user_id', user_id)}/{_part('thread_id', thread_id)}"


def split_session_id(name: str) -> tuple[str, str]:
    """Return user and thread of a session id.

    Raises:
        WebSocketContextValidationError: If it is not of the form that :func:`session_id` gives.
    """
    user, slash, thread = name.partition("/")
    try:
        parts = unquote_to_bytes(user).decode(), unquote_to_bytes(thread).decode()
    except UnicodeDecodeError:
        raise WebSocketContextValidationError(operation="session id", missing="UTF-8 encoding") from None
    if not slash or session_id(*parts) != name:
        # One session has one name: "a%62/t" and "ab/t" must not be two.
        raise WebSocketContextValidationError(
            operation="session id",
            missing="session id of the form user/thread, percent-encoded",
            given=name[:300],
        )
    return parts


def _part(field: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise WebSocketContextValidationError(operation="session id", missing=field)
    try:
        encoded = quote(value, safe="")
    except UnicodeEncodeError:
        raise WebSocketContextValidationError(operation="session id", missing=f"{field} in UTF-8") from None
    if len(encoded) > _LONGEST:
        raise WebSocketContextValidationError(
            operation="session id", missing=f"{field} of at most {_LONGEST} characters", length=len(encoded)
        )
    return encoded
