"""LoopActor: a Pykka actor that runs on an asyncio event loop instead of a thread."""

from __future__ import annotations

import logging
import sys
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Self, cast

import pykka
from pykka.messages import ProxyCall, ProxyGetAttr, ProxySetAttr, _ActorStop  # pyright: ignore[reportPrivateUsage]

from .._mailbox import Mailbox
from ._background import actor_loop
from ._dispatcher import Dispatcher
from ._future import LoopFuture
from ._slot import PlainSlot, SlotBase
from ._step import COROUTINE

if TYPE_CHECKING:
    from types import TracebackType

    from pykka._actor import ActorInbox

    from ..guarded._ref import ActorRef

__all__ = ["LoopActor"]

logger = logging.getLogger("pykka")

_PYKKAS_OWN = frozenset({_ActorStop, ProxyCall, ProxyGetAttr, ProxySetAttr})


class LoopActor(pykka.Actor):
    """A Pykka actor dispatched on an event loop; for callers outside the loop a drop-in for ``ThreadingActor``.

    Handlers, hooks and methods called through a proxy may be ``async def``. One message at a time: while a handler
    is suspended, other actors of the loop go on, this one waits. Each actor has a ``contextvars`` context of its own.

    Started inside a running loop, it uses that loop; from a plain thread, the process's background loop.
    """

    _slot: SlotBase

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        # Not Pykka's __init__: a URN, an Event and a queue for every actor would cost more than the actor.
        if "_slot" not in self.__dict__:
            self._slot = PlainSlot(self)

    @property
    def actor_urn(self) -> str:  # type: ignore[override]
        """The actor's URN."""
        return self._slot.urn

    @property
    def actor_inbox(self) -> Mailbox:  # type: ignore[override]
        """The mailbox."""
        return self._slot

    @property
    def actor_stopped(self) -> Mailbox:  # type: ignore[override]
        """The stop flag."""
        return self._slot

    @property
    def _actor_ref(self) -> ActorRef[Self]:  # type: ignore[override]
        return self._slot.ref

    @property
    def actor_ref(self) -> ActorRef[Self]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The actor's address."""
        return self._slot.ref

    # Pykka's hooks once more, so that they may also be coroutines.

    def on_start(self) -> Any:
        """Called before the first message; may be ``async def``."""

    def on_stop(self) -> Any:
        """Called after the last message; may be ``async def``."""

    def on_failure(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> Any:
        """Called after an exception that nobody asked for; may be ``async def``."""

    @classmethod
    def start(  # pyright: ignore[reportIncompatibleMethodOverride]
        cls, *args: Any, **kwargs: Any
    ) -> ActorRef[Self]:
        """Start an actor and return its address. Arguments go to ``__init__``."""
        return cast("ActorRef[Self]", super().start(*args, **kwargs))

    @staticmethod
    def _create_actor_inbox() -> ActorInbox:
        raise NotImplementedError("a loop actor's slot is its inbox")

    @staticmethod
    def _create_future() -> LoopFuture[Any]:
        return LoopFuture()

    def _start_actor_loop(self) -> None:
        slot = cast(PlainSlot, self._slot)
        slot.dispatcher = Dispatcher.of(actor_loop())
        slot.dispatcher.add(slot)
        slot.dispatcher.schedule(slot)

    def _handle_receive(self, message: Any) -> Any:
        # One look-up for the common case, where Pykka asks four times.
        if type(message) in _PYKKAS_OWN:
            return super()._handle_receive(message)
        return self.on_receive(message)

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
