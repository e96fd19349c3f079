"""Laned: an incarnation whose code runs elsewhere than on the loop, in a lane of its own."""

# pyright: reportPrivateUsage=false
from __future__ import annotations

import contextvars
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

from ..loop._step import step
from ._ending import Ending
from ._failure import Failure
from ._lease import Lease, current_lease

__all__ = ["Lane", "Laned"]


class Lane(Protocol):
    """Where one incarnation's code runs; the loop decides, takes messages and answers, and never waits for it."""

    @property
    def name(self) -> str:
        """How a debugger calls it."""
        ...

    async def run(self, function: Callable[..., Any], /, *args: Any) -> Any:
        """Call *function* there; return what it returns, or raise what it raises."""

    def retire(self) -> bool:
        """Give no more calls; say whether one is running, which is given up then."""
        ...


class Laned(Ending):
    """The part of an estate that opens and retires lanes. Most incarnations have none."""

    __slots__ = ("_lane",)

    _lane: Lane | None
    lease: Lease | None

    def _lend(self) -> Lease:
        self.lease = lease = Lease(self, self.incarnation)
        return lease

    def _settle_in(self, cls: Any) -> None:
        """Make the context of an incarnation of *cls*, or open its lane."""
        lease = self._lend()
        if cls.lane_class is None:
            context = contextvars.Context()
            context.run(current_lease.set, lease)
            self.context = context
        else:
            self._lane = self.context = cls.lane_class(self.dispatcher.loop, lease)

    def _settle_again(self, cls: Any) -> None:
        """A crashed incarnation goes on: with a new lease, in the context that it had, or in a new lane."""
        if cls.lane_class is None:
            self.context.run(current_lease.set, self._lend())
        else:
            self._settle_in(cls)

    def _drive(self, coroutine: Coroutine[Any, Any, Any]) -> Awaitable[Any]:
        if self._lane is None:
            return super()._drive(coroutine)
        # What is awaited here is the lane; the actor's own context is over there.
        return step(coroutine, contextvars.Context().run, self._at_suspension)

    def _vacate(self, failure: Failure | None = None) -> None:
        super()._vacate(failure)
        lane, self._lane = self._lane, None
        if lane is not None and lane.retire():
            self.recorder.note("thread_abandoned", path=self.path, incarnation=self.incarnation, thread=lane.name)
