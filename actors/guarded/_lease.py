"""Lease: what an incarnation holds of its estate, and shows at every door."""

from __future__ import annotations

import contextvars
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._guard import Guard

__all__ = ["Lease", "current_lease"]


class Lease:
    """What an incarnation holds of its estate. It is void once the estate has another, or none.

    Contexts, timers and replies keep the lease and not the actor, so that none of them pins a dead one.
    """

    __slots__ = ("guard", "incarnation")

    def __init__(self, guard: Guard, incarnation: int) -> None:
        self.guard = guard
        self.incarnation = incarnation


current_lease: contextvars.ContextVar[Lease | None] = contextvars.ContextVar("stentor_lease", default=None)
"""The lease of the guarded incarnation whose code runs here, also in tasks that it made; None outside."""
