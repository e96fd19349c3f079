"""The admission gate: what a process takes in, over all its sessions."""

from __future__ import annotations

import threading

from stentor.protocol import Limits
from stentor.protocol.errors import StentorError

from .._clock import Clock
from ._waiter import Waiter

__all__ = ["Gate"]


class Gate:
    """One a runtime. Its lock guards the queues of all outboxes: they are touched for a microsecond each.

    Args:
        clock: Gives events their time of day, and waits their end.
        limits: Of a session and of the host.
        node: Name of this process among those that share a store.
    """

    __slots__ = ("_waiting", "clock", "limits", "lock", "max_memory", "memory", "node", "refused", "started")

    def __init__(self, clock: Clock, limits: Limits | None = None, *, node: str = "local") -> None:
        self.clock = clock
        self.limits = limits or Limits()
        self.node = node
        self.lock = threading.Lock()
        self.started = False
        self.memory = 0
        """Bytes of events that have no outcome yet, over all outboxes."""
        self.max_memory = self.limits.max_memory
        self.refused: dict[str, int] = {}
        """Refused emits by code, since the start."""
        self._waiting: list[Waiter] = []

    def start(self) -> None:
        """Let events in."""
        self.started = True

    def stop(self) -> None:
        """Let nothing in any more; those who wait for room try once more, and learn it."""
        self.started = False
        self.room()

    def refuse(self, error: StentorError) -> None:
        """Count a refused emit."""
        with self.lock:
            self.refused[error.code] = self.refused.get(error.code, 0) + 1

    def on_room(self, waiter: Waiter) -> None:
        """Wake *waiter* once, from any thread, when there is room again somewhere."""
        with self.lock:
            self._waiting.append(waiter)

    def room(self) -> None:
        """Something was freed: let those who wait try again."""
        if self._waiting:
            with self.lock:
                waiting, self._waiting = self._waiting, []
            for waiter in waiting:
                waiter.wake()
