"""The record of a runtime: it tells at once who was parked, and takes failures that were caught outside any actor."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from typing import Any

from attrs import evolve
from stentor.actors import ActorRef, Clock, Directory, TimerHandle
from stentor.protocol import split_session_id
from stentor.protocol.errors import NotFound

from ..ledger._entry import Entry
from ..ledger._record import Record

__all__ = ["RuntimeRecord"]


class RuntimeRecord(Record):
    """A record that knows where the actors stand, and logs its sums in time. Made on the runtime's loop.

    Args:
        size: How many entries stay in memory.
        clock: Where times come from.
        directory: The actors of the runtime.
        decided: Told each entry that says that an actor was parked, is tried again, or that its supervisor gives up.
    """

    def __init__(self, size: int, clock: Clock, directory: Directory, decided: Callable[[Entry], None]) -> None:
        super().__init__(size, clock)
        self._directory = directory
        self._decided = decided
        self._loop = asyncio.get_running_loop()
        self._timer: TimerHandle | None = None
        self._closed = False

    def add(self, entry: Entry) -> None:
        """Keep *entry*."""
        super().add(entry)
        if entry.kind in ("park", "unpark", "give_up"):
            self._decided(entry)

    decision = add

    def close(self) -> None:
        """Log what is held back. From here on no timer is set: what is summed waits for the next entry."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        self.flush()

    def _await(self) -> None:
        try:
            # In an empty context: whoever records may be an actor that is fenced, and those may set no timers.
            self._loop.call_soon_threadsafe(self._tick, context=contextvars.Context())
        except RuntimeError:  # The loop is closed, and with it the runtime.
            self._closed = True

    def _tick(self) -> None:
        seconds = self.flush_due()
        if seconds is not None and not self._closed:
            self._timer = self._clock.call_later(seconds, self._tick)

    def caught(
        self, path: str, session: str | None, error: BaseException, kind: str | None = None, **known: str
    ) -> None:
        """Keep *error*, which no actor raised, as a failure of whoever stands at *path*, or else of the root.

        Args:
            path: Where it belongs.
            session: Whose it is, where that is known.
            error: What failed.
            kind: What stands at *path*, or stood there; by default that of the actor.
            **known: What else is known of its context.
        """
        estate = self._directory.get(path) or self._directory.get("")
        if estate is None:
            self.note("failure", path=path, error=repr(error))
            return
        failure = estate.capture(error, "scope")
        if session is not None:
            user, thread = split_session_id(session)
            context = {"user_id": user, "thread_id": thread, "session_id": session, **known}
            failure = evolve(failure, path=path, kind=kind or failure.kind, context={**context, **failure.context})
        # Whoever raises it again passes this failure on.
        error.__dict__["failure_id"] = failure.id
        self.failure(failure)

    def ref(self, path: str) -> ActorRef[Any]:
        """Return the address of the actor at *path*.

        Raises:
            NotFound: If there is none.
        """
        estate = self._directory.get(path)
        if estate is None:
            raise NotFound(path)
        return estate.ref
