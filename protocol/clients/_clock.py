"""The client's clock: by default its asyncio loop's, in tests one that is moved by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

__all__ = ["ClientClock", "ClientTimer", "LoopTime"]


class ClientTimer(Protocol):
    """A timer that has been set."""

    def cancel(self) -> None:
        """Stop it from firing."""
        ...


class ClientClock(Protocol):
    """Where a client's time comes from. ``stentor.testing.ManualClock`` is one."""

    def now(self) -> float:
        """Return monotonic time in seconds."""
        ...

    def call_later(self, delay: float, callback: Callable[[], None]) -> ClientTimer:
        """Call *callback* after *delay* seconds."""
        ...


class LoopTime:
    """The time of the running loop."""

    def now(self) -> float:
        """Return the loop's time in seconds."""
        return asyncio.get_running_loop().time()

    def call_later(self, delay: float, callback: Callable[[], None]) -> ClientTimer:
        """Call *callback* after *delay* seconds on the running loop."""
        return asyncio.get_running_loop().call_later(delay, callback)
