"""Pulse: judges from beats alone whether a loop is blocked. Pure; the time is an argument."""

from __future__ import annotations

from typing import Literal, TypeAlias

from attrs import define, field

__all__ = ["Pulse", "Sign"]

Sign: TypeAlias = Literal["ask", "blocked", "silent", "asleep"]
"""What is to be done after a look: ask the loop for a beat, report it, wait on, or forget what was seen."""


@define
class Pulse:
    """Whether a loop answers in time.

    Args:
        limit: Seconds that a beat may take; more means that the loop is blocked.
        every: Seconds between two looks. A look that comes much later tells that the whole process stood still:
            stopped, or starved. Then nothing is said about its loop.
    """

    limit: float
    every: float
    asked: float | None = field(default=None, init=False)
    """When the beat that is awaited was asked for; None while none is."""
    reported: bool = field(default=False, init=False)
    _looked: float | None = field(default=None, init=False)

    def look(self, now: float) -> Sign:
        """Say what is to be done at *now*."""
        late = self._looked is not None and now - self._looked > self.every + self.limit
        self._looked = now
        if self.asked is None:
            self.asked = now
            return "ask"
        if late:
            self.asked = now
            return "asleep"
        if self.reported or now - self.asked <= self.limit:
            return "silent"
        self.reported = True
        return "blocked"

    def beat(self, now: float) -> float | None:
        """The loop answers; return for how many seconds it was blocked, if that was reported."""
        asked, self.asked = self.asked, None
        reported, self.reported = self.reported, False
        return now - asked if reported and asked is not None else None
