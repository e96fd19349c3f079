"""A slow reader behind the real uvicorn: a raw socket that reads when the test says so, and a clock of the test."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from stentor.protocol.errors import StentorError, WriteStalled
from stentor.supervisor.hosts._asgi_connection import AsgiConnection

from .conftest import Announced
from .timers import Timers

STALL = 5.0
LARGE = 4 * 2**20
"""Far more than the system takes for a peer that reads nothing."""
UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Protocol: stentor.v1.json\r\n\r\n"
)


class Slow:
    """A server with one connection of ours, and its peer; it keeps the end."""

    line: AsgiConnection
    raw: socket.socket

    def __init__(self) -> None:
        self.timers = Timers()
        self.came = asyncio.Event()
        self.end: asyncio.Future[StentorError | None] = asyncio.get_running_loop().create_future()
        self.read = 0

    async def route(self, websocket: WebSocket) -> None:
        """Take the connection over."""
        await websocket.accept(subprotocol="stentor.v1.json")
        self.line = AsgiConnection(websocket, STALL, self.timers)  # type: ignore[arg-type]
        self.line.receiver = self
        self.came.set()
        await self.line.run()

    def received(self, data: bytes) -> None:
        """Nothing comes."""

    def lost(self, code: int, reason: str, error: StentorError | None) -> None:
        """Keep the end."""
        self.end.set_result(error)

    async def dial(self, port: int) -> None:
        """Connect by hand, with small buffers, and read the answer to the upgrade."""
        self.raw = socket.socket()
        self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        self.raw.setblocking(False)
        await asyncio.get_running_loop().sock_connect(self.raw, ("127.0.0.1", port))
        await asyncio.get_running_loop().sock_sendall(self.raw, UPGRADE)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += await asyncio.get_running_loop().sock_recv(self.raw, 1)
        await self.came.wait()

    async def write(self) -> None:
        """Write a large message and a small one behind it, and let them go as far as they can."""
        self.line.write([b"x" * LARGE, b"y"])
        for _ in range(20):
            await asyncio.sleep(0)

    async def more(self, most: int) -> None:
        """Read what has come, at most *most* bytes."""
        data = await asyncio.get_running_loop().sock_recv(self.raw, most)
        assert data, "the server has cut the line"
        self.read += len(data)

    async def take(self) -> None:
        """Read until the server's buffer is smaller by this."""
        before = self.line.pending_bytes
        while before and self.line.pending_bytes >= before:
            await self.more(16 * 1024)


@pytest.fixture(params=["websockets-sansio", "websockets"])
async def slow(request: pytest.FixtureRequest) -> AsyncGenerator[Slow]:
    it = Slow()
    app = Starlette(routes=[WebSocketRoute("/", it.route)])
    # The server's own pings would be in the buffer as well.
    config = uvicorn.Config(app, port=0, log_level="warning", lifespan="off", ws=request.param, ws_ping_interval=None)
    config.ws_per_message_deflate = False
    server = Announced(config)
    server.up = asyncio.Event()
    task = asyncio.create_task(server.serve())
    await server.up.wait()
    listener = server.servers[0].sockets[0]
    # A connection inherits it: with the system's own, of megabytes, a reader's steps would be as large.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32 * 1024)
    await it.dial(listener.getsockname()[1])
    yield it
    it.line.abort()
    it.raw.close()
    server.should_exit = True
    await task


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_a_slow_reader_behind_uvicorn_gets_a_large_message_whole(slow: Slow) -> None:
    """Fifteen times it reads a little just before its time is over; then the rest."""
    await slow.write()
    for _ in range(15):
        slow.timers.clock.advance(4.0)
        await slow.take()
    half_way = slow.line.pending_bytes
    while slow.read < LARGE + 13:
        await slow.more(2**20)

    # Their headers have 10 and 2 bytes.
    assert (True, LARGE + 13, False) == (half_way > LARGE // 4, slow.read, slow.end.done())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_a_peer_that_stops_reading_behind_uvicorn_is_cut(slow: Slow) -> None:
    """It had read before; then it takes nothing: the line itself is gone, not only our end of it."""
    await slow.write()
    for _ in range(3):
        slow.timers.clock.advance(4.0)
        await slow.take()
    alive = not slow.end.done()
    slow.timers.clock.advance(2 * STALL)
    end = await slow.end
    while data := await asyncio.get_running_loop().sock_recv(slow.raw, 2**20):
        slow.read += len(data)

    assert (True, WriteStalled, True) == (alive, type(end), slow.read < LARGE // 2)
