"""Measure two things in turns, in one process, and compare their medians."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

import pyperf  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]
from attrs import frozen

__all__ = ["Figure", "alternate", "compare", "timed"]


@frozen
class Figure:
    """One comparison: events a second of ours and of the peer, and the ratio that is to be reached.

    *noise* is the larger of the two sides' standard deviations, as a part of its mean.
    """

    name: str
    ours: float
    peer: float
    goal: float | None
    noise: float = 0.0

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
        sides = f"{self.ours:>11,.0f}/s  peer {self.peer:>9,.0f}/s  ±{self.noise:>3.0%}"
        return f"{self.name:<58} {sides}  {self.ratio:>6.2f} x{goal}"


def timed(function: Callable[[], int]) -> float:
    """Run *function*, which returns how many events it handled; return events a second."""
    gc.collect()
    start = time.perf_counter()
    events = function()
    return events / (time.perf_counter() - start)


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
    return compare(name, mine, theirs, goal)


def compare(name: str, ours: list[float], peer: list[float], goal: float | None) -> Figure:
    """Compare the rates of two sides, in events a second, by the medians that pyperf takes of their rounds."""
    mine, theirs = _benchmark(f"{name}: stentor", ours), _benchmark(f"{name}: peer", peer)
    noise: float = max(side.stdev() / side.mean() for side in (mine, theirs))
    return Figure(name, 1.0 / mine.median(), 1.0 / theirs.median(), goal, noise)


def _benchmark(name: str, rates: list[float]) -> Any:
    # pyperf thinks in seconds: here those of one event.
    metadata = {"name": name, "unit": "second"}
    untyped: Any = pyperf
    return untyped.Benchmark([untyped.Run([1.0 / rate for rate in rates], metadata=metadata, collect_metadata=False)])
