"""The WebSocket transport, over real sockets on the loopback."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from stentor.protocol.errors import (
    Forbidden,
    HeartbeatTimeout,
    ProtocolError,
    StentorError,
    WebSocketConnectionLostError,
    WebSocketSendFailureError,
    WriteStalled,
)
from stentor.protocol.transports import SUBPROTOCOL, SocketConnection, serve_websockets
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed


class Ear:
    """A receiver that can be awaited."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()
        self.end: asyncio.Future[tuple[int, str, StentorError | None]] = asyncio.get_running_loop().create_future()

    def received(self, data: bytes) -> None:
        """Queue a message."""
        self.heard.put_nowait(data)

    def lost(self, code: int, reason: str, error: StentorError | None) -> None:
        """Keep the end; a second one would raise here."""
        self.end.set_result((code, reason, error))


class Host:
    """A server, its newest connection and that one's ear."""

    port: int
    ear: Ear
    line: SocketConnection

    def __init__(self) -> None:
        self.came = asyncio.Event()

    def connected(self, line: SocketConnection) -> None:
        """Listen to a new connection."""
        self.line, self.ear = line, Ear()
        line.receiver = self.ear
        self.came.set()


@asynccontextmanager
async def host(**options: Any) -> AsyncIterator[Host]:
    """Serve on a free port."""
    it = Host()
    server = await serve_websockets(it.connected, "127.0.0.1", 0, **options)
    it.port = next(iter(server.sockets)).getsockname()[1]
    try:
        yield it
    finally:
        server.close()
        await server.wait_closed()


def client(it: Host, **options: Any) -> connect:
    """Connect as a client of ours does."""
    options.setdefault("subprotocols", [SUBPROTOCOL])
    return connect(f"ws://127.0.0.1:{it.port}", **options)


async def test_a_batch_arrives_as_one_message_each_by_one_write() -> None:
    """The transport is written once for a batch."""
    async with host() as it, client(it) as ws:
        await it.came.wait()
        written: list[int] = []
        write: Callable[[bytes], None] = it.line.library.transport.write
        it.line.library.transport.write = lambda data: (written.append(len(data)), write(data))[1]  # type: ignore[method-assign,assignment,func-returns-value]
        it.line.write([b'{"a":1}', b'{"b":2}', b'{"c":3}'])
        messages = [await ws.recv() for _ in range(3)]
        writes = len(written)

    assert ['{"a":1}', '{"b":2}', '{"c":3}'] == messages
    assert 1 == writes


async def test_messages_of_the_client_arrive_whole_and_in_order() -> None:
    """Fragments are put together."""
    async with host() as it, client(it) as ws:
        await ws.send("one")
        await ws.send(["two ", "and ", "a half"])
        await it.came.wait()

        assert [b"one", b"two and a half"] == [await it.ear.heard.get() for _ in range(2)]


async def test_a_client_that_says_goodbye_is_no_failure() -> None:
    """1000 and its like are ends on purpose."""
    async with host() as it:
        async with client(it) as ws:
            await it.came.wait()
            await ws.close(1001, "page left")

        assert (1001, "page left", None) == await it.ear.end


async def test_a_line_that_breaks_is_a_lost_connection() -> None:
    """Without a close frame the reason is typed, with 1006."""
    async with host() as it, client(it) as ws:
        await it.came.wait()
        ws.transport.abort()
        code, _, error = await it.ear.end

        assert (1006, WebSocketConnectionLostError) == (code, type(error))


@pytest.mark.parametrize("message", ["x" * 2000, ["x" * 400] * 5], ids=["one frame", "fragments"])
async def test_a_message_that_the_parser_will_not_read_ends_with_4508_and_is_told_why(message: str | list[str]) -> None:
    """The library's verdict on a size is said like our own: error, bye, Close; none of it reaches the receiver."""
    async with host(max_size=1000) as it, client(it) as ws:
        await it.came.wait()
        with suppress(ConnectionClosed):
            await ws.send(message)
        said = [json.loads(await ws.recv()) for _ in range(2)]
        code, _, error = await it.ear.end
        await ws.wait_closed()

    assert isinstance(error, ProtocolError)
    assert (4508, 4508, 4508, int) == (code, error.close_code, ws.close_code, type(code))
    assert [("error", "too_large"), ("bye", 4508)] == [(frame["t"], frame["code"]) for frame in said]
    assert 0 == it.ear.heard.qsize()


async def test_text_that_is_not_utf8_ends_with_1007() -> None:
    """Bad text never reaches the receiver."""
    async with host() as it, client(it) as ws:
        await it.came.wait()
        await ws.send(b"\xff\xfe", text=True)
        code, _, error = await it.ear.end

        assert (1007, ProtocolError, 0) == (code, type(error), it.ear.heard.qsize())


async def test_a_message_that_is_not_text_is_refused() -> None:
    """The protocol is JSON text; bytes end the connection."""
    async with host() as it, client(it) as ws:
        await it.came.wait()
        await ws.send(b"bytes")

        code, _, error = await it.ear.end

        assert isinstance(error, ProtocolError)
        assert (1003, 1003) == (code, error.close_code)


async def test_a_client_without_our_subprotocol_gets_an_error_and_4501() -> None:
    """Its own offer is echoed, or a browser could not read the refusal."""
    async with host() as it, client(it, subprotocols=["chat.v7"]) as ws:
        chosen, message, bye = ws.subprotocol, await ws.recv(), json.loads(await ws.recv())
        with pytest.raises(ConnectionClosed) as caught:
            await ws.recv()

    assert caught.value.rcvd is not None
    assert {"t": "bye", "code": 4501, "reconnect": False} == bye
    assert ("chat.v7", True, 4501) == (chosen, '"version"' in str(message), caught.value.rcvd.code)


async def test_a_close_with_a_code_reaches_the_client() -> None:
    """Our own close is no failure of ours."""
    async with host() as it, client(it) as ws:
        await it.came.wait()
        it.line.close(4504, "another tab")
        with pytest.raises(ConnectionClosed) as caught:
            await ws.recv()
        end = await it.ear.end

    assert caught.value.rcvd is not None
    assert (4504, (4504, "another tab", None)) == (caught.value.rcvd.code, end)


async def test_a_write_that_stalls_ends_the_connection_and_the_next_write_raises() -> None:
    """A peer that reads nothing is cut after the stall's time; nothing is written into the void."""
    async with host(stall=0.05) as it:
        raw = socket.create_connection(("127.0.0.1", it.port))
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.sendall(
            b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Protocol: stentor.v1.json\r\n\r\n"
        )
        await it.came.wait()
        while not it.line.library.paused:
            it.line.write([b"x" * 500_000])
        _, _, error = await it.ear.end

        assert isinstance(error, WriteStalled)
        with pytest.raises(WebSocketSendFailureError):
            it.line.write([b"more"])
        raw.close()


async def test_a_peer_that_answers_no_ping_is_dead() -> None:
    """The ping is ours and waits for no drain."""
    async with host(ping_interval=0.05) as it:
        raw = socket.create_connection(("127.0.0.1", it.port))
        raw.sendall(
            b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Protocol: stentor.v1.json\r\n\r\n"
        )
        await it.came.wait()
        _, _, error = await it.ear.end
        raw.close()

    assert HeartbeatTimeout is type(error)


async def test_a_message_in_many_fragments_is_one_and_empty_ones_hold_nothing() -> None:
    """A peer may cut as it likes: what is kept is bounded by the message, not by the number of its parts."""
    async with host() as it:
        raw = socket.create_connection(("127.0.0.1", it.port))
        raw.sendall(
            b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Protocol: stentor.v1.json\r\n\r\n"
        )
        masked = b"\x80\0\0\0\0"
        await asyncio.get_running_loop().run_in_executor(
            None,
            raw.sendall,
            b"\x01\x81\0\0\0\0a" + (b"\x00" + masked) * 10_000 + b"\x00\x81\0\0\0\0b" + b"\x80\x81\0\0\0\0c",
        )

        await it.came.wait()
        assert b"abc" == await it.ear.heard.get()
        assert it.ear.heard.empty()
        raw.close()
        await it.ear.end


async def test_a_foreign_origin_is_refused_at_the_upgrade() -> None:
    """The allow-list answers 403, and whoever serves is told."""
    told: list[tuple[int, type[StentorError]]] = []

    def refused(_: str, code: int, error: StentorError) -> None:
        told.append((code, type(error)))

    async with host(origins=["https://good.example"], refused=refused) as it:
        with pytest.raises(Exception, match="403"):
            await client(it, origin="https://evil.example").__aenter__()

    assert [(403, Forbidden)] == told
