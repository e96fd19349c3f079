"""The record of a runtime: it tells at once who was parked, and takes failures that were caught outside any actor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import evolve
from stentor.actors import ActorRef, Clock, Directory
from stentor.protocol import split_session_id
from stentor.protocol.errors import NotFound

from ..ledger._entry import Entry
from ..ledger._record import Record

__all__ = ["RuntimeRecord"]


class RuntimeRecord(Record):
    """A record that knows where the actors stand.

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

    def add(self, entry: Entry) -> None:
        """Keep *entry*."""
        super().add(entry)
        if entry.kind in ("park", "unpark", "give_up"):
            self._decided(entry)

    decision = add

    def caught(self, path: str, session: str | None, error: BaseException) -> None:
        """Keep *error*, which no actor raised, as a failure of whoever stands at *path*, or else of the root."""
        estate = self._directory.get(path) or self._directory.get("")
        if estate is None:
            self.note("failure", path=path, error=repr(error))
            return
        failure = estate.capture(error, "scope")
        if session is not None:
            user, thread = split_session_id(session)
            context = {"user_id": user, "thread_id": thread, "session_id": session}
            failure = evolve(failure, path=path, context={**context, **failure.context})
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
