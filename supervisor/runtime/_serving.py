"""The built-in server: pages by plain GET, and WebSockets into the lobby."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Collection, Mapping

from stentor.protocol import Limits
from stentor.protocol.errors import BadUsage
from stentor.protocol.transports import Refused, SocketConnection, serve_websockets
from websockets.asyncio.server import Server as WebSocketServer

from ._pages import FrontDoor, is_loopback

__all__ = ["Server", "open_server"]

_WHY = {
    errno.EADDRINUSE: "the port is taken; stop what uses it, or choose another one (0 for any)",
    errno.EACCES: "the port may not be used by this user; choose one from 1024 on",
    errno.EADDRNOTAVAIL: "this machine has no such address",
}


class Server:
    """A server that runs until it is closed, or its runtime ends."""

    def __init__(self, server: WebSocketServer, host: str) -> None:
        self._server = server
        self.host = host
        self.port: int = next(iter(server.sockets)).getsockname()[1]

    def __repr__(self) -> str:
        return f"<Server at {self.url}>"

    @property
    def url(self) -> str:
        """Where clients connect to."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"ws://{host}:{self.port}"

    def stop_accepting(self) -> None:
        """Take no new connection; those that are open go on."""
        self._server.close(close_connections=False)

    async def close(self, seconds: float = 5.0) -> None:
        """Close what is open, and wait for it up to *seconds*; a peer that does not answer is cut by its own timer."""
        self._server.close()
        try:
            async with asyncio.timeout(seconds):
                await self._server.wait_closed()
        except TimeoutError:
            # The bound is the promise; each connection that is left has a close timer, and reports its end by itself.
            return


async def open_server(
    connected: Callable[[SocketConnection], None],
    host: str,
    port: int,
    *,
    pages: Mapping[str, tuple[str, bytes]],
    origins: Collection[str],
    refused: Refused,
    guarded: bool,
    ready: Callable[[], bool],
    limits: Limits,
) -> Server:
    """Serve on *host* and *port*; *guarded* says whether clients have to show a token.

    *connected* gets each connection that speaks our protocol, *refused* is told of each that is turned away before.

    Raises:
        BadUsage: If a host without authentication is not loopback, or if the address can not be had.
    """
    if not guarded and not is_loopback(host):
        raise BadUsage(
            f"without authenticate only loopback may be served, and {host} is not; "
            "give Runtime(authenticate=…), or serve 127.0.0.1",
            host=host,
        )
    door = FrontDoor(pages=pages, origins=origins, local_only=not guarded, ready=ready)
    try:
        server = await serve_websockets(
            connected,
            host,
            port,
            refused=refused,
            max_size=4 * limits.frame_bytes,
            stall=limits.write_stall,
            process_request=door,
        )
    except (OSError, OverflowError) as error:
        number = getattr(error, "errno", None)
        why = _WHY.get(number or 0, str(error))
        raise BadUsage(f"{host}:{port} can not be served: {why}", host=host, port=port, errno=number) from error
    return Server(server, host)
