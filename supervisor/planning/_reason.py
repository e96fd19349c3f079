"""Reason: one knob of a policy that a proposal changes, and why."""

from __future__ import annotations

import math

from attrs import frozen

from ..policy._budget import Budget
from ..policy._hold import Hold

__all__ = ["Reason", "nice", "words"]


@frozen
class Reason:
    """What *knob* was, what it is to be, and why."""

    knob: str
    old: str
    new: str
    why: str

    def __str__(self) -> str:
        return f"{self.knob}: {self.old} -> {self.new}. {self.why}"


def words(value: object) -> str:
    """Return a value of a policy in words."""
    match value:
        case None:
            return "none"
        case Budget(max_restarts=restarts, max_seconds=seconds):
            return f"{restarts} in {seconds:g} s"
        case Hold(children=children, seconds=seconds):
            return f"{children} children in {seconds:g} s"
        case float() | int():
            return f"{value:g} s"
        case _:
            return str(value)


def nice(seconds: float) -> float:
    """Return a round number of seconds, *seconds* or a little more."""
    for limit, step in ((1.0, 0.1), (10.0, 0.5), (120.0, 5.0), (3600.0, 60.0)):
        if seconds <= limit:
            # One division more than the obvious one, so that 0.3 does not become 0.30000000000000004.
            return max(step, math.ceil(round(seconds / step, 9)) / round(1 / step, 9))
    return math.ceil(seconds / 600.0) * 600.0
