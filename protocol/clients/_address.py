"""Where a client goes: the address of the host and the name of the session, checked before anybody is called."""

from __future__ import annotations

import re

from websockets.exceptions import InvalidURI
from websockets.uri import parse_uri

from .._names import split_session_id
from ..errors import BadUsage, WebSocketContextValidationError

__all__ = ["checked_session", "websocket_address"]


def websocket_address(url: str) -> str:
    """Return the WebSocket address that *url* means: ``http`` stands for ``ws``, ``https`` for ``wss``.

    Raises:
        BadUsage: If it is none.
    """
    address = re.sub(r"(?i)\Ahttp(?=s?://)", "ws", url)
    try:
        parse_uri(address).host.encode("idna")
    except (InvalidURI, ValueError) as error:  # ValueError: a port out of range, a label too long for a host's name
        raise BadUsage(f"{url!r} is no WebSocket address: {error}") from error
    return address


def checked_session(name: object) -> str:
    """Return *name* if it names a session.

    Raises:
        BadUsage: If it is not of the form that ``session_id(user, thread)`` gives.
    """
    needed = "text"
    try:
        if isinstance(name, str):
            split_session_id(name)
            return name
    except WebSocketContextValidationError as error:
        needed = error.details["missing"]
    raise BadUsage(
        f"{name!r} names no session: it is user/thread, each part percent-encoded, as session_id(user, thread) "
        f"gives it; this one needs a {needed}",
        session=name,
    )
