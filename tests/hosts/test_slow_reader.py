"""A slow reader under an ASGI server is not cut, one that takes nothing is: by a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from stentor.protocol.errors import StentorError, WriteStalled
from stentor.supervisor.hosts._asgi_connection import AsgiConnection
from stentor.supervisor.hosts._server_side import SLOWEST

from .timers import Timers

STALL = 5.0


class Server:
    """What an ASGI server is to a connection; it shows its buffer if *shown*, in the way of uvicorn.

    *drains* tells when its send waits: for what it was given itself, or only for what was given before.
    """

    def __init__(self, shown: bool, drains: bool = False) -> None:
        self.scope: dict[str, Any] = {}
        self.headers: dict[str, str] = {}
        self.held = 0
        self.aborted = False
        self.taken: list[int] = []
        self._drains = drains
        self._room = asyncio.Event()
        self._room.set()
        self._gone: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        if shown:
            self.transport = self
            self._receive = self.receive

    def get_write_buffer_size(self) -> int:
        """Tell what the peer did not take."""
        return self.held

    def abort(self) -> None:
        """Cut the line, and let go who waits for room: without an error, as servers do."""
        self.aborted = True
        self._room.set()

    def take(self, size: int) -> None:
        """Be the peer, and take *size* bytes."""
        self.held = max(0, self.held - size)
        if not self.held:
            self._room.set()

    async def accept(self, subprotocol: str | None = None) -> None:
        """It was accepted before."""

    async def receive(self) -> dict[str, Any]:
        """Tell nothing, for ever."""
        return await self._gone.get()

    async def send(self, message: Any) -> None:
        """Buffer a message, and wait for room: before it or behind it."""
        if not self._drains:
            await self._room.wait()
        self.held += len(message["text"])
        self._room.clear()
        if self._drains:
            await self._room.wait()
        self.taken.append(len(message["text"]))


class Host:
    """A connection over such a server, and how it ended."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.timers = Timers()
        self.line = AsgiConnection(server, STALL, self.timers)  # type: ignore[arg-type]
        self.line.receiver = self
        self.ends: list[StentorError | None] = []

    def received(self, data: bytes) -> None:
        """Nothing comes."""

    def lost(self, code: int, reason: str, error: StentorError | None) -> None:
        """Keep the end."""
        self.ends.append(error)

    async def write(self, *sizes: int) -> None:
        """Write a frame of each size."""
        self.line.write([b"x" * size for size in sizes])
        await settle()

    async def wait(self, seconds: float) -> None:
        """Let time go by."""
        self.timers.clock.advance(seconds)
        await settle()


async def settle() -> None:
    """Let the writer and the end of the connection go as far as they can."""
    for _ in range(20):
        await asyncio.sleep(0)


@asynccontextmanager
async def host(*, shown: bool, drains: bool = False) -> AsyncIterator[Host]:
    """Run a connection."""
    it = Host(Server(shown, drains))
    running = asyncio.create_task(it.line.run())
    await settle()
    try:
        yield it
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_large_write_is_not_cut_while_bytes_leave_the_servers_buffer() -> None:
    """A minute for one event, and the next one waits behind it."""
    async with host(shown=True) as it:
        await it.write(256_000, 100)
        for _ in range(15):
            await it.wait(4.0)
            it.server.take(1000)

        assert ([], [256_000]) == (it.ends, it.server.taken)


async def test_a_server_that_waits_behind_the_frame_itself_is_judged_alike() -> None:
    """Its buffer grows at the first send, and that is no verdict on the peer."""
    async with host(shown=True, drains=True) as it:
        await it.write(256_000)
        for _ in range(15):
            await it.wait(4.0)
            it.server.take(1000)
        alive = list(it.ends)
        await it.wait(10.0)

        assert ([], [WriteStalled]) == (alive, [type(error) for error in it.ends])


async def test_a_peer_that_takes_nothing_is_cut_after_the_stall() -> None:
    """However large the frame is: the server's buffer shows that it stands still."""
    async with host(shown=True) as it:
        await it.write(256_000, 256_000)
        await it.wait(4.9)
        before = list(it.ends)
        await it.wait(0.2)

        assert ([], [WriteStalled]) == (before, [type(error) for error in it.ends])
        assert it.server.aborted


async def test_what_the_server_holds_is_pending_where_it_shows_it() -> None:
    """A heartbeat looks at it: the answer to a ping can not come before the ping has arrived."""
    async with host(shown=True) as it:
        await it.write(1000, 10)
        before = it.line.pending_bytes
        it.server.take(300)

        assert (1010, 710) == (before, it.line.pending_bytes)


async def test_a_server_that_shows_nothing_gives_a_small_frame_the_stall() -> None:
    """As everywhere."""
    async with host(shown=False) as it:
        await it.write(100, 100)
        await it.wait(4.9)
        before = list(it.ends)
        await it.wait(0.2)

        assert ([], [WriteStalled]) == (before, [type(error) for error in it.ends])


async def test_a_server_that_shows_nothing_gives_a_large_frame_time_for_its_bytes() -> None:
    """At the slowest pace that is allowed, and no longer."""
    size = 256 * 1024
    async with host(shown=False) as it:
        await it.write(size, 100)
        await it.wait(size / SLOWEST)
        before = list(it.ends)
        await it.wait(STALL)

        assert ([], [WriteStalled]) == (before, [type(error) for error in it.ends])


async def test_each_send_that_the_server_takes_is_progress() -> None:
    """A minute of small frames, of which one is taken now and then."""
    async with host(shown=False) as it:
        await it.write(*[100] * 20)
        for _ in range(15):
            await it.wait(4.0)
            it.server.take(100)
            await settle()

        assert ([], 16) == (it.ends, len(it.server.taken))


async def test_a_loop_that_lagged_passes_no_verdict() -> None:
    """The bytes may have waited for us."""
    async with host(shown=True) as it:
        await it.write(256_000, 100)
        it.timers.late = 1.0
        await it.wait(5.0)
        before = list(it.ends)
        await it.wait(5.0)

        assert ([], [WriteStalled]) == (before, [type(error) for error in it.ends])
