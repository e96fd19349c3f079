"""Aside: before a thread waits for an answer it lets the loop run, as long as that is quicker than waiting."""

from __future__ import annotations

import os
from collections.abc import Callable
from time import perf_counter

__all__ = ["Aside"]

_SCHED_YIELD: Callable[[], object] | None = getattr(os, "sched_yield", None)
_QUICK = 50e-6
"""Seconds; waiting for a lock and being woken takes about as long."""
_TOLL = 1e-6
"""Seconds that an ask may cost more, on average, because stepping aside did not help."""


class Aside:
    """Steps aside for the loop, and learns whether that helps.

    It waits for the answer of an idle loop without a lock, and so need not be woken: a third of the time of an ask.
    Where the handler takes longer it does not help, and on a busy machine others take the processor for milliseconds:
    what was lost then is paid off, a microsecond an ask, before it is tried again. Threads may share it: the count
    need not be exact.
    """

    __slots__ = ("_now", "_skip", "_yield")

    def __init__(
        self, step_aside: Callable[[], object] | None = _SCHED_YIELD, now: Callable[[], float] = perf_counter
    ) -> None:
        self._yield = step_aside
        self._now = now
        self._skip = 0

    def step(self, answered: Callable[[], bool]) -> bool:
        """Let the loop run, if that has helped lately; say whether the answer is there now."""
        if self._yield is None:
            return False
        if self._skip > 0:
            self._skip -= 1
            return False
        began = self._now()
        while True:
            self._yield()
            there, spent = answered(), self._now() - began
            if spent > _QUICK:
                self._skip = int(spent / _TOLL)
                return there
            if there:
                return True
