"""LoopActor: a Pykka actor that runs on an asyncio event loop instead of a thread."""

# pyright: reportPrivateUsage=false
from __future__ import annotations

import logging
import sys
from collections.abc import Coroutine
from typing import Any, Self, cast

import pykka

from ._background import actor_loop
from ._dispatcher import Dispatcher
from ._ref import ActorRef
from ._slot import PlainSlot
from ._slot_actor import SlotActor
from ._step import COROUTINE

__all__ = ["LoopActor"]

logger = logging.getLogger("pykka")


class LoopActor(SlotActor):
    """A Pykka actor dispatched on an event loop; for callers outside the loop a drop-in for ``ThreadingActor``.

    Handlers, hooks and methods called through a proxy may be ``async def``. One message at a time: while a handler
    is suspended, other actors of the loop go on, this one waits. Each actor has a ``contextvars`` context of its own.

    Started inside a running loop, it uses that loop; from a plain thread, the process's background loop.
    """

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        # Not Pykka's __init__: a URN, an Event and a queue for every actor would cost more than the actor.
        if getattr(self, "_slot", None) is None:  # a look into __dict__ would make one for every actor
            self._slot = PlainSlot(self)

    @classmethod
    def start(  # pyright: ignore[reportIncompatibleMethodOverride]
        cls, *args: Any, **kwargs: Any
    ) -> ActorRef[Self]:
        """Start an actor and return its address. Arguments go to ``__init__``."""
        if logger.isEnabledFor(logging.DEBUG):
            return cast("ActorRef[Self]", super().start(*args, **kwargs))
        # The same without Pykka's log lines: they make a URN for every actor, which costs half of its start.
        actor = cls(*args, **kwargs)
        ref: ActorRef[Self] = actor.actor_ref
        with pykka.ActorRegistry._actor_refs_lock:
            pykka.ActorRegistry._actor_refs.append(ref)
        actor._start_actor_loop()
        return ref

    def _start_actor_loop(self) -> None:
        slot = cast(PlainSlot, self._slot)
        slot.dispatcher = Dispatcher.of(actor_loop())
        slot.dispatcher.add(slot)
        slot.dispatcher.schedule(slot)

    def _stop(self) -> Any:
        pykka.ActorRegistry.unregister(self.actor_ref)
        self.actor_stopped.set()
        logger.debug(f"Stopped {self}")
        try:
            result = self.on_stop()
        except Exception:
            self._handle_failure(*sys.exc_info())
            return None
        return self._stop_slowly(result) if type(result) is COROUTINE else None

    async def _stop_slowly(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        try:
            await coroutine
        except Exception:
            self._handle_failure(*sys.exc_info())
