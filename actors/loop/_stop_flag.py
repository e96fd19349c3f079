"""Stop flag: a mailbox as Pykka's ``actor_stopped``."""

from __future__ import annotations

import asyncio
import threading

from stentor.protocol.errors import WouldDeadlock

from .._lane_threads import actor_here
from ._dispatcher import Dispatcher

__all__ = ["StopFlag"]


class StopFlag:
    """Whether a mailbox has closed for good; the event is made for who waits for it."""

    __slots__ = ("_barred", "_event", "_lock", "dispatcher")

    _barred: str | None
    _event: threading.Event | None
    _lock: threading.RLock
    dispatcher: Dispatcher

    def _bar(self, reason: str | None) -> bool:
        raise NotImplementedError  # the mailbox closes

    def is_set(self) -> bool:
        """Say whether the actor has stopped for good."""
        return self._barred is not None and self._barred != "parked"

    def set(self) -> None:
        """Stop it: nothing is taken in any more."""
        self._bar("stopped")
        if self._event is not None:
            self._event.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Block until it has stopped, up to *timeout* seconds; say whether it has.

        Raises:
            WouldDeadlock: If called on the loop, or in the actor's own thread, that has to stop it.
        """
        if self.is_set():
            return True
        running = asyncio._get_running_loop()
        if actor_here() is self or (running is not None and running is self.dispatcher.loop):
            raise WouldDeadlock()
        event = threading.Event()
        with self._lock:
            if self._event is None:
                self._event = event
        # set() looks for the event after it has barred the mailbox: one of the two sees the other.
        return self.is_set() or self._event.wait(timeout) or self.is_set()
