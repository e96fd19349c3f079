"""The loop as a connection sees it, with a time that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from stentor.actors import ManualClock


class Timers:
    """The loop, with a time that the test moves."""

    def __init__(self) -> None:
        self.clock = ManualClock(start=50.0)
        self.late = 0.0
        """How much later it is than when a timer fires: the loop lags."""

    def time(self) -> float:
        """Tell the time."""
        return self.clock.now() + self.late

    def call_at(self, when: float, callback: Any) -> Any:
        """Set a timer."""
        return self.clock.call_later(when - self.time(), callback)

    def call_soon(self, callback: Callable[[], None]) -> None:
        """Leave it to the loop."""
        asyncio.get_running_loop().call_soon(callback)
