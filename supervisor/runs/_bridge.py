"""The bridge: what a run, a tool and a session handle need of the runtime, and nothing more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from stentor.protocol import Event
from stentor.protocol.errors import StentorError

if TYPE_CHECKING:
    from stentor.actors import Receipt

__all__ = ["Bridge", "Sticky"]


class Sticky(Protocol):
    """A scope that a session's end must reach."""

    def fail(self, error: BaseException) -> None:
        """Take *error* as the scope's failure, if it is its first. Any thread."""

    @property
    def failure(self) -> BaseException | None:
        """The scope's first failure, or None."""
        ...

    @property
    def over(self) -> bool:
        """Whether nothing may be told through it any more."""
        ...


class Bridge(Protocol):
    """Between agent code and sessions; every session is named by its id, wherever it lives."""

    def emit(self, session: str, event: Event, writer: str | None = None, *, reserve: bool = False) -> Receipt:
        """Accept *event* for *session*, or raise here. Any thread, never waits.

        With *reserve* it may go a little above the limits: for the end of a run.
        """
        ...

    async def put(
        self, session: str, event: Event, writer: str | None, timeout: float | None, *, reserve: bool = False
    ) -> Receipt:
        """Accept *event*, and wait for room up to *timeout* seconds.

        Raises:
            EmitTimeout: If there was none in time.
        """
        ...

    def enter(self, session: str, scope: Sticky) -> None:
        """Tell *scope* from now on when *session* is parked or closed."""

    def leave(self, session: str, scope: Sticky) -> None:
        """Tell it no more."""

    def unsaid(self, session: str, event: Event, error: StentorError) -> None:
        """Record that the end of a run could not be told in band."""

    def hidden(self, session: str, error: BaseException, run_id: str) -> None:
        """Record the failure of a run that no actor raises."""

    def accepted(self, session: str) -> int:
        """Return how many events of *session* were accepted."""
        ...

    async def position(self, session: str) -> Any:
        """Return how far *session* is."""

    async def outcomes(self, session: str) -> Any:
        """Return what became of the events of *session*."""

    async def say(self, session: str, kind: str, data: Any) -> str:
        """Give *session* a message of *kind* as if its client had said it; return the id of its run."""
        ...

    async def cancel(self, session: str, run_id: str | None, reason: str) -> int:
        """End the runs of *session*, or the one of *run_id*; return how many there were."""
        ...

    async def close(self, session: str, timeout: float) -> None:
        """End *session*: wait up to *timeout* seconds for its last acks."""
