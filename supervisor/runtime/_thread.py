"""A runtime for synchronous hosts: its loop runs in a thread of its own, and every answer has ``.get()``."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Awaitable, Mapping
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

from stentor.protocol.errors import WebSocketManagerNotInitializedError, WouldDeadlock

from ..ledger._failures import Failures
from ..runs._handle import Session
from ..tree._snapshot import TreeSnapshot
from ._audit import Audit
from ._serving import Server

__all__ = ["Pending", "ThreadedRuntime"]

T = TypeVar("T")

_PATIENCE = 2.0
"""Seconds that a task may take to end when it is cancelled with the loop."""


class Threadable(Protocol):
    """What is used of a ``Runtime``."""

    async def __aenter__(self) -> Any: ...
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    async def session(self, *, user_id: str, thread_id: str) -> Session: ...
    async def serve(self, host: str, port: int, *, pages: Mapping[str, tuple[str, bytes]] | None = None) -> Server: ...
    async def drain(self, timeout: float | None = None) -> bool: ...
    def audit(self) -> Audit: ...
    def tree(self) -> TreeSnapshot: ...
    def failures(self, user_id: str | None = None, last: int | None = None) -> Failures: ...
    def kill(self, path: str, reason: str) -> None: ...


class Pending(Generic[T]):
    """An answer that is on its way from the runtime's thread."""

    def __init__(self, future: concurrent.futures.Future[T], loop: asyncio.AbstractEventLoop) -> None:
        self._future = future
        self._loop = loop

    def get(self, timeout: float | None = None) -> T:
        """Wait for it, up to *timeout* seconds, and return it, or raise what came instead.

        Raises:
            TimeoutError: If it is not there in time.
            WouldDeadlock: In the runtime's own thread.
            WebSocketManagerNotInitializedError: If the runtime ended before it was there.
        """
        if asyncio._get_running_loop() is self._loop:
            raise WouldDeadlock()
        try:
            return self._future.result(timeout)
        except concurrent.futures.CancelledError as ended:
            raise WebSocketManagerNotInitializedError(operation="call") from ended


class ThreadedRuntime:
    """``with stentor.Runtime.in_thread(...) as runtime:`` — the runtime's methods, each awaited by ``.get()``.

    ``session.emit`` and a receipt's ``wait`` need no more than the thread that they are called in.
    """

    def __init__(self, runtime: Threadable) -> None:
        self._runtime = runtime
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._pending: set[concurrent.futures.Future[Any]] = set()

    def __enter__(self) -> Self:
        loop = self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, args=(loop,), name="stentor-runtime", daemon=True)
        self._thread.start()
        try:
            self.call(self._runtime.__aenter__()).get()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.call(self._runtime.__aexit__(kind, error, trace)).get()
        finally:
            self._end()

    def call(self, awaitable: Awaitable[T]) -> Pending[T]:
        """Await *awaitable* in the runtime's thread: ``runtime.call(session.close()).get()``."""
        loop = self._loop
        if loop is None or loop.is_closed():
            raise WebSocketManagerNotInitializedError(operation="call")
        future = asyncio.run_coroutine_threadsafe(_awaited(awaitable), loop)
        self._pending.add(future)
        future.add_done_callback(self._pending.discard)
        return Pending(future, loop)

    def session(self, *, user_id: str, thread_id: str) -> Pending[Session]:
        """Return the session of *user_id* in *thread_id*; it is started if it was not."""
        return self.call(self._runtime.session(user_id=user_id, thread_id=thread_id))

    def serve(
        self, host: str = "127.0.0.1", port: int = 0, *, pages: Mapping[str, tuple[str, bytes]] | None = None
    ) -> Pending[Server]:
        """Serve clients."""
        return self.call(self._runtime.serve(host, port, pages=pages))

    def audit(self) -> Audit:
        """Return what became of every event."""
        return self._runtime.audit()

    def tree(self) -> TreeSnapshot:
        """Return the supervision tree as it is now."""
        return self._runtime.tree()

    def failures(self, user_id: str | None = None, last: int | None = None) -> Failures:
        """Return the failures of *user_id*, or of everybody; the *last* ones."""
        return self._runtime.failures(user_id=user_id, last=last)

    def kill(self, path: str, reason: str) -> None:
        """End the incarnation at *path* as failed."""
        self._runtime.kill(path, reason)

    def drain(self, timeout: float | None = None) -> Pending[bool]:
        """Go down in good order."""
        return self.call(self._runtime.drain(timeout))

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
            loop.run_until_complete(_end_tasks())
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()

    def _end(self) -> None:
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        for future in list(self._pending):
            # It came too late to be begun, or would not be cancelled: who waits for it learns that nothing comes.
            if not future.done():
                future.set_exception(WebSocketManagerNotInitializedError(operation="call"))


async def _end_tasks() -> None:
    """Cancel what still runs, and let it end."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=_PATIENCE)


async def _awaited(awaitable: Awaitable[T]) -> T:
    return await awaitable
