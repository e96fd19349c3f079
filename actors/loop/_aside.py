"""Aside: before a thread waits for an answer it lets the loop run, as long as that is quicker than waiting."""

from __future__ import annotations

import os
from collections.abc import Callable
from time import perf_counter

__all__ = ["Aside"]

_SCHED_YIELD: Callable[[], object] | None = getattr(os, "sched_yield", None)
_QUICK = 50e-6
"""Seconds; waiting for a lock and being woken takes about as long."""
_RAREST = 16_384
"""After so many asks it is tried again at the latest."""


class Aside:
    """Steps aside for the loop, and learns whether that helps.

    It waits for the answer of an idle loop without a lock, and so need not be woken: a quarter of the time of an ask.
    Where the handler takes longer it does not help, and on a busy machine others take the processor for milliseconds:
    then it is tried more and more rarely. Threads may share it: the counts need not be exact.
    """

    __slots__ = ("_now", "_pause", "_skip", "_yield")

    def __init__(
        self, step_aside: Callable[[], object] | None = _SCHED_YIELD, now: Callable[[], float] = perf_counter
    ) -> None:
        self._yield = step_aside
        self._now = now
        self._skip = 0
        self._pause = 1

    def step(self, answered: Callable[[], bool]) -> bool:
        """Let the loop run, if that has helped lately; say whether the answer is there now."""
        if self._yield is None:
            return False
        if self._skip > 0:
            self._skip -= 1
            return False
        enough = self._now() + _QUICK
        while True:
            self._yield()
            there, late = answered(), self._now() > enough
            if there and not late:
                self._pause = 1
                return True
            if late:
                self._skip = self._pause
                self._pause = min(_RAREST, self._pause * 4)
                return there
