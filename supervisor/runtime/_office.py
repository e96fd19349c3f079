"""The office: the bridge between agent code and sessions."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from stentor.actors import ActorRef, Drain, EndWanted, Prompt, SessionEnded
from stentor.protocol import CloseCode, Event, split_session_id
from stentor.protocol.errors import ActorParked, NotSupported, SessionClosed, StentorError

from ..runs._message import Message
from ._closing import flush_timeout
from ._keeper import Keeper

if TYPE_CHECKING:
    from stentor.actors import Receipt

    from ..runs._bridge import Sticky
    from ..runs._runs import Runs

__all__ = ["Office"]

_OWED = 64
"""Ends of runs that are kept for a parked session."""


class Office(Keeper):
    """Implements the bridge. Emitting works from any thread, everything else on the runtime's loop."""

    runs: Runs

    def emit(self, session: str, event: Event, writer: str | None = None, *, reserve: bool = False) -> Receipt:
        """Accept *event*, or raise here."""
        return self._cells.outbox(session).accept(event, writer, reserve=reserve)

    async def put(
        self, session: str, event: Event, writer: str | None, timeout: float | None, *, reserve: bool = False
    ) -> Receipt:
        """Accept *event*, and wait for room."""
        return await self._cells.outbox(session).put(event, writer, timeout, reserve=reserve)

    def enter(self, session: str, scope: Sticky) -> None:
        """Tell *scope* when the session is parked or closed; at once if it is."""
        place = self._cells.find(session)
        if place is None:
            raise SessionClosed(session=session)
        if place.parked is not None:
            raise place.parked()
        place.scopes.add(scope)

    def leave(self, session: str, scope: Sticky) -> None:
        """Tell it no more."""
        place = self._cells.find(session)
        if place is not None:
            place.scopes.discard(scope)

    def unsaid(self, session: str, event: Event, error: StentorError) -> None:
        """Record that the end of a run could not be told in band; a parked session's page learns it later."""
        self._record.refused(f"/sessions/{session}", event, error)
        place = self._cells.find(session)
        if isinstance(error, ActorParked) and place is not None and event.type in _ENDS and len(place.owed) < _OWED:
            place.owed.append(event)

    def hidden(self, session: str, error: BaseException, run_id: str) -> None:
        """Record the failure of a run that no actor raises."""
        self._record.caught(f"/runs/{run_id}", session, error, kind="run", run_id=run_id)

    def accepted(self, session: str) -> int:
        """Return how many events of *session* were accepted since it was opened."""
        place = self._cells.find(session)
        return -1 if place is None else place.cell.outbox.counts().accepted

    async def position(self, session: str) -> dict[str, Any]:
        """Return how far *session* is."""
        outbox = self._cells.outbox(session)
        ledger: Any = await _answered(self._cells.store.log.outcomes(session))
        return {
            "epoch": ledger.epoch,
            "head": ledger.head,
            "floor": ledger.floor,
            "buffered": ledger.count + outbox.counts().pending,
        }

    async def outcomes(self, session: str) -> Any:
        """Return the ledger of *session*."""
        return await _answered(self._cells.store.log.outcomes(session))

    async def say(self, session: str, kind: str, data: Any) -> str:
        """Give *session* a message as if its client had said it."""
        user, thread = split_session_id(session)
        message = Message(type=kind, data=data, user_id=user, thread_id=thread, run_id=f"r{uuid4().hex[:12]}")
        self.runs.offer(session, message)
        return message.run_id

    async def cancel(self, session: str, run_id: str | None, reason: str) -> int:
        """End the runs of *session*."""
        return self.runs.cancel(session, run_id, reason)

    async def close(self, session: str, timeout: float) -> None:
        """End *session*.

        Raises:
            FlushTimeout: If events had no outcome when its time was over.
        """
        left = await self.drain(session, timeout, CloseCode.SESSION_CLOSED, None)
        if left:
            raise flush_timeout(session, left, timeout)

    def heard(self, message: Any) -> None:
        """Take what a session says to the one above it. Called inside its step: returns at once."""
        match message:
            case Prompt():
                self.runs.prompted(message, self._ref(message.session))
            case EndWanted(session):
                place = self._cells.find(session)
                if place is not None:
                    self._close(place, Drain(5.0))
            case SessionEnded(session, left):
                place = self._cells.find(session)
                if place is not None and place.ending is None:
                    self._ended(place, left)
            case _:
                raise NotSupported(f"{type(message).__name__} from a session", "there is no hook for it")

    def _ref(self, session: str) -> ActorRef[Any]:
        return self._record.ref(f"/sessions/{session}")


_ENDS = ("agent_completed", "agent_failed", "agent_cancelled")


async def _answered(answer: Any) -> Any:
    return await answer if asyncio.iscoroutine(answer) or asyncio.isfuture(answer) else answer
