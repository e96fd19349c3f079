"""Fault points: named places where a test makes the program fail."""

from __future__ import annotations

import threading
from typing import Protocol

from attrs import define

__all__ = ["FaultPoints", "Faults"]


class FaultPoints(Protocol):
    """What code with a fault point calls. Production code holds None instead and calls nothing."""

    def hit(self, point: str, where: str) -> None:
        """Raise what is armed for *point* at *where*, else return."""


@define
class _Armed:
    point: str
    where: str | None
    times: int
    exception: BaseException | type[BaseException]


class Faults:
    """Faults that a test arms, each for a number of hits. Thread-safe."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []
        self._lock = threading.Lock()
        self.hits: dict[tuple[str, str], int] = {}

    def arm(
        self,
        point: str,
        where: str | None = None,
        *,
        times: int = 1,
        exception: BaseException | type[BaseException] = RuntimeError,
    ) -> None:
        """Make the next *times* hits of *point* raise *exception*.

        Args:
            point: Name of the fault point.
            where: Only at this path or session; None for anywhere.
            times: How many hits raise.
            exception: An instance, or a class that is called without arguments.
        """
        with self._lock:
            self._armed.append(_Armed(point, where, times, exception))

    def clear(self) -> None:
        """Disarm everything."""
        with self._lock:
            self._armed.clear()

    def hit(self, point: str, where: str) -> None:
        """Raise what is armed for *point* at *where*, else return."""
        with self._lock:
            self.hits[point, where] = self.hits.get((point, where), 0) + 1
            armed = next((a for a in self._armed if a.point == point and a.where in (None, where)), None)
            if armed is None:
                return
            armed.times -= 1
            if armed.times <= 0:
                self._armed.remove(armed)
        raise armed.exception
