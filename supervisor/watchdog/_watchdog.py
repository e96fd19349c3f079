"""Watchdog: a thread beside an event loop; asyncio can not interrupt what blocks it, but this one names it."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Self

from stentor.actors import Recorder
from stentor.protocol.errors import BadUsage

from ._culprit import Culprit, culprit
from ._pulse import Pulse

__all__ = ["Watchdog"]

_LOOKS = 4
"""Looks within the limit."""
_FAREWELL = 1.0
"""Seconds that its thread may take to end; it takes none, unless the whole process stands still."""


class Watchdog:
    """Records ``stall`` while a loop is blocked, with the actor and the line, and ``stall_over`` after it.

    A handler that blocks holds up every actor of its loop, the supervisor too, so nobody on that loop can tell. Code
    that blocks belongs in a ``ThreadActor``, or in a thread. What never lets go of the interpreter's lock, as some
    extensions do, stops this thread as well, and is noticed only by what comes after it.

    Args:
        recorder: Where it records; called in the watchdog's thread.
        limit: Seconds that the loop may be busy with one thing.
        loop: The loop to watch; by default the one that runs.

    Raises:
        BadUsage: If *limit* is not more than 0.
    """

    def __init__(self, recorder: Recorder, limit: float = 1.0, loop: asyncio.AbstractEventLoop | None = None) -> None:
        if not 0 < limit < float("inf"):
            raise BadUsage(f"limit is {limit!r}; allowed: seconds, more than 0")
        self._recorder = recorder
        here = asyncio._get_running_loop()
        self._loop = asyncio.get_running_loop() if loop is None else loop
        self._pulse = Pulse(limit, limit / _LOOKS)
        self._thread_id = threading.get_ident() if here is self._loop else None
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._path = ""
        self._thread = threading.Thread(target=self._watch, name="stentor-watchdog", daemon=True)

    def start(self) -> Self:
        """Begin to watch."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Watch no more; its thread ends at once."""
        self._over.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            # It waits for nothing but this event, and holds the recorder and the loop until it has seen it.
            self._thread.join(_FAREWELL)

    def _watch(self) -> None:
        while not self._over.wait(self._pulse.every):
            with self._lock:
                sign = self._pulse.look(time.monotonic())
            if sign == "ask":
                try:
                    self._loop.call_soon_threadsafe(self._beat)
                except RuntimeError:  # The loop is closed: there is nothing left to watch.
                    return
            elif sign == "blocked":
                self._report()

    def _beat(self) -> None:
        self._thread_id = threading.get_ident()
        with self._lock:
            blocked = self._pulse.beat(time.monotonic())
        if blocked is not None:
            self._recorder.note("stall_over", path=self._path, seconds=round(blocked, 3))

    def _report(self) -> None:
        found = None if self._thread_id is None else culprit(self._thread_id)
        with self._lock:
            # Between the look and the stack it may have come free: what is on the stack now blocks nobody. Noted within
            # the lock, or its end could be noted first.
            if not self._pulse.reported or self._pulse.asked is None:
                return
            self._note(found, round(time.monotonic() - self._pulse.asked, 3))

    def _note(self, found: Culprit | None, seconds: float) -> None:
        if found is None:
            self._recorder.note("stall", seconds=seconds, line="unknown: the loop has not run yet")
            return
        self._path = found.path
        self._recorder.note(
            "stall",
            path=found.path,
            incarnation=found.incarnation,
            seconds=seconds,
            line=found.line,
            function=found.function,
            stack=found.stack,
        )
