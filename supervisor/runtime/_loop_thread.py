"""The thread in which the loop of a synchronous host's runtime runs."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

from stentor.protocol.errors import BadUsage, WebSocketManagerNotInitializedError

from ._pending import Pending, Unasked

__all__ = ["LoopThread", "drop"]

T = TypeVar("T")

_PATIENCE = 2.0
"""Seconds that a task may take to end when it is cancelled with the loop."""


class LoopThread:
    """Runs a loop, once, and takes what is to be awaited on it from other threads.

    Args:
        record: Told on the loop, or when that has ended, of a failure that nobody asked for.
    """

    def __init__(self, record: Callable[[BaseException], None]) -> None:
        self._record = record
        # A signal's handler, or a destructor, may submit while its own thread does.
        self._lock = threading.RLock()
        self._open = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._pending: set[Unasked] = set()
        self._unheard: deque[BaseException] = deque()

    def start(self) -> None:
        """Run the loop.

        Raises:
            BadUsage: If it ran before.
        """
        with self._lock:
            if self._loop is not None:
                raise BadUsage("a runtime runs once; make a new one")
            loop = self._loop = asyncio.new_event_loop()
            self._open = True
        self._thread = threading.Thread(target=self._serve, args=(loop,), name="stentor-runtime", daemon=True)
        self._thread.start()

    def submit(self, awaitable: Awaitable[T], what: str | None = None) -> Pending[T]:
        """Await *awaitable* on the loop.

        Args:
            awaitable: Anything that can be awaited there.
            what: What it is, for people to read; its own name by default.

        Raises:
            WebSocketManagerNotInitializedError: If the loop does not run; *awaitable* is closed then.
        """
        name = what or str(getattr(awaitable, "__qualname__", type(awaitable).__name__))
        # Handed in and registered at once: the loop's end can not come between.
        with self._lock:
            loop = self._loop
            if loop is None or not self._open:
                drop(awaitable)
                raise WebSocketManagerNotInitializedError(operation=name)
            future = asyncio.run_coroutine_threadsafe(_awaited(awaitable), loop)
            unasked = Unasked(future, name, self._not_heard)
            self._pending.add(unasked)
        future.add_done_callback(partial(self._done, unasked))
        return Pending(future, loop, name, unasked)

    def ask(self, question: Callable[[], T], what: str) -> T:
        """Return the answer of *question*, which the loop gives; before its start and after its end it is asked here.

        Raises:
            WebSocketManagerNotInitializedError: If the loop ended meanwhile.
        """
        loop = self._loop
        if loop is None or loop.is_closed() or asyncio._get_running_loop() is loop:
            return question()

        async def asked() -> T:
            return question()

        return self.submit(asked(), what).get()

    def settle(self) -> None:
        """Record what has failed by now and was not asked for: its end is near."""
        for unasked in list(self._pending):
            if unasked.future.done():
                unasked.dropped = True
                unasked.settle()

    def end(self) -> None:
        """Stop the loop, and let nobody wait for what does not come any more."""
        with self._lock:
            # What was submitted by now is begun before the loop stops, and cancelled then; nothing more is taken.
            self._open = False
            if self._loop is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._loop.stop)
        if self._thread is not None:
            self._thread.join()
        self.settle()
        self._pending.clear()
        self._record_all()

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
            loop.run_until_complete(_end_tasks())
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            # Also where a task ended the loop, which nobody asked to stop.
            with self._lock:
                self._open = False
                loop.close()
            self._refuse_the_rest()

    def _refuse_the_rest(self) -> None:
        for unasked in list(self._pending):
            # It was not begun, or would not be cancelled: who waits for it learns that nothing comes.
            if not unasked.future.done():
                unasked.future.set_exception(WebSocketManagerNotInitializedError(operation=unasked.what))

    def _done(self, unasked: Unasked, future: concurrent.futures.Future[Any]) -> None:
        if unasked.asked or (not future.cancelled() and future.exception() is None):
            self._pending.discard(unasked)
        unasked.settle()

    def _not_heard(self, error: BaseException) -> None:
        self._unheard.append(error)
        try:
            if self._loop is not None:
                # Not here: a Pending is dropped wherever its last reference goes, with whatever lock held.
                self._loop.call_soon_threadsafe(self._record_all)
        except RuntimeError:
            # The loop has ended, and holds no lock any more.
            self._record_all()

    def _record_all(self) -> None:
        while True:
            try:
                error = self._unheard.popleft()
            except IndexError:
                return  # All are on record; two threads may empty it at the same time.
            self._record(error)


def drop(awaitable: Awaitable[Any]) -> None:
    """Leave no coroutine behind that was never awaited."""
    if asyncio.iscoroutine(awaitable):
        awaitable.close()


async def _end_tasks() -> None:
    """Cancel what still runs, and let it end."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=_PATIENCE)


async def _awaited(awaitable: Awaitable[T]) -> T:
    return await awaitable
