"""ActorRef: the address of an actor, valid for as long as its slot is."""

# pyright: reportPrivateUsage=false
from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar, overload

import pykka
from pykka.messages import _ActorStop

from .._lane_threads import lane_threads
from ._future import LoopFuture, derive
from ._mailbox import Mailbox
from ._proxy import ActorProxy

__all__ = ["ActorRef"]

A = TypeVar("A", bound=pykka.Actor)


class ActorRef(pykka.ActorRef[A]):
    """Address of an actor. Thread-safe; that of a guarded actor stays valid across its restarts."""

    __slots__ = ("_slot",)

    def __init__(self, slot: Mailbox) -> None:
        self._slot = slot

    def __repr__(self) -> str:
        return f"<ActorRef {self._slot.standing}: {self}>"

    @property
    def actor_class(self) -> type[A]:  # type: ignore[override]
        """The class of the actor."""
        return self._slot.actor_class

    @property
    def actor_urn(self) -> str:  # type: ignore[override]
        """The actor's URN."""
        return self._slot.urn

    @property
    def actor_inbox(self) -> Mailbox:  # type: ignore[override]
        """The actor's mailbox."""
        return self._slot

    @property
    def actor_stopped(self) -> Mailbox:  # type: ignore[override]
        """The actor's stop flag."""
        return self._slot

    @property
    def path(self) -> str:
        """Where the actor stands in the tree; its class's name if it is not guarded."""
        return self._slot.path

    @property
    def _actor_weakref(self) -> Callable[[], A | None]:  # type: ignore[override]
        # Pykka's own proxy asks for the live instance here.
        slot = self._slot
        return lambda: slot._actor

    def is_alive(self) -> bool:
        """Say whether it takes messages: neither stopped for good nor parked. A restart in progress does not count."""
        return self._slot._barred is None

    def tell(self, message: Any) -> None:
        """Send *message* without waiting.

        Raises:
            pykka.ActorDeadError: If the actor is gone (``ActorDied`` if it was guarded).
            MailboxFull: If its mailbox is at its limit; holds the message.
            Fenced: If called by an incarnation of this actor that has ended.
        """
        self._slot.push(message, None)

    @overload
    def ask(self, message: Any, *, block: Literal[False], timeout: float | None = None) -> LoopFuture[Any]: ...
    @overload
    def ask(self, message: Any, *, block: Literal[True], timeout: float | None = None) -> Any: ...
    @overload
    def ask(self, message: Any, *, block: bool = True, timeout: float | None = None) -> Any: ...
    def ask(self, message: Any, *, block: bool = True, timeout: float | None = None) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Send *message* and return the answer, or with ``block=False`` a future of it, which can be awaited.

        Args:
            message: Anything.
            block: Whether to wait for the answer here.
            timeout: Seconds to wait when blocking; None for no end.

        Raises:
            pykka.Timeout: If there is no answer in time.
            WouldDeadlock: If blocking, on the loop or in the actor's own thread that has to answer; nothing was sent
                then.
            MailboxFull: If the mailbox is at its limit.
            Exception: When blocking, whatever the actor raised; ``ActorDied`` if it died before it answered.
        """
        future = self._answer()
        if block and (timeout is None or timeout > 0):
            future.refuse_deadlock()
        self._slot.push(message, future)
        return future.get(timeout=timeout) if block else future

    @overload
    def stop(self, *, block: Literal[True] = True, timeout: float | None = None) -> bool: ...
    @overload
    def stop(self, *, block: Literal[False], timeout: float | None = None) -> LoopFuture[bool]: ...
    @overload
    def stop(self, *, block: bool = True, timeout: float | None = None) -> bool | LoopFuture[bool]: ...
    def stop(self, *, block: bool = True, timeout: float | None = None) -> bool | LoopFuture[bool]:
        """Ask the actor to stop after the messages that wait already.

        Returns:
            True if it stopped, False if it was gone already; with ``block=False`` a future of that.

        Raises:
            WouldDeadlock: If blocking, on the actor's own loop or in its own thread; nothing was sent then.
        """
        if block and (timeout is None or timeout > 0):
            self._answer().refuse_deadlock()
        asked = self.ask(_ActorStop(), block=False)

        def stopped(timeout: float | None) -> bool:
            try:
                asked.get(timeout=timeout)
            except pykka.ActorDeadError:
                return False  # Pykka's answer to the question whether it lived until now, not a failure.
            return True

        future: LoopFuture[bool] = derive(stopped, asked)
        return future.get(timeout=timeout) if block else future

    def _answer(self) -> LoopFuture[Any]:
        future: LoopFuture[Any] = LoopFuture(self._slot.dispatcher.loop)
        if lane_threads:
            future.slot = self._slot
        return future

    def proxy(self) -> ActorProxy[A]:
        """Return a proxy: attributes and methods of the actor as futures."""
        return ActorProxy(actor_ref=self)

    def control(self, message: Any) -> bool:
        """Send *message* ahead of all others, without a bound; return False if the actor is gone for good.

        For parts of the runtime: a guarded actor gets it in ``on_control``.

        Raises:
            BadUsage: If the actor is no guarded one.
        """
        return self._slot.push_control(message)

    def wake(self) -> None:
        """Raise the actor's wake flag: it gets ``on_wake()`` once, however often this was called before.

        Raises:
            BadUsage: If the actor is no guarded one.
        """
        self._slot.wake()
