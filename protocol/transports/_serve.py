"""The built-in WebSocket server: it hands every new connection to one callback."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, cast

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.typing import Origin, Subprotocol

from ._library import LibraryConnection
from ._websockets import SocketConnection

__all__ = ["SUBPROTOCOL", "serve_websockets"]

SUBPROTOCOL = "stentor.v1.json"
"""What a client has to offer in ``Sec-WebSocket-Protocol``."""

_UNSPOKEN = b'{"t":"error","code":"version","fatal":true,"msg":"offer the subprotocol stentor.v1.json"}'


async def serve_websockets(
    connected: Callable[[SocketConnection], None],
    host: str,
    port: int,
    *,
    origins: Sequence[str | None] | None = None,
    max_size: int = 2**20,
    stall: float = 5.0,
    ping_interval: float | None = 10.0,
    close_timeout: float = 2.0,
    **options: Any,
) -> Server:
    """Serve on *host* and *port*; return the library's running server.

    Args:
        connected: Called for each connection that speaks our protocol; it sets the receiver.
        host: Address to bind.
        port: Port to bind; 0 for one that is free.
        origins: Allowed ``Origin`` headers; None in it allows clients that send none. None allows all.
        max_size: Bytes of the largest message; above our own limit, so that the refusal is ours.
        stall: Seconds a write may be stuck.
        ping_interval: Seconds between pings; one unanswered for as long again ends the connection. None: no pings.
        close_timeout: Seconds the peer has to answer a goodbye.
        **options: Further options of the library's ``serve``, ``process_request`` for plain GETs among them.
    """

    async def handler(connection: ServerConnection) -> None:
        assert isinstance(connection, LibraryConnection)
        if connection.subprotocol == SUBPROTOCOL:
            connected(connection.line)
        else:
            # A browser sees no HTTP status, so the refusal comes inside an accepted connection.
            connection.line.write([_UNSPOKEN])
            connection.line.close(4501, "unknown subprotocol")
        await connection.wait_closed()

    return await serve(
        handler,
        host,
        port,
        create_connection=cast(type[ServerConnection], functools.partial(LibraryConnection, stall=stall)),
        select_subprotocol=_choose,
        origins=None if origins is None else [None if origin is None else Origin(origin) for origin in origins],
        compression=None,
        max_size=max_size,
        ping_interval=ping_interval,
        ping_timeout=ping_interval,
        close_timeout=close_timeout,
        **options,
    )


def _choose(connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """Take ours, else echo the client's own offer: a browser fails where none is selected."""
    if SUBPROTOCOL in offered:
        return Subprotocol(SUBPROTOCOL)
    return offered[0] if offered else None
