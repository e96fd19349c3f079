"""Measure two things in turns, in one process, and compare their medians."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable

from attrs import frozen
from pyperf import perf_counter  # pyright: ignore[reportMissingTypeStubs]

__all__ = ["Figure", "alternate", "timed"]


@frozen
class Figure:
    """One comparison: events a second of ours and of the peer, and the ratio that is to be reached."""

    name: str
    ours: float
    peer: float
    goal: float | None

    @property
    def ratio(self) -> float:
        """Ours over the peer's."""
        return self.ours / self.peer

    @property
    def holds(self) -> bool:
        """Say whether the goal is reached; true for a figure without one."""
        return self.goal is None or self.ratio >= self.goal

    def __str__(self) -> str:
        goal = "" if self.goal is None else f"  goal {self.goal:.1f} x  {'ok' if self.holds else 'MISSED'}"
        return f"{self.name:<58} {self.ours:>11,.0f}/s  peer {self.peer:>9,.0f}/s  {self.ratio:>6.2f} x{goal}"


def timed(function: Callable[[], int]) -> float:
    """Run *function*, which returns how many events it handled; return events a second."""
    gc.collect()
    start = perf_counter()
    events = function()
    return events / (perf_counter() - start)


def alternate(
    name: str, ours: Callable[[], float], peer: Callable[[], float], goal: float | None, rounds: int = 5
) -> Figure:
    """Measure *ours* and *peer* in alternating rounds after a warm-up; compare the medians."""
    ours()
    peer()
    mine: list[float] = []
    theirs: list[float] = []
    for turn in range(rounds):
        # Each goes first as often as the other.
        for measure, results in [(ours, mine), (peer, theirs)][:: 1 if turn % 2 else -1]:
            results.append(measure())
    return Figure(name, statistics.median(mine), statistics.median(theirs), goal)
