"""The supervisor's port: where children report, and timers fire, in the order in which it happened."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from stentor.actors import ActorRef, Estate

from ..core._events import TimerFired

__all__ = ["Port", "SlotPort"]


class Port:
    """Takes reports from any thread, and wakes the supervisor. Its children have it, by a slot each, for a parent.

    It is a queue of its own, beside the control lane, because a supervisor has to hear its children also while its own
    start or stop goes on, when no message is handled.
    """

    __slots__ = ("_loop", "_reports", "_waiter", "closed", "ref")

    def __init__(self, ref: ActorRef[Any]) -> None:
        self.ref = ref
        self.closed = False
        self._reports: deque[tuple[Estate[Any] | None, Any]] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def __len__(self) -> int:
        return len(self._reports)

    def put(self, estate: Estate[Any] | None, report: Any) -> bool:
        """Take a report of *estate*, or of a timer; say whether there is still somebody to hear it."""
        if self.closed:
            return False
        self._reports.append((estate, report))
        waiter, loop = self._waiter, self._loop
        if waiter is None or loop is None:
            self.ref.wake()
        else:
            loop.call_soon_threadsafe(_arrive, waiter)
        return True

    def timer(self, child_id: str | None, serial: int) -> None:
        """A timer of the machine has fired."""
        self.put(None, TimerFired(child_id, serial))

    def knock(self) -> None:
        """Something else has come, on the loop of whoever waits: let it look."""
        if self._waiter is not None:
            _arrive(self._waiter)

    def take(self) -> tuple[Estate[Any] | None, Any] | None:
        """Return whose the oldest report is, None for a timer, and the report; None if there is none."""
        return self._reports.popleft() if self._reports else None

    async def arrival(self) -> None:
        """Wait until there is a report, or somebody knocks. Only one may wait."""
        self._loop = asyncio.get_running_loop()
        self._waiter = waiter = self._loop.create_future()
        try:
            # Looked at after the waiter stands there: a report that came before it would wake nobody.
            if not self._reports:
                await waiter
        finally:
            self._waiter = None


class SlotPort:
    """The parent of one child's estate: what it reports is about that child, and no other that has its id later."""

    __slots__ = ("_estate", "_port")

    def __init__(self, port: Port, estate: Estate[Any]) -> None:
        self._port = port
        self._estate = estate

    def control(self, message: Any) -> bool:
        """Take a report; say whether there is still somebody to hear it."""
        return self._port.put(self._estate, message)


def _arrive(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
