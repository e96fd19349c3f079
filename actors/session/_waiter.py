"""Somebody who waits: a coroutine on any loop, or a thread."""

from __future__ import annotations

import asyncio
import threading
from math import inf
from typing import Protocol

from .._clock import Clock

__all__ = ["AsyncWaiter", "ThreadWaiter", "Waiter"]


class Waiter(Protocol):
    """What whoever makes progress needs to know of one who waits."""

    def wake(self) -> None:
        """Let it look again. From any thread, any number of times; it raises nothing, for others wait behind it."""


class AsyncWaiter:
    """A coroutine that waits on its own loop."""

    __slots__ = ("_future", "_loop")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._future: asyncio.Future[bool] = self._loop.create_future()

    def wake(self) -> None:
        """Let it look again."""
        self._set(True)

    def _set(self, woken: bool) -> None:
        if asyncio._get_running_loop() is self._loop:
            self._finish(woken)
        else:
            try:
                self._loop.call_soon_threadsafe(self._finish, woken)
            except RuntimeError:
                # Its loop may close at any moment, and takes its coroutines along.
                if not self._loop.is_closed():
                    raise

    def _finish(self, woken: bool) -> None:
        if not self._future.done():
            self._future.set_result(woken)

    async def wait(self, timeout: float | None, clock: Clock) -> bool:
        """Return whether it was woken within *timeout* seconds of *clock*; None waits for ever."""
        if timeout is None or timeout == inf:
            return await self._future
        timer = clock.call_later(timeout, lambda: self._set(False))
        try:
            return await self._future
        finally:
            timer.cancel()


class ThreadWaiter:
    """A thread that waits."""

    __slots__ = ("_event",)

    def __init__(self) -> None:
        self._event = threading.Event()

    def wake(self) -> None:
        """Let it look again."""
        self._event.set()

    def wait(self, timeout: float | None) -> bool:
        """Return whether it was woken within *timeout* seconds; None, or more than a lock can count, waits for ever."""
        return self._event.wait(None if timeout is None or timeout > threading.TIMEOUT_MAX else timeout)
