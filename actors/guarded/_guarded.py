"""Guarded: what makes an actor a guarded one, be its handlers run on a loop or in a thread."""

# pyright: reportPrivateUsage=false
from __future__ import annotations

import inspect
from collections.abc import Callable
from itertools import count
from typing import Any, ClassVar, NoReturn, Self, cast

from stentor.protocol.errors import BadUsage, Fenced

from .._clock import Clock, TimerHandle
from ..loop._future import LoopFuture
from ..loop._ref import ActorRef
from ..loop._slot_actor import SlotActor
from ._estate import Estate
from ._failure import Failure
from ._guard import StopNow
from ._laned import Lane
from ._lease import Lease
from ._marks import mark_failure
from ._messages import Ignored, LaunchResult, Pending, Started, StartFailed
from ._reply import Reply
from ._timer import arm

__all__ = ["Guarded"]

_serial = count(1)


class Guarded(SlotActor):
    """An actor under guard: whatever it raises ends this incarnation, and nobody else's."""

    lane_class: ClassVar[Callable[[Any, Lease], Lane] | None] = None
    """Where its code runs, made of a loop and a lease for each incarnation; None on the loop."""

    incarnation: int = 0
    """Which life of this address it is, from 1."""

    _is_built = True
    _slow_on_start: ClassVar[bool] = False
    _plain_on_start: ClassVar[bool] = True
    _plain_on_stop: ClassVar[bool] = True
    _plain_on_failure: ClassVar[bool] = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._slow_on_start = inspect.iscoroutinefunction(cls.on_start)
        # Looked up once: most actors have none of these hooks, and a crash should not pay for calling them.
        cls._plain_on_start = cls.on_start is SlotActor.on_start
        cls._plain_on_stop = cls.on_stop is SlotActor.on_stop
        cls._plain_on_failure = cls.on_failure is SlotActor.on_failure

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        if getattr(self, "_slot", None) is None:  # a look into __dict__ would make one for every actor
            self._slot = Estate(type(self), path=f"/unstarted/{type(self).__name__}")

    @classmethod
    def start(  # pyright: ignore[reportIncompatibleMethodOverride]
        cls, *args: Any, **kwargs: Any
    ) -> ActorRef[Self]:
        """Start it on its own, without a parent, and return its address. A crash ends it for good, and is recorded.

        Raises:
            BadUsage: If ``on_start`` is ``async def``: then it is ``await X.start_async(…)``.
            Exception: Whatever ``__init__`` or ``on_start`` raised.
        """
        if cls._slow_on_start:
            cls._refuse_start()
        estate = cls._estate(args, kwargs)
        result = estate.dispatcher.call(estate.launch)
        if isinstance(result, Pending):
            estate.close("start_refused")
            cls._refuse_start()
        return cls._standalone(estate, result)

    @classmethod
    async def start_async(cls, *args: Any, **kwargs: Any) -> ActorRef[Self]:
        """Start it on its own, on the running loop, and wait until its ``on_start`` has returned.

        Raises:
            Exception: Whatever ``__init__`` or ``on_start`` raised.
        """
        estate = cls._estate(args, kwargs)
        starter = estate._starter = LoopFuture[LaunchResult]()
        result = estate.launch()
        if isinstance(result, Pending):
            result = await starter
        else:
            estate._starter = None
        return cls._standalone(estate, result)

    @classmethod
    def _estate(cls, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Estate[Self]:
        return Estate(cls, args, kwargs, path=f"/{cls.__name__}-{next(_serial)}")

    @classmethod
    def _standalone(cls, estate: Estate[Self], result: LaunchResult) -> ActorRef[Self]:
        match result:
            case Started():
                return cast("ActorRef[Self]", estate.ref)
            case StartFailed(failure=failure):
                estate.close("start_failed")
                mark_failure(failure.exception, failure.id)
                raise failure.exception
            case Ignored():
                estate.close("ignored")
                return cast("ActorRef[Self]", estate.ref)
            case _:
                raise TypeError(f"a launch does not end with {result!r}")

    @classmethod
    def _refuse_start(cls) -> NoReturn:
        name = cls.__name__
        raise BadUsage(
            f"{name}.on_start is a coroutine: write `await {name}.start_async(…)` instead of {name}.start(…)"
        )

    # What it knows about itself

    @property
    def estate(self) -> Estate[Any]:
        """What outlives this incarnation."""
        return cast("Estate[Any]", self._slot)

    @property
    def path(self) -> str:
        """Its address in the tree."""
        return self._slot.path

    @property
    def last_failure(self) -> Failure | None:
        """What ended the incarnation before; None in the first."""
        return self.estate.last_failure

    @property
    def clock(self) -> Clock:
        """Where its time comes from."""
        return self.estate.clock

    # Hooks

    def on_wake(self) -> Any:
        """Called once after any number of ``ref.wake()``."""

    def on_control(self, message: Any) -> Any:
        """Called with a message of the control lane, ahead of all others; by default handled like any message."""
        return self.on_receive(message)

    def _knocked(self) -> None:
        """Called when it is given a turn while a hook or handler of its own is suspended; see ``Mailbox.pick``."""

    # What it can do

    def defer_reply(self) -> Reply:
        """Answer the current message later: take the reply out of this handler's hands.

        The handler may return and the actor go on. If the incarnation ends first, the asker gets ``ActorDied``.

        Raises:
            Fenced: If this incarnation has ended already.
        """
        estate = self.estate
        lease = self._enter("reply")
        # Its thread may be fenced off at this moment: then the promise dies with the lease, or is not given.
        with estate._lock:
            future, estate._reply = estate._reply, None
            reply = Reply(lease, None, future)
            if future is not None and not lease.is_void():
                lease.promise(reply)
                return reply
        if future is not None:
            self._enter("reply")
        return reply

    def tell_later(self, delay: float, message: Any) -> TimerHandle:
        """Tell itself *message* after *delay* seconds, unless this incarnation has ended by then.

        Raises:
            Fenced: If this incarnation has ended already.

        A mailbox that is full at that time makes the message a dead letter.
        """
        return arm(self.estate, self._enter("timer"), delay, message)

    def watch(self, ref: ActorRef[Any]) -> None:
        """Get one ``Terminated(ref, reason)`` on the control lane when the actor at *ref* is gone for good.

        Raises:
            BadUsage: If *ref* is no guarded actor's.
            Fenced: If this incarnation has ended already.
        """
        self._enter("watch")
        slot = ref._slot
        if not isinstance(slot, Estate):
            raise BadUsage(f"{ref} can not be watched: only guarded actors tell of their end")
        cast("Estate[Any]", slot).watch(self.actor_ref)

    def _enter(self, door: str) -> Lease:
        estate = self.estate
        lease = estate._leased()
        if lease.is_void() or estate._actor is not self:
            estate.fence(door, self)
            raise Fenced(estate.generation, path=estate.path)
        return lease

    def _stop(self) -> NoReturn:
        raise StopNow
