"""Lease: what an incarnation holds of its estate, and shows at every door."""

from __future__ import annotations

import contextvars
from typing import Protocol

from stentor.protocol.errors import Fenced

from ._recorder import Recorder

__all__ = ["Lease", "Lender", "Promise", "current_lease"]


class Promise(Protocol):
    """What an incarnation owes; it dies with it."""

    def die(self, exception: BaseException) -> None:
        """The incarnation has ended without keeping it."""


class Lender(Protocol):
    """An estate, as those see it who hold a lease of it."""

    path: str
    generation: int
    recorder: Recorder
    lease: Lease | None

    def fence(self, door: str, holder: Lease) -> None:
        """Record that *holder*, whose lease is void, came to *door* and was refused."""


class Lease:
    """What an incarnation holds of its estate. It is void once the estate has another, or none.

    Contexts, timers and replies keep the lease and not the actor, so that none of them pins a dead one.
    """

    __slots__ = ("incarnation", "lender", "promises")

    def __init__(self, lender: Lender, incarnation: int) -> None:
        self.lender = lender
        self.incarnation = incarnation
        self.promises: set[Promise] | None = None

    def is_void(self) -> bool:
        """Say whether its incarnation has ended."""
        return self.lender.lease is not self

    def enter(self, door: str) -> None:
        """Go through *door*.

        Raises:
            Fenced: If it is void; that is recorded.
        """
        lender = self.lender
        if lender.lease is not self:
            lender.fence(door, self)
            raise Fenced(lender.generation, path=lender.path)

    def promise(self, promise: Promise) -> None:
        """Owe *promise* until it is kept."""
        if self.promises is None:
            self.promises = set()
        self.promises.add(promise)

    def kept(self, promise: Promise) -> None:
        """Owe *promise* no longer."""
        if self.promises is not None:
            self.promises.discard(promise)


current_lease: contextvars.ContextVar[Lease | None] = contextvars.ContextVar("stentor_lease", default=None)
"""The lease of the guarded incarnation whose code runs here, also in tasks that it made; None outside."""
