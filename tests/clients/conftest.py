"""What the tests of the clients share: Node, a socket that a test moves by hand, a server that follows a script."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from stentor.protocol.clients.js import module_path
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

Node = Callable[..., "subprocess.CompletedProcess[str]"]
Script = Callable[["Peer"], Awaitable[None]]
Serving = Callable[..., Awaitable[str]]


@pytest.fixture(scope="session")
def node(needs: Callable[[str], str]) -> Node:
    """Run Node with the JavaScript client in its reach."""
    found = needs("node")

    def run(*args: str | Path) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "STENTOR_JS": module_path().as_uri()}
        return subprocess.run(
            [found, *map(str, args)], env=environment, capture_output=True, text=True, check=False, timeout=60
        )

    return run


class Peer:
    """The server's end of a real WebSocket, for a script that speaks frames by hand."""

    def __init__(self, connection: ServerConnection) -> None:
        self.connection = connection
        self.hello: dict[str, Any] = {}

    async def take(self) -> dict[str, Any]:
        """Return the client's next frame."""
        frame: dict[str, Any] = json.loads(await self.connection.recv())
        return frame

    async def take_until(self, kind: str) -> dict[str, Any]:
        """Return the client's next frame of *kind*, leaving out others."""
        while True:
            frame = await self.take()
            if frame["t"] == kind:
                return frame

    async def give(self, *frames: dict[str, Any] | str) -> None:
        """Send *frames*."""
        for frame in frames:
            await self.connection.send(frame if isinstance(frame, str) else json.dumps(frame))

    async def welcome(self, **more: Any) -> dict[str, Any]:
        """Take the hello, answer it, and return it."""
        self.hello = await self.take()
        frame = {
            "t": "welcome",
            "v": 1,
            "session": self.hello["session"],
            "epoch": "A",
            "conn": 1,
            "base": 0,
            "head": 0,
        }
        await self.give({**frame, "resumed": "resume" in self.hello, **more})
        return self.hello

    async def bye(self, code: int, **more: Any) -> None:
        """Say bye and close."""
        await self.give({"t": "bye", "code": code, **more})
        await self.connection.close(code)

    def cut(self) -> None:
        """Break the line without a close frame."""
        self.connection.transport.abort()


@pytest.fixture
def event() -> Callable[..., dict[str, Any]]:
    """Return the frame of an event."""

    def frame(seq: int, type_: str = "text", **more: Any) -> dict[str, Any]:
        data = {"delta": f"w{seq}", "msg": "m1"} if type_ == "text" else {}
        return {"t": "event", "seq": seq, "type": type_, "run": "r1", "ts": 1, "data": data, **more}

    return frame


@pytest.fixture
async def serving() -> AsyncIterator[Serving]:
    """Serve one script for each connection, the last one for all that follow; a script's failure fails the test."""
    servers: list[Any] = []
    failures: list[BaseException] = []

    async def start(*scripts: Script, process_request: Any = None) -> str:
        waiting: list[Script] = list(scripts)

        async def handler(connection: ServerConnection) -> None:
            script = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            try:
                await script(Peer(connection))
            except BaseException as error:
                failures.append(error)
                raise

        server = await serve(
            handler,
            "127.0.0.1",
            0,
            subprotocols=[Subprotocol("stentor.v1.json")],
            process_request=process_request,
            close_timeout=0.2,
        )
        servers.append(server)
        return f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    yield start
    for server in servers:
        server.close()
        await server.wait_closed()
    wrong = [failure for failure in failures if isinstance(failure, AssertionError)]
    assert wrong == []


class FakeLine:
    """A line that a test moves: what the client wrote stands in ``sent``."""

    def __init__(self, receiver: Any) -> None:
        self.receiver = receiver
        self.sent: list[dict[str, Any]] = []
        self.closed: int | None = None

    def write(self, frames: Sequence[bytes]) -> None:
        """Keep what the client sends."""
        self.sent.extend(json.loads(frame) for frame in frames)

    def close(self, code: int, reason: str) -> None:
        """Keep the code that the client closes with."""
        self.closed = int(code)

    def abort(self) -> None:
        """Break the line, as the client sees it."""
        self.receiver.lost(1006, "cut", None)

    async def wait_closed(self) -> None:
        """Be gone at once."""


class FakeDial:
    """Opens a :class:`FakeLine` when the test says so."""

    def __init__(self) -> None:
        self.lines: list[FakeLine] = []
        self._opening: list[asyncio.Future[None]] = []

    async def __call__(self, receiver: Any) -> FakeLine:
        """Wait for :meth:`open`."""
        opening: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._opening.append(opening)
        line = FakeLine(receiver)
        self.lines.append(line)
        await opening
        return line

    def open(self) -> None:
        """Let the newest line open."""
        self._opening[-1].set_result(None)

    @property
    def last(self) -> FakeLine:
        """The newest line."""
        return self.lines[-1]


@pytest.fixture
def dial() -> FakeDial:
    """Return what opens lines that the test moves by hand."""
    return FakeDial()
