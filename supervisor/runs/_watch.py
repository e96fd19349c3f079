"""Watching from outside any actor: hear once that somebody is gone for good."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from typing import Any

from attrs import frozen
from stentor.actors import ActorRef, Failure, Terminated

__all__ = ["last_failure", "watch"]


@frozen
class _Watch:
    """Stands where an actor's address would: hears once that somebody is gone for good."""

    heard: Callable[[Terminated], None]

    def control(self, message: Terminated) -> None:
        """Hear it."""
        self.heard(message)


def watch(ref: ActorRef[Any], heard: Callable[[Terminated], None]) -> None:
    """Call *heard* once, on the running loop, when the actor at *ref* is gone for good; soon, if it is already."""
    loop = asyncio.get_running_loop()

    def tell(message: Terminated) -> None:
        # A loop that is closed has nobody left who could care. Never inside the step that ended it.
        if not loop.is_closed():
            loop.call_soon_threadsafe(heard, message, context=contextvars.Context())

    slot: Any = ref._slot  # pyright: ignore[reportPrivateUsage]
    slot.watch(_Watch(tell))


def last_failure(ref: ActorRef[Any]) -> Failure | None:
    """Return what ended the last incarnation at *ref* that failed."""
    slot: Any = ref._slot  # pyright: ignore[reportPrivateUsage]
    failure: Failure | None = slot.last_failure
    return failure
