"""A bridge for tests of the scope: it keeps what was emitted, and refuses when told to."""

from __future__ import annotations

from typing import Any

from stentor.protocol import Event
from stentor.protocol.errors import StentorError


class ListBridge:
    """Accepts everything into a list, until ``refuse`` holds an exception."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.reserved: list[Event] = []
        self.refuse: StentorError | None = None
        self.scopes: set[Any] = set()
        self.unsaid_events: list[tuple[Event, StentorError]] = []
        self.hidden_errors: list[BaseException] = []

    def emit(self, session: str, event: Event, writer: str | None = None, *, reserve: bool = False) -> Any:
        if self.refuse is not None:
            error, self.refuse = self.refuse, None
            raise error
        self.events.append(event)
        if reserve:
            self.reserved.append(event)
        return len(self.events)

    async def put(
        self, session: str, event: Event, writer: str | None, timeout: float | None, *, reserve: bool = False
    ) -> Any:
        return self.emit(session, event, writer, reserve=reserve)

    def enter(self, session: str, scope: Any) -> None:
        self.scopes.add(scope)

    def leave(self, session: str, scope: Any) -> None:
        self.scopes.discard(scope)

    def unsaid(self, session: str, event: Event, error: StentorError) -> None:
        self.unsaid_events.append((event, error))

    def hidden(self, session: str, error: BaseException, run_id: str) -> None:
        self.hidden_errors.append(error)

    def accepted(self, session: str) -> int:
        return len(self.events)

    @property
    def types(self) -> list[str]:
        """The types of the events, in order."""
        return [event.type for event in self.events]
