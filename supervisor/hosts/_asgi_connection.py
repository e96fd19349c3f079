"""A WebSocket of an ASGI server as a connection of ours: one reader and one writer for its whole life."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Mapping, MutableMapping, Sequence
from typing import Any, Protocol

from stentor.protocol.errors import StentorError, WebSocketConnectionLostError, WebSocketSendFailureError, WriteStalled
from stentor.protocol.transports import Receiver

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


class AsgiConnection:
    """Wraps an accepted socket; :meth:`run` lives as long as it does.

    Args:
        socket: The accepted socket.
        stall: Seconds that one send may be stuck before the peer counts as dead.
    """

    def __init__(self, socket: AsgiSocket, stall: float) -> None:
        client = socket.scope.get("client")
        self.remote = ":".join(map(str, client)) if client else "unknown"
        self._socket = socket
        self._stall = stall
        self._queue: deque[bytes] = deque()
        self._size = 0
        self._work = asyncio.Event()
        self._readable = asyncio.Event()
        self._readable.set()
        self._goodbye: tuple[int, str] | None = None
        self._dead: StentorError | None = None
        self._cut = asyncio.Event()
        self._ended: tuple[int, str, StentorError | None] | None = None
        self._receiver: Receiver | None = None
        self._early: list[bytes] = []

    @property
    def receiver(self) -> Receiver:
        """Whoever gets what the peer sends."""
        if self._receiver is None:
            raise AttributeError("no receiver was set")
        return self._receiver

    @receiver.setter
    def receiver(self, receiver: Receiver) -> None:
        self._receiver = receiver
        early, self._early = self._early, []
        for data in early:
            receiver.received(data)
        if self._ended is not None:
            receiver.lost(*self._ended)

    @property
    def leaving(self) -> bool:
        """Whether the end is certain: nothing written now would arrive."""
        return self._dead is not None or self._goodbye is not None or self._ended is not None

    @property
    def pending_bytes(self) -> int:
        """Bytes that the server has not taken yet."""
        return self._size

    def write(self, frames: Sequence[bytes]) -> None:
        """Queue each of *frames* as one text message.

        Raises:
            WebSocketSendFailureError: If the connection is dead or closing.
        """
        if self.leaving:
            why = str(self._dead or "the connection is closing")
            raise WebSocketSendFailureError(event_type="batch", reason=why, user_id=None, thread_id=None)
        self._queue.extend(frames)
        self._size += sum(map(len, frames))
        self._work.set()

    def close(self, code: int, reason: str) -> None:
        """Send what is queued, then say goodbye with *code*."""
        if self._goodbye is None:
            self._goodbye = code, reason.encode()[:123].decode("utf-8", "ignore")
            self._work.set()

    def abort(self, error: StentorError | None = None) -> None:
        """Cut the connection now."""
        if self._dead is None:
            self._dead = error or _lost("we cut the connection")
            self._cut.set()

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
            return 1006, "the host ended the route", _lost("the host ended the route")
        broken = reader.exception()
        if broken is not None:
            lost = _lost(f"the server could not receive: {broken!r}")
            lost.__cause__ = broken
            return 1006, str(lost), lost
        code, reason = reader.result()
        return (
            code,
            reason,
            _lost(reason or "the line broke without a close frame", code) if code in _VANISHED else None,
        )

    async def _read(self) -> tuple[int, str]:
        while True:
            await self._readable.wait()
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return int(message.get("code") or 1005), str(message.get("reason") or "")
            text = message.get("text")
            if text is None:
                self.close(1003, "text messages only")
            elif self._receiver is None:
                self._early.append(text.encode())
            else:
                self._receiver.received(text.encode())

    async def _write(self) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            while self._queue:
                frame = self._queue[0]
                await self._send({"type": "websocket.send", "text": frame.decode()})
                self._queue.popleft()
                self._size -= len(frame)
            if self._goodbye is not None:
                code, reason = self._goodbye
                await self._send({"type": "websocket.close", "code": code, "reason": reason})
                return

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        try:
            async with asyncio.timeout(self._stall):
                await self._socket.send(message)
        except TimeoutError:
            self.abort(
                WriteStalled(
                    reason=f"the peer took no bytes for {self._stall:g} s while {self._size} waited",
                    close_code=1006,
                    user_id=None,
                    thread_id=None,
                )
            )
            await asyncio.Event().wait()
        except Exception as gone:
            # Each server raises a type of its own here; whichever it is, the line is gone, and this says why.
            lost = _lost(f"the server could not send: {gone!r}")
            lost.__cause__ = gone
            self.abort(lost)
            await asyncio.Event().wait()

    def _end(self, code: int, reason: str, error: StentorError | None) -> None:
        if self._ended is None:
            self._ended = code, reason, error
            if self._receiver is not None:
                self._receiver.lost(code, reason, error)


def _lost(reason: str, code: int = 1006) -> WebSocketConnectionLostError:
    return WebSocketConnectionLostError(reason=reason, close_code=code, user_id=None, thread_id=None)
