"""A timer that gives its verdict only if our own loop was on time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

__all__ = ["Watchdog"]

_LATE = 0.5


class Watchdog:
    """Calls *bark* once, *seconds* after :meth:`start`, unless :meth:`stop` comes first.

    While our own loop lags, a peer can not be blamed: a verdict that comes more than half a second late is
    put off by the full time again.
    """

    __slots__ = ("_bark", "_due", "_loop", "_seconds", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float, bark: Callable[[], None]) -> None:
        self._loop = loop
        self._seconds = seconds
        self._bark = bark
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to count, from now; also where it counts already."""
        self.stop()
        self._due = self._loop.time() + self._seconds
        self._timer = self._loop.call_at(self._due, self._fire)

    def stop(self) -> None:
        """Count no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fire(self) -> None:
        self._timer = None
        if self._loop.time() - self._due > _LATE:
            self.start()
        else:
            self._bark()
