"""Starlette and FastAPI: attach a WebSocket of theirs to a session, and a lifespan for the runtime."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from stentor.protocol import CloseCode
from stentor.protocol.errors import Forbidden, ProtocolError, StentorError
from stentor.protocol.transports import SUBPROTOCOL, Refused

from ..runtime._visitor import show_out
from ._asgi_connection import AsgiConnection, AsgiSocket
from ._lifespan import lifespan

__all__ = ["AsgiSocket", "accepted", "lifespan", "turn_away"]


async def accepted(
    websocket: AsgiSocket, origins: Collection[str], stall: float, refused: Refused
) -> AsgiConnection | None:
    """Accept *websocket* and return it as a connection; None if its origin or subprotocol is refused.

    An origin that is neither the app's own nor allowed is refused before the upgrade: the browser sees a 403. A
    client that speaks no protocol of ours is let in, told why, and closed with 4501, because a browser could not
    see a status. *refused* is told of either.
    """
    _warn_of_old_server(websocket)
    connection = AsgiConnection(websocket, stall)
    if not _own_origin(websocket, origins):
        refused(connection.remote, 403, Forbidden(f"this origin is not allowed: {websocket.headers.get('origin')}"))
        await websocket.send({"type": "websocket.close", "code": 1008, "reason": "origin not allowed"})
        return None
    offered: list[str] = list(websocket.scope.get("subprotocols") or ())
    speaks = SUBPROTOCOL in offered
    await websocket.accept(subprotocol=SUBPROTOCOL if speaks else next(iter(offered), None))
    if speaks:
        return connection
    error = ProtocolError(f"offer the subprotocol {SUBPROTOCOL}", CloseCode.VERSION)
    await turn_away(connection, CloseCode.VERSION, error, refused)
    return None


async def turn_away(connection: AsgiConnection, code: int, error: StentorError, refused: Refused) -> None:
    """Tell *refused* and the client why it is not let in, and close with *code*; return when it is gone."""
    refused(connection.remote, code, error)
    show_out(connection, code, error)
    await connection.run()


def _own_origin(websocket: AsgiSocket, origins: Collection[str]) -> bool:
    origin = websocket.headers.get("origin")
    return origin is None or origin in origins or urlsplit(origin).netloc == websocket.headers.get("host", "")


def _warn_of_old_server(websocket: AsgiSocket) -> None:
    asgi: dict[str, Any] = websocket.scope.get("asgi") or {}
    version = str(asgi.get("spec_version") or "2.0")
    if tuple(int(part) for part in version.split(".") if part.isdigit()) < (2, 4):
        warnings.warn(
            f"this server speaks ASGI {version} and reports no failed sends; only acks tell of a lost line",
            RuntimeWarning,
            stacklevel=3,
        )
