"""The clock port: every timer, age and lease takes its time from here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from ._fenced import refuse_fenced

__all__ = ["Clock", "LoopClock", "TimerHandle"]


class TimerHandle(Protocol):
    """A timer that has been set."""

    def cancel(self) -> None:
        """Stop it from firing; harmless when it has fired."""


@runtime_checkable
class Clock(Protocol):
    """Where time comes from."""

    def now(self) -> float:
        """Return monotonic time in seconds; only differences mean anything."""
        ...

    def wall(self) -> float:
        """Return Unix time in seconds, for records only."""
        ...

    def call_later(self, delay: float, callback: Callable[[], None]) -> TimerHandle:
        """Call *callback* after *delay* seconds, on the clock's loop."""
        ...


class LoopClock:
    """The clock of an asyncio loop.

    Args:
        loop: Where callbacks run; by default the loop that runs where a timer is set.
    """

    __slots__ = ("_loop",)

    now = staticmethod(time.monotonic)
    wall = staticmethod(time.time)

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self._loop = loop

    def call_later(self, delay: float, callback: Callable[[], None]) -> TimerHandle:
        """Call *callback* after *delay* seconds. From outside the loop it is handed over to it.

        Raises:
            RuntimeError: If the clock has no loop and none runs in this thread.
            Fenced: If called by a thread that was given up.
        """
        refuse_fenced("timer")
        running = asyncio._get_running_loop()
        loop = self._loop if self._loop is not None else (running or asyncio.get_running_loop())
        if running is loop:
            return loop.call_later(delay, callback)
        return _Forwarded(loop, delay, callback)


class _Forwarded:
    """A timer set from another thread: the loop's own methods may only be called on the loop."""

    __slots__ = ("_cancelled", "_handle", "_loop")

    def __init__(self, loop: asyncio.AbstractEventLoop, delay: float, callback: Callable[[], None]) -> None:
        self._loop = loop
        self._cancelled = False
        self._handle: asyncio.TimerHandle | None = None
        due = time.monotonic() + delay
        loop.call_soon_threadsafe(self._set, due, callback)

    def _set(self, due: float, callback: Callable[[], None]) -> None:
        if not self._cancelled:
            self._handle = self._loop.call_later(max(0.0, due - time.monotonic()), callback)

    def cancel(self) -> None:
        """Stop it from firing."""
        self._cancelled = True
        if self._handle is not None:
            self._loop.call_soon_threadsafe(self._handle.cancel)
