"""The office: the bridge between agent code and sessions, and what happens to a session as a whole."""

from __future__ import annotations

import asyncio
import contextvars
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from stentor.actors import (
    ActorRef,
    Drain,
    EndWanted,
    Prompt,
    SessionActor,
    SessionEnded,
)
from stentor.protocol import CloseCode, Event, split_session_id
from stentor.protocol.errors import (
    ActorParked,
    AlreadyStarted,
    FlushTimeout,
    NotSupported,
    SessionClosed,
    StentorError,
    WebSocketManagerNotInitializedError,
)

from ..policy._spec import ChildSpec
from ..runs._identity import Identity
from ..runs._message import Message
from ._cells import Cells, Place
from ._lobby import Guest
from ._visitor import show_out

if TYPE_CHECKING:
    from stentor.actors import Receipt

    from ..runs._bridge import Sticky
    from ..runs._runs import Runs
    from ._record import RuntimeRecord

__all__ = ["Office", "session_template"]

_PARKED_MS = 60_000


def session_template() -> ChildSpec:
    """Return what the children of ``/sessions`` are made of. One that was closed stays down."""
    return ChildSpec("session", SessionActor, restart="transient", kind="session", shutdown=2.0)


class Office:
    """Implements the bridge. Emitting works from any thread, everything else on the runtime's loop."""

    def __init__(self, cells: Cells, record: RuntimeRecord) -> None:
        self._cells = cells
        self._record = record
        self.runs: Runs
        self.supervisor: ActorRef[Any] | None = None
        """``/sessions``; set once the tree stands."""

    # What agent code does

    def emit(self, session: str, event: Event, writer: str | None = None) -> Receipt:
        """Accept *event*, or raise here."""
        return self._cells.outbox(session).accept(event, writer)

    async def put(self, session: str, event: Event, writer: str | None, timeout: float | None) -> Receipt:
        """Accept *event*, and wait for room."""
        return await self._cells.outbox(session).put(event, writer, timeout)

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
        """Record that the end of a run could not be told in band."""
        self._record.refused(f"/sessions/{session}", event, error)

    def hidden(self, session: str, error: BaseException) -> None:
        """Record a failure that is raised nowhere."""
        self._record.caught(f"/sessions/{session}", session, error)

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
            raise _flush_timeout(session, left, timeout)

    # What happens to a session as a whole

    async def open(self, session: str) -> None:
        """Let the actor of *session* run, if it does not.

        Raises:
            ActorParked: If it failed too often.
        """
        place = self._cells.get(session)
        if place.parked is not None:
            raise place.parked()
        if place.starting is None:
            place.starting = asyncio.ensure_future(self._start(place))
        await asyncio.shield(place.starting)

    async def _start(self, place: Place) -> None:
        if self.supervisor is None or not self.supervisor.is_alive():
            raise WebSocketManagerNotInitializedError(operation="session")
        try:
            await self.supervisor.proxy().start_child(id=place.cell.session, args=(place.cell,))
        except AlreadyStarted:
            return
        except BaseException:
            place.starting = None
            raise

    def reopen(self) -> None:
        """The supervisor of the sessions began anew: start the actors of all sessions again."""
        for place in self._cells.places.values():
            place.starting = asyncio.ensure_future(self._start(place))

    def admit(self, guest: Guest, who: Identity) -> None:
        """Give a guest's connection to its session; its actor is started if it does not run.

        Raises:
            StentorError: If that can not be.
        """
        session = guest.hello.session
        place = self._cells.get(session)
        connection = guest.visitor.connection
        if place.parked is not None:
            guest.visitor.taken_over()
            show_out(connection, CloseCode.SESSION_PARKED, place.parked(), _PARKED_MS)
            return
        # It waits in the session's estate until the actor is up.
        place.cell.attach(connection, guest.hello, who)
        if place.starting is None:
            task = asyncio.get_running_loop().create_task(self.open(session), context=contextvars.Context())
            task.add_done_callback(partial(self._opened, session))

    def _opened(self, session: str, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        place = self._cells.find(session)
        if error is None or place is None:
            return
        self._record.caught(f"/sessions/{session}", session, error)
        self._show_all_out(place, CloseCode.STORE_UNAVAILABLE, _typed(error), 1000)

    def parked(self, session: str, failure_id: str | None) -> None:
        """The session failed too often: speak for it."""
        place = self._cells.find(session)
        if place is None:
            return
        user, thread = split_session_id(session)

        def error() -> StentorError:
            parked = ActorParked(user_id=user, thread_id=thread, path=f"/sessions/{session}")
            parked.failure_id = failure_id
            return parked

        place.parked = error
        place.cell.outbox.shut(error)
        for scope in list(place.scopes):
            scope.fail(error())
        self._show_all_out(place, CloseCode.SESSION_PARKED, error(), _PARKED_MS)

    def unparked(self, session: str) -> None:
        """The session is tried again."""
        place = self._cells.find(session)
        if place is not None and place.parked is not None:
            place.parked = None
            place.cell.outbox.open()

    def heard(self, message: Any) -> None:
        """Take what a session says to the one above it. Called inside its step: returns at once."""
        match message:
            case Prompt():
                self.runs.prompted(message, self._ref(message.session))
            case EndWanted(session):
                self._ref(session).control(Drain(5.0))
            case SessionEnded(session, left):
                self._ended(session, left)
            case _:
                raise NotSupported(f"{type(message).__name__} from a session", "there is no hook for it")

    async def drain(
        self, session: str, timeout: float, code: CloseCode, after_ms: int | None, *, keep: bool = False
    ) -> int:
        """Close *session* within *timeout* seconds; return how many events were left without an ack.

        What is left then fails, or stays in the store if *keep*.
        """
        place = self._cells.find(session)
        if place is None:
            return 0
        if place.closing is None:
            place.closing = asyncio.get_running_loop().create_future()
            try:
                await self.open(session)
                self._ref(session).control(Drain(timeout, code, after_ms, keep))
            except StentorError:
                # Parked, or its supervisor is gone: nobody is there who could deliver what is left.
                left = place.left
                place.cell.outbox.end()
                self._ended(session, left)
        return await asyncio.shield(place.closing)

    def _ended(self, session: str, left: int) -> None:
        place = self._cells.drop(session)
        if place is None:
            return
        user, thread = split_session_id(session)
        for scope in list(place.scopes):
            scope.fail(SessionClosed(user_id=user, thread_id=thread))
        if place.closing is not None and not place.closing.done():
            place.closing.set_result(left)
        elif left:
            self.hidden(session, _flush_timeout(session, left, 5.0))
        if self.supervisor is not None and self.supervisor.is_alive():
            self.supervisor.proxy().terminate_child(session)

    def _ref(self, session: str) -> ActorRef[Any]:
        return self._record.ref(f"/sessions/{session}")

    def _show_all_out(self, place: Place, code: CloseCode, error: StentorError, after_ms: int) -> None:
        for wire in list(place.cell.emitter.wires.values()):
            if not wire.ended:
                show_out(wire.connection, code, error, after_ms)


async def _answered(answer: Any) -> Any:
    return await answer if asyncio.iscoroutine(answer) or asyncio.isfuture(answer) else answer


def _typed(error: BaseException) -> StentorError:
    return error if isinstance(error, StentorError) else StentorError(f"the session did not start: {error!r}")


def _flush_timeout(session: str, left: int, timeout: float) -> FlushTimeout:
    user, thread = split_session_id(session)
    return FlushTimeout(
        f"{left} events were unacknowledged after {timeout:g} s", user_id=user, thread_id=thread, left=left
    )
