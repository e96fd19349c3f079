"""ThreadActor: a guarded actor for code that blocks."""

# pyright: reportPrivateUsage=false
from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, ClassVar, NoReturn, Self

import pykka
from stentor.protocol.errors import BadUsage, WouldDeadlock

from .._clock import TimerHandle
from ..guarded._estate import Estate
from ..guarded._guarded import Guarded
from ..guarded._laned import Lane
from ..guarded._lease import Lease
from ..guarded._messages import LaunchResult
from ..guarded._timer import arm
from ..loop._future import LoopFuture
from ..loop._ref import ActorRef
from ._lane import ThreadLane

__all__ = ["ThreadActor"]

_HOOKS = ("on_start", "on_stop", "on_failure", "on_receive", "on_wake", "on_control")


class ThreadActor(Guarded, pykka.ThreadingActor):  # pyright: ignore[reportIncompatibleVariableOverride]
    """A guarded actor whose constructor, hooks and handlers run in a daemon thread: they may block.

    Each incarnation has a thread of its own. A thread that hangs cannot be killed. When its incarnation is abandoned
    it is given up: it is counted and recorded as "thread_abandoned", a new incarnation starts in a new thread, and
    whatever the old one tries when it wakes (to take a message, reply, send, emit, set a timer) raises ``Fenced``,
    and is recorded.

    Raises:
        BadUsage: For a class with a hook that is ``async def``.
    """

    lane_class: ClassVar[Callable[[Any, Lease], Lane] | None] = ThreadLane
    _is_built = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in _HOOKS:
            if inspect.iscoroutinefunction(getattr(cls, name)):
                raise BadUsage(f"{cls.__name__}.{name} is a coroutine: a ThreadActor can await nothing; use Actor")

    @classmethod
    def start(  # pyright: ignore[reportIncompatibleMethodOverride]
        cls, *args: Any, **kwargs: Any
    ) -> ActorRef[Self]:
        """Start it on its own and wait until its ``on_start`` has returned. A crash ends it for good.

        Raises:
            BadUsage: If called on an event loop, which the wait would block: there it is ``await X.start_async(…)``.
            Exception: Whatever ``__init__`` or ``on_start`` raised.
        """
        estate = cls._estate(args, kwargs)
        starter: LoopFuture[LaunchResult] = LoopFuture(estate.dispatcher.loop)
        try:
            starter.refuse_deadlock()
        except WouldDeadlock:
            cls._refuse_start()
        estate._starter = starter
        estate.dispatcher.call(lambda: _launch(estate, starter))
        return cls._standalone(estate, starter.get())

    @classmethod
    def _refuse_start(cls) -> NoReturn:
        name = cls.__name__
        raise BadUsage(f"{name}.start(…) would block this event loop: write `await {name}.start_async(…)`")

    def tell_later(self, delay: float, message: Any) -> TimerHandle:
        """Tell itself *message* after *delay* seconds, unless this incarnation has ended by then.

        Raises:
            Fenced: If this incarnation has ended already.
        """
        estate, lease = self.estate, self._enter("timer")
        # A clock may belong to its loop.
        return _Timer(estate, estate.dispatcher.call(lambda: arm(estate, lease, delay, message)))


class _Timer:
    """A timer that is set from a thread."""

    __slots__ = ("_estate", "_handle")

    def __init__(self, estate: Estate[Any], handle: TimerHandle) -> None:
        self._estate = estate
        self._handle = handle

    def cancel(self) -> None:
        """Stop it from firing; harmless when it has fired."""
        self._estate.dispatcher.call(self._handle.cancel)


def _launch(estate: Estate[Any], starter: LoopFuture[LaunchResult]) -> None:
    result = estate.launch()
    # Pending: the starter gets what comes of it.
    if estate.state != "starting":
        estate._starter = None
        starter.set(result)
