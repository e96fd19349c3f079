"""Why a child is parked: by hand, on trial, or because its budget is spent; the entry of the record says which."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from stentor.actors import Parking

from ..core._child import Child

__all__ = ["parking", "when_due"]

_BY_HAND = "park_child"
_ON_TRIAL = "half_open"


class Parked(Protocol):
    """What is used of the decision that parked a child, and of its entry in the record."""

    @property
    def rule(self) -> str | None: ...
    @property
    def max_restarts(self) -> int | None: ...
    @property
    def window_s(self) -> float | None: ...


def parking(decided: Parked, due: Callable[[], float | None]) -> Parking:
    """Return what *decided* means for who asks the child; *due* says when it is tried again."""
    if decided.rule == _BY_HAND:
        return Parking("was parked by hand", True, due)
    if decided.rule == _ON_TRIAL:
        return Parking("failed again when it was tried, and is parked", False, due)
    if decided.max_restarts is None or decided.window_s is None:
        return Parking("spent its budget, and is parked", False, due)
    return Parking(f"spent its budget of {decided.max_restarts} in {decided.window_s:g} s, and is parked", False, due)


def when_due(child: Child) -> float | None:
    """Return when the parked *child* is tried again, by the supervisor's clock; None if only by hand."""
    return child.due if child.timer and child.state == "parked" else None
