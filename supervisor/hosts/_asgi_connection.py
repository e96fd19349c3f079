"""A WebSocket of an ASGI server as a connection of ours: one reader and one writer for its whole life."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Mapping, MutableMapping, Sequence
from typing import Any, Protocol

from stentor.protocol import fit_reason
from stentor.protocol.errors import StentorError, WriteStalled
from stentor.protocol.transports import Reporter, Watchdog

from ._server_side import Patience, transport_of

__all__ = ["AsgiConnection", "AsgiSocket"]

_VANISHED = (1006, 1012)
"""Close codes that nobody sent: servers report them where the line broke, or where they themselves cut it."""


class AsgiSocket(Protocol):
    """What we use of Starlette's ``WebSocket``."""

    @property
    def scope(self) -> MutableMapping[str, Any]: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    def accept(self, subprotocol: str | None = None) -> Awaitable[None]: ...
    def receive(self) -> Awaitable[MutableMapping[str, Any]]: ...
    def send(self, message: MutableMapping[str, Any]) -> Awaitable[None]: ...


class AsgiConnection(Reporter):
    """Wraps an accepted socket; :meth:`run` lives as long as it does.

    A slow reader is not dead: while bytes leave, it may be as slow as it likes. Under uvicorn that can be seen. A
    server that shows nothing but completed sends gives a large frame more time, down to 8 KiB a second.

    Args:
        socket: The accepted socket.
        stall: Seconds in which a peer for which bytes wait has to take some, or it counts as dead.
        loop: What the time is taken from; the running loop by default.
    """

    def __init__(self, socket: AsgiSocket, stall: float, loop: asyncio.AbstractEventLoop | None = None) -> None:
        super().__init__()
        self._loop = loop or asyncio.get_running_loop()
        client = socket.scope.get("client")
        self.remote = ":".join(map(str, client)) if client else "unknown"
        self._socket = socket
        self._stall = stall
        self._transport = transport_of(socket)
        self._watch = Watchdog(self._loop, stall, self._look)
        self._patience = Patience(stall)
        self._queue: deque[bytes] = deque()
        self._size = 0
        self._work = asyncio.Event()
        self._readable = asyncio.Event()
        self._readable.set()
        self._goodbye: tuple[int, str] | None = None
        self._dead: StentorError | None = None
        self._cut = asyncio.Event()

    @property
    def leaving(self) -> bool:
        """Whether the end is certain: nothing written now would arrive."""
        return self._dead is not None or self._goodbye is not None or self._ended is not None

    @property
    def pending_bytes(self) -> int:
        """Bytes that the server has not taken yet, or holds and shows."""
        return self._size + (self._held() or 0)

    def write(self, frames: Sequence[bytes]) -> None:
        """Queue each of *frames* as one text message.

        Raises:
            WebSocketSendFailureError: If the connection is dead or closing.
        """
        if self.leaving:
            raise self._unsent(self._dead or "the connection is closing")
        self._queue.extend(frames)
        self._size += sum(map(len, frames))
        self._work.set()

    def close(self, code: int, reason: str) -> None:
        """Send what is queued, then say goodbye with *code*."""
        if self._goodbye is None:
            self._goodbye = code, fit_reason(reason)
            self._work.set()

    def abort(self, error: StentorError | None = None) -> None:
        """Cut the connection now. It is marked dead first: a send that was stuck reports success after an abort."""
        if self._dead is None:
            self._dead = error or self._lost("we cut the connection")
            self._cut.set()
            if self._transport is not None:
                # Else the server would wait for a peer that reads nothing to take what is buffered.
                self._transport.abort()

    def pause_reading(self) -> None:
        """Take no more from the peer for now."""
        self._readable.clear()

    def resume_reading(self) -> None:
        """Take from the peer again."""
        self._readable.set()

    async def run(self) -> None:
        """Read and write until the connection is gone; then the receiver was told how it ended."""
        reader = asyncio.create_task(self._read())
        tasks: set[asyncio.Task[Any]] = {
            reader,
            asyncio.create_task(self._write()),
            asyncio.create_task(self._cut.wait()),
        }
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if self._goodbye is not None and not reader.done() and self._dead is None:
                await asyncio.wait({reader}, timeout=self._stall)
        finally:
            self._watch.stop()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._end(*self._verdict(reader))

    def _verdict(self, reader: asyncio.Task[tuple[int, str]]) -> tuple[int, str, StentorError | None]:
        if self._dead is not None:
            return 1006, str(self._dead), self._dead
        if self._goodbye is not None:
            return *self._goodbye, None
        if reader.cancelled():
            return 1006, "the host ended the route", self._lost("the host ended the route")
        broken = reader.exception()
        if broken is not None:
            lost = self._lost(f"the server could not receive: {broken!r}", cause=broken)
            return 1006, str(lost), lost
        code, reason = reader.result()
        vanished = code in _VANISHED
        return code, reason, self._lost(reason or "the line broke without a close frame", code) if vanished else None

    async def _read(self) -> tuple[int, str]:
        while True:
            await self._readable.wait()
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return int(message.get("code") or 1005), str(message.get("reason") or "")
            text = message.get("text")
            if text is None:
                self.close(1003, "text messages only")
            else:
                self._receiver.received(text.encode())

    async def _write(self) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            self._watch.start()
            # Once the first send is stuck or done: some servers put its bytes into their buffer before they wait.
            self._loop.call_soon(self._first_look)
            while self._queue:
                frame = self._queue[0]
                await self._send({"type": "websocket.send", "text": frame.decode()})
                self._queue.popleft()
                self._size -= len(frame)
                self._patience.sent(len(frame))
            if self._goodbye is not None:
                code, reason = self._goodbye
                await self._send({"type": "websocket.close", "code": code, "reason": reason})
                self._watch.stop()
                return
            self._watch.stop()

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        try:
            await self._socket.send(message)
        except Exception as gone:
            # Each server raises a type of its own here; whichever it is, the line is gone, and this says why.
            self.abort(self._lost(f"the server could not send: {gone!r}", cause=gone))
        if self._dead is not None:
            await asyncio.Event().wait()

    def _held(self) -> int | None:
        return None if self._transport is None else self._transport.get_write_buffer_size()

    def _first_look(self) -> None:
        self._patience.begin(self._held())

    def _look(self) -> None:
        if self._patience.lasts(self._held(), len(self._queue[0]) if self._queue else 0):
            self._watch.start()
            return
        why = f"the peer took no bytes for {self._stall:g} s while {self.pending_bytes} waited"
        self.abort(WriteStalled(reason=why, close_code=1006, user_id=None, thread_id=None))
