"""A clock that stands still until it is told to go on."""

from __future__ import annotations

import asyncio
import heapq
import threading
from collections.abc import Callable
from itertools import count
from typing import Any, cast

from ._clock import TimerHandle
from ._fenced import refuse_fenced

__all__ = ["ManualClock"]

_QUIET_PASSES = 3
_MAX_PASSES = 10_000
_BLIND_PASSES = 50


class ManualClock:
    """Time that only :meth:`advance` and :meth:`run` move. It patches nothing: asyncio keeps its own time.

    Args:
        start: First value of :meth:`now`, in seconds.
        wall: First value of :meth:`wall`, in Unix seconds.
    """

    def __init__(self, start: float = 0.0, *, wall: float = 1_700_000_000.0) -> None:
        self._now = start
        self._wall_offset = wall - start
        self._timers: list[tuple[float, int, _Timer]] = []
        self._order = count()
        self._lock = threading.Lock()

    def now(self) -> float:
        """Return the time in seconds."""
        return self._now

    def wall(self) -> float:
        """Return the time in Unix seconds; it moves together with :meth:`now`."""
        return self._now + self._wall_offset

    def call_later(self, delay: float, callback: Callable[[], None]) -> TimerHandle:
        """Call *callback* once time has moved on by *delay* seconds. Thread-safe, and refused like any clock's."""
        refuse_fenced("timer")
        timer = _Timer(callback)
        with self._lock:
            heapq.heappush(self._timers, (self._now + max(0.0, delay), next(self._order), timer))
        return timer

    @property
    def pending(self) -> int:
        """How many timers are set and not cancelled."""
        with self._lock:
            return sum(1 for _, _, timer in self._timers if timer.callback is not None)

    def advance(self, seconds: float) -> None:
        """Move time on by *seconds* and run what falls due, in order, each at its own time."""
        target = self._now + seconds
        while self._fire_next(target):
            pass
        self._now = target

    async def settle(self) -> None:
        """Let the running loop work until it has nothing ready. Other threads and sockets are not waited for."""
        # BaseEventLoop shows its queue of ready callbacks; a loop that does not gets a fixed number of passes.
        ready = cast("list[Any] | None", getattr(asyncio.get_running_loop(), "_ready", None))
        quiet = 0
        for _ in range(_BLIND_PASSES if ready is None else _MAX_PASSES):
            await asyncio.sleep(0)
            quiet = quiet + 1 if ready is not None and not ready else 0
            if quiet >= _QUIET_PASSES:
                return

    async def run(self, seconds: float) -> None:
        """Move time on by *seconds* in steps from timer to timer, and let the loop settle at each."""
        target = self._now + seconds
        await self.settle()
        while self._fire_next(target):
            await self.settle()
        self._now = target
        await self.settle()

    def _fire_next(self, target: float) -> bool:
        with self._lock:
            while self._timers and self._timers[0][2].callback is None:
                heapq.heappop(self._timers)
            if not self._timers or self._timers[0][0] > target:
                return False
            due, _, timer = heapq.heappop(self._timers)
            self._now = max(self._now, due)
        timer.fire()
        return True


class _Timer:
    __slots__ = ("callback",)

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None

    def fire(self) -> None:
        callback, self.callback = self.callback, None
        if callback is not None:
            callback()
