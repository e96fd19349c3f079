"""An answer from a runtime that lives in another thread."""

from __future__ import annotations

import asyncio
import concurrent.futures
from typing import Generic, TypeVar

from stentor.protocol.errors import WebSocketManagerNotInitializedError, WouldDeadlock

__all__ = ["Pending"]

T = TypeVar("T")


class Pending(Generic[T]):
    """An answer that is on its way from the runtime's thread.

    Args:
        future: What the loop will fill.
        loop: The runtime's.
        what: What was asked, for people to read.
    """

    def __init__(self, future: concurrent.futures.Future[T], loop: asyncio.AbstractEventLoop, what: str) -> None:
        self._future = future
        self._loop = loop
        self._what = what

    def __repr__(self) -> str:
        return f"<Pending {self._state()}: {self._what}>"

    def get(self, timeout: float | None = None) -> T:
        """Wait for it, up to *timeout* seconds, and return it, or raise what came instead.

        Raises:
            TimeoutError: If it is not there in time.
            WouldDeadlock: In the runtime's own thread.
            WebSocketManagerNotInitializedError: If the runtime ended before it was there.
        """
        if asyncio._get_running_loop() is self._loop:
            raise WouldDeadlock(operation=self._what)
        try:
            return self._future.result(timeout)
        except concurrent.futures.CancelledError as ended:
            raise WebSocketManagerNotInitializedError(operation=self._what) from ended

    def _state(self) -> str:
        if not self._future.done():
            return "waiting"
        if self._future.cancelled():
            return "cancelled"
        error = self._future.exception()
        return "done" if error is None else f"failed by {type(error).__name__}"
