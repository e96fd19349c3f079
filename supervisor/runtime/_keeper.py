"""The keeper of sessions: lets their actors run, lets guests in, and speaks for a session whose actor can not."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from stentor.actors import ActorRef, Parking, SessionActor, Terminated
from stentor.protocol import CloseCode, split_session_id
from stentor.protocol.errors import (
    AlreadyStarted,
    SessionClosed,
    StentorError,
    WebSocketManagerNotInitializedError,
)

from ..policy._spec import ChildSpec
from ..runs._identity import Identity
from ..runs._watch import watch
from ._cells import Place
from ._closing import Closing
from ._lobby import Guest
from ._visitor import show_out

__all__ = ["Keeper", "session_template"]

_PARKED_MS = 60_000
_SOON_MS = 1000


def session_template() -> ChildSpec:
    """Return what the children of ``/sessions`` are made of. One that was closed stays down."""
    return ChildSpec("session", SessionActor, restart="transient", kind="session", shutdown=2.0)


class Keeper(Closing):
    """The half of the office that starts sessions, and hears of their ends."""

    def began(self, supervisor: ActorRef[Any]) -> None:
        """``/sessions`` stands at *supervisor*."""
        self._falling = False
        self._supervisor = supervisor
        # One for all sessions: a proxy looks through the whole class when it is made.
        self._proxy = supervisor.proxy()
        for session in list(self._cells.places):
            # It knows of none that was parked under its predecessor.
            self._forgotten(session)
            self.unparked(session)

    def falls(self) -> None:
        """``/sessions`` gives up, and stops its children; it will begin anew, or the runtime ends."""
        self._falling = True

    def reopen(self) -> None:
        """``/sessions`` began anew: start the actors of all sessions again."""
        for place in list(self._cells.places.values()):
            if place.ending is None:
                if place.starting is not None and place.starting.done():
                    place.starting = None
                self._task(self._reopened(place))

    async def _reopened(self, place: Place) -> None:
        try:
            await asyncio.shield(self._begin(place))
        except Exception as error:  # Whatever kept it from starting: it is told here, and its clients come back.
            self._record.caught(f"/sessions/{place.cell.session}", place.cell.session, error)
            if place.closing is not None:
                self._end(place)

    async def open(self, session: str) -> None:
        """Let the actor of *session* run, if it does not.

        Raises:
            ActorParked: If it is parked.
        """
        place = self._cells.get(session)
        while place.ending is not None:
            await asyncio.shield(place.ending)
            place = self._cells.get(session)
        if place.parked is not None:
            raise place.parked()
        await asyncio.shield(self._begin(place))

    def _begin(self, place: Place) -> asyncio.Future[None]:
        if place.starting is None:
            starting = place.starting = self._task(self._start(place))
            starting.add_done_callback(partial(self._started, place))
        return place.starting

    async def _start(self, place: Place) -> None:
        supervisor = self._supervisor
        if supervisor is None or not supervisor.is_alive():
            raise WebSocketManagerNotInitializedError(operation="session")
        try:
            ref: Any = await self._proxy.start_child(id=place.cell.session, args=(place.cell,))
        except AlreadyStarted as running:
            ref = running.ref
        if ref is None:
            raise SessionClosed(session=place.cell.session)
        watch(ref, partial(self._gone, place, place.starting))

    def _started(self, place: Place, starting: asyncio.Future[None]) -> None:
        error = None if starting.cancelled() else starting.exception()
        if error is not None:
            if place.starting is starting:
                place.starting = None
            # Nobody would ever answer them.
            self._show_all_out(place, CloseCode.STORE_UNAVAILABLE, _typed(error), _SOON_MS)

    def _gone(self, place: Place, starting: asyncio.Future[None] | None, message: Terminated) -> None:
        """The actor of *place* has ended for good."""
        if place.starting is not starting:
            return
        place.starting = None
        # With its supervisor all sessions go, and come back; else it was meant: the session has ended.
        if not self._falling and message.reason != "supervisor_gone":
            self._end(place)

    def admit(self, guest: Guest, who: Identity) -> None:
        """Give a guest's connection to its session; its actor is started if it does not run.

        Raises:
            StentorError: If that can not be.
        """
        session = guest.hello.session
        place = self._cells.get(session)
        connection = guest.visitor.connection
        if place.ending is not None:
            guest.visitor.taken_over()
            show_out(connection, CloseCode.SESSION_RESTARTED, SessionClosed(session=session), _SOON_MS)
            return
        if place.parked is not None:
            guest.visitor.taken_over()
            show_out(connection, CloseCode.SESSION_PARKED, place.parked(), _PARKED_MS)
            return
        # It waits in the session's estate until the actor is up.
        place.cell.attach(connection, guest.hello, who)
        if place.starting is None:
            self._begin(place).add_done_callback(partial(self._opened, session))

    def _opened(self, session: str, starting: asyncio.Future[None]) -> None:
        error = None if starting.cancelled() else starting.exception()
        if error is not None:
            self._record.caught(f"/sessions/{session}", session, error)

    def _forgotten(self, session: str) -> None:
        place = self._cells.find(session)
        if place is not None and place.parking is not None and place.parking.by_hand:
            text = "/sessions began anew and knows of no park by hand: the session runs again; park it anew"
            self._record.note("park_undone", path=f"/sessions/{session}", text=text)

    def parked(self, session: str, why: Parking, failure_id: str | None) -> None:
        """The session is parked, and *why*: speak for it."""
        place = self._cells.find(session)
        if place is None or place.ending is not None:
            return
        user, thread = split_session_id(session)

        def error() -> StentorError:
            now = self._cells.clock.now()
            parked = why.error(f"/sessions/{session}", now, user_id=user, thread_id=thread)
            parked.failure_id = failure_id
            return parked

        place.parked, place.parking = error, why
        if place.closing is not None:
            # It was to end, and nobody is there any more who could do it.
            self._end(place)
            return
        place.cell.outbox.shut(error)
        for scope in list(place.scopes):
            scope.fail(error())
        self._show_all_out(place, CloseCode.SESSION_PARKED, error(), _PARKED_MS)

    def unparked(self, session: str) -> None:
        """The session is tried again."""
        place = self._cells.find(session)
        if place is None or place.parked is None or place.ending is not None:
            return
        place.parked = place.parking = None
        place.cell.outbox.open()
        owed, place.owed = place.owed, []
        for event in owed:
            # The ends of runs that ended meanwhile: the page still shows them as going on.
            try:
                place.cell.outbox.accept(event, event.run_id, reserve=True)
            except StentorError as refused:
                self._record.refused(f"/sessions/{session}", event, refused)


def _typed(error: BaseException) -> StentorError:
    return error if isinstance(error, StentorError) else StentorError(f"the session did not start: {error!r}")
