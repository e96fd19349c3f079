"""Laned: an incarnation whose code runs elsewhere than on the loop, in a lane of its own."""

# pyright: reportPrivateUsage=false
from __future__ import annotations

import contextvars
from collections.abc import Awaitable, Callable, Coroutine
from sys import getrefcount
from typing import Any, Protocol

from ..loop._slot import Runner
from ..loop._step import step
from ._ending import Ending
from ._failure import Failure
from ._lease import Lease, current_lease

__all__ = ["Lane", "Laned"]


_OURS = 3
"""References to a lease that only its estate has: the estate's, that of the code that counts, and of the counting."""
_cradles: list[contextvars.Context] = []
"""Contexts without anything in them, in which constructors run."""


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
        """Begin an incarnation of *cls*: open its lane, if it has one; its context is made when it is needed."""
        self.context = None
        if cls.lane_class is not None:
            self._lane = self.context = cls.lane_class(self.dispatcher.loop, self._lend())

    def _settle_again(self, cls: Any, context: contextvars.Context | None, lease: Lease | None) -> None:
        """A crashed incarnation goes on where it was, with what it had, its timers and tasks too; or in a new lane."""
        if cls.lane_class is not None:
            self._settle_in(cls)
            return
        self.context, self.lease = context, lease
        if lease is None and context is not None:
            context.run(current_lease.set, self._lend())

    def _at_home(self) -> Runner:
        context = self.context
        if context is None:
            context = self.context = contextvars.Context()
            context.run(current_lease.set, self._leased())
        return context

    def _leased(self) -> Lease:
        """Return the incarnation's lease, made when it is first needed; a void one if the incarnation has ended."""
        # Under the lock, as the end is, which may come from another thread.
        with self._lock:
            lease = self.lease
            if lease is None:
                lease = Lease(self, self.incarnation)
                if self._actor is not None:
                    self.lease = lease
            return lease

    def _build_in_cradle(self) -> None:
        """Build the incarnation in a context, and with a lease, that stay its own only if its constructor needs them.

        Most constructors put nothing into the context and keep no lease, and those of 100,000 actors that wait for
        their first message are four more objects each for every pass of the garbage collector.
        """
        try:
            cradle = _cradles.pop()
        except IndexError:
            cradle = contextvars.Context()
        if cradle.run(self._born):
            _cradles.append(cradle)
        else:
            self.context = cradle

    def _born(self) -> bool:
        """Build it; say whether the context that this runs in is as good as new."""
        lease = self._lend()
        token = current_lease.set(lease)
        self._build()
        if len(contextvars.copy_context()) > 1:
            return False
        current_lease.reset(token)
        if getrefcount(lease) <= _OURS and self.lease is lease:
            # No task, timer or promise has it: who asks for one later may as well get another.
            self.lease = None
        return True

    def _build(self) -> None:
        raise NotImplementedError  # the estate builds

    def _drive(self, coroutine: Coroutine[Any, Any, Any]) -> Awaitable[Any]:
        if self._lane is None:
            return super()._drive(coroutine)
        # What is awaited here is the lane; the actor's own context is over there.
        return step(coroutine, contextvars.Context().run, self._at_suspension)

    def _vacate(self, failure: Failure | None = None) -> None:
        super()._vacate(failure)
        self.context = None
        lane, self._lane = self._lane, None
        if lane is not None and lane.retire():
            self.recorder.note("thread_abandoned", path=self.path, incarnation=self.incarnation, thread=lane.name)
