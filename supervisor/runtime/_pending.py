"""An answer from a runtime that lives in another thread."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from stentor.protocol.errors import WebSocketManagerNotInitializedError, WouldDeadlock

__all__ = ["Pending", "Unasked"]

T = TypeVar("T")


class Unasked:
    """Sees to it that what a future failed with is known to somebody: to who asked for it, or to the record.

    Args:
        future: What may fail.
        what: What was asked.
        record: Told the failure that nobody asked for, once.
    """

    def __init__(
        self, future: concurrent.futures.Future[Any], what: str, record: Callable[[BaseException], None]
    ) -> None:
        self.future = future
        self.what = what
        self.asked = False
        self.dropped = False
        self.raised_elsewhere: Callable[[BaseException], bool] = _nowhere
        """Whether somebody gets that failure in another way."""
        self._record = [record]

    def settle(self) -> None:
        """Look whether nobody will ask any more, and record what is there then. Any thread, any number of times."""
        if self.asked or not self.dropped or not self.future.done():
            return
        error = self._error()
        if error is None or self.raised_elsewhere(error):
            return
        try:
            record = self._record.pop()  # Whoever gets it records: the last look of two may come from two threads.
        except IndexError:
            return
        record(error)

    def _error(self) -> BaseException | None:
        if self.future.cancelled():
            return WebSocketManagerNotInitializedError(operation=self.what)
        return self.future.exception()


def _nowhere(error: BaseException) -> bool:
    return False


class Pending(Generic[T]):
    """An answer that is on its way from the runtime's thread.

    What it fails with is recorded where nobody calls :meth:`get`: when it is dropped, or when the runtime ends.

    Args:
        future: What the loop will fill.
        loop: The runtime's.
        what: What was asked, for people to read.
        unasked: Watches whether somebody asks.
    """

    def __init__(
        self,
        future: concurrent.futures.Future[T],
        loop: asyncio.AbstractEventLoop,
        what: str,
        unasked: Unasked,
    ) -> None:
        self._future = future
        self._loop = loop
        self._what = what
        self._unasked = unasked

    def __repr__(self) -> str:
        return f"<Pending {self._state()}: {self._what}>"

    def __del__(self) -> None:
        self._unasked.dropped = True
        self._unasked.settle()

    def get(self, timeout: float | None = None) -> T:
        """Wait for it, up to *timeout* seconds, and return it, or raise what came instead.

        Raises:
            TimeoutError: If it is not there in time.
            WouldDeadlock: In the runtime's own thread.
            WebSocketManagerNotInitializedError: If the runtime ended before it was there.
        """
        if asyncio._get_running_loop() is self._loop:
            raise WouldDeadlock(operation=self._what)
        if timeout is not None and timeout > threading.TIMEOUT_MAX:
            timeout = None  # A lock waits no longer than that, or without end.
        self._unasked.asked = True
        try:
            return self._future.result(timeout)
        except concurrent.futures.CancelledError as ended:
            raise WebSocketManagerNotInitializedError(operation=self._what) from ended
        finally:
            # Who gave up waiting has not heard what came.
            self._unasked.asked = self._future.done()

    def raised_elsewhere(self, where: Callable[[BaseException], bool]) -> Pending[T]:
        """Record no failure for which *where* says that somebody gets it in another way; return itself."""
        self._unasked.raised_elsewhere = where
        return self

    def _state(self) -> str:
        if not self._future.done():
            return "waiting"
        if self._future.cancelled():
            return "cancelled"
        error = self._future.exception()
        return "done" if error is None else f"failed by {type(error).__name__}"
