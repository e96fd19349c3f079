"""The built-in WebSocket server: it hands every new connection to one callback."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, TypeAlias, cast

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Origin, Subprotocol

from .._closecodes import CloseCode
from .._names import SUBPROTOCOL
from ..errors import Forbidden, ProtocolError, StentorError
from ._connection import Silent
from ._library import LibraryConnection
from ._websockets import SocketConnection

__all__ = ["Refused", "serve_websockets"]

Refused: TypeAlias = Callable[[str, int, StentorError], None]
"""Told of a peer that was turned away: its address, the close code or HTTP status, and why."""

_UNSPOKEN = [
    b'{"t":"error","code":"version","fatal":true,"msg":"offer the subprotocol %b"}' % SUBPROTOCOL.encode(),
    b'{"t":"bye","code":4501,"reconnect":false}',
]


async def serve_websockets(
    connected: Callable[[SocketConnection], None],
    host: str,
    port: int,
    *,
    refused: Refused | None = None,
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
        refused: Called for each that is turned away: the upgrade with an HTTP status, a foreign subprotocol with 4501.
        origins: Allowed ``Origin`` headers; None in it allows clients that send none. None allows all.
        max_size: Bytes of the largest message; above our own limit, so that the refusal is ours.
        stall: Seconds a write may be stuck.
        ping_interval: Seconds between pings; one unanswered for as long again ends the connection. None: no pings.
        close_timeout: Seconds the peer has to answer a goodbye.
        **options: Further options of the library's ``serve``, ``process_request`` for plain GETs among them.
    """

    def tell(connection: ServerConnection, code: int, error: StentorError) -> None:
        if refused is not None:
            assert isinstance(connection, LibraryConnection)
            refused(connection.line.remote, int(code), error)

    def answered(connection: ServerConnection, request: Request, response: Response) -> None:
        if response.status_code != HTTPStatus.SWITCHING_PROTOCOLS and "Upgrade" in request.headers:
            tell(connection, response.status_code, _why_not(request, response))

    async def handler(connection: ServerConnection) -> None:
        assert isinstance(connection, LibraryConnection)
        if connection.subprotocol == SUBPROTOCOL:
            connected(connection.line)
        else:
            # A browser sees no HTTP status, so the refusal comes inside an accepted connection.
            connection.line.receiver = Silent()
            connection.line.write(_UNSPOKEN)
            connection.line.close(CloseCode.VERSION, "unknown subprotocol")
            offered = connection.subprotocol or "none"
            why = f"offer the subprotocol {SUBPROTOCOL}, not {offered}"
            tell(connection, CloseCode.VERSION, ProtocolError(why, int(CloseCode.VERSION)))
        await connection.wait_closed()

    return await serve(
        handler,
        host,
        port,
        create_connection=cast(type[ServerConnection], functools.partial(LibraryConnection, stall=stall)),
        select_subprotocol=_choose,
        process_response=answered,
        origins=None if origins is None else [None if origin is None else Origin(origin) for origin in origins],
        compression=None,
        max_size=max_size,
        ping_interval=ping_interval,
        ping_timeout=ping_interval,
        close_timeout=close_timeout,
        **options,
    )


def _why_not(request: Request, response: Response) -> StentorError:
    said = response.body.decode("utf-8", "replace").strip()
    if response.status_code != HTTPStatus.FORBIDDEN:
        return ProtocolError(said, response.status_code)
    # None of them is read before the upgrade, and a request may repeat a header.
    origins, hosts = (request.headers.get_all(name) for name in ("Origin", "Host"))
    return Forbidden(f"{said} (origin {origins}, host {hosts})", origins=origins, hosts=hosts)


def _choose(connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """Take ours, else echo the client's own offer: a browser fails where none is selected."""
    if SUBPROTOCOL in offered:
        return Subprotocol(SUBPROTOCOL)
    return offered[0] if offered else None
