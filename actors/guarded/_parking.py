"""Parking: why an actor is set aside, and when it is tried again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import frozen
from stentor.protocol.errors import ActorParked

__all__ = ["Parking"]


def _never() -> float | None:
    return None


@frozen
class Parking:
    """Says of a parked actor what its askers are to read.

    Attributes:
        reason: Why, in words that follow its path: "was parked by hand".
        by_hand: Whether somebody asked for it.
        due: When it is tried again, in seconds of its clock; None for never, by itself.
    """

    reason: str
    by_hand: bool = False
    due: Callable[[], float | None] = _never

    def error(self, path: str, now: float, **details: Any) -> ActorParked:
        """Return what whoever asks it gets."""
        due = self.due()
        again = None if due is None else max(0.0, due - now)
        return ActorParked(path=path, reason=self.reason, by_hand=self.by_hand, again_in=again, **details)
