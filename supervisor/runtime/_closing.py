"""How sessions end: by their actor where there is one, else by the hand that stands here; within a bound, always."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Coroutine
from functools import partial
from typing import Any

from stentor.actors import ActorRef, Drain, fail_leftovers
from stentor.protocol import CloseCode, split_session_id
from stentor.protocol.errors import ActorDied, FlushTimeout, NotFound, SessionClosed, StentorError

from ._cells import Cells, Place
from ._record import RuntimeRecord
from ._visitor import show_out

__all__ = ["Closing", "flush_timeout"]

_GRACE = 0.5
"""Seconds over its bound after which a session that has not ended is ended without its actor."""


class Closing:
    """The half of the office that ends sessions. Used on the runtime's loop."""

    def __init__(self, cells: Cells, record: RuntimeRecord) -> None:
        self._cells = cells
        self._record = record
        self._supervisor: ActorRef[Any] | None = None
        self._proxy: Any = None
        self._falling = False
        self._tasks: set[asyncio.Task[Any]] = set()

    async def drain(
        self, session: str, timeout: float, code: CloseCode, after_ms: int | None, *, keep: bool = False
    ) -> int:
        """Close *session* within *timeout* seconds; return how many events were left without an ack.

        What is left then fails, or stays in the store if *keep*. The wish stands in the session's estate and outlives
        its crashes; where nobody is there to follow it, or not within half a second over its time, the session is
        ended from here.
        """
        place = self._cells.find(session)
        if place is None:
            return 0
        place.awaited = True
        return await asyncio.shield(self._close(place, Drain(timeout, code, after_ms, keep)))

    async def over(self) -> None:
        """The tree has fallen: end what was to end and has not."""
        for place in list(self._cells.places.values()):
            if place.closing is not None:
                self._end(place)
        endings = [place.ending for place in self._cells.places.values() if place.ending is not None]
        await asyncio.gather(*endings)

    def _close(self, place: Place, wish: Drain) -> asyncio.Future[int]:
        if place.closing is None:
            place.closing = asyncio.get_running_loop().create_future()
        if place.ending is None:
            place.cell.close(wish)
            if place.wish is None or place.cell.draining is wish:
                place.wish = wish
                self._bound(place)
            if place.parked is None:
                self._task(self._up_or_end(place))
            else:
                self._end(place)
        return place.closing

    def _bound(self, place: Place) -> None:
        clock = self._cells.clock
        if place.bound is not None:
            place.bound.cancel()
        place.bound = clock.call_later(max(0.0, place.cell.deadline - clock.now()) + _GRACE, partial(self._end, place))

    async def _up_or_end(self, place: Place) -> None:
        """Its actor ends it; where that can not be had, nobody is there who could deliver what is left."""
        try:
            await asyncio.shield(self._begin(place))
        except Exception as error:  # Whatever it is, it was raised by the start, and stands on record there.
            self._record.note("ended_without_actor", path=_path(place), reason=repr(error)[:300])
            self._end(place)

    def _begin(self, place: Place) -> asyncio.Future[None]:
        """Let the actor of *place* run, if it does not; done when it does, or can not."""
        raise NotImplementedError

    def _end(self, place: Place) -> None:
        """End the session of *place* without its actor."""
        if place.ending is None and self._cells.find(place.cell.session) is place:
            place.cell.outbox.close()
            place.ending = self._task(self._bury(place))

    async def _bury(self, place: Place) -> None:
        wish = place.wish or Drain(0.0)
        left = await fail_leftovers(place.cell, self._record, _path(place), keep=wish.keep)
        code = CloseCode.FLUSH_TIMEOUT if left and place.wish is not None else wish.code
        session = place.cell.session
        error = flush_timeout(session, left, wish.timeout) if left else SessionClosed(session=session)
        self._show_all_out(place, code, error, wish.after_ms)
        self._ended(place, left)

    def _ended(self, place: Place, left: int) -> None:
        session = place.cell.session
        self._cells.drop(session)
        if place.bound is not None:
            place.bound.cancel()
        user, thread = split_session_id(session)
        for scope in list(place.scopes):
            scope.fail(SessionClosed(user_id=user, thread_id=thread))
        if place.closing is not None and not place.closing.done():
            place.closing.set_result(left)
        if left and not place.awaited:
            self._record.caught(_path(place), session, flush_timeout(session, left, (place.wish or Drain(0.0)).timeout))
        self._terminate(session)

    def _terminate(self, session: str) -> None:
        if self._supervisor is not None and self._supervisor.is_alive():
            # Asked for at once: a start of the same name that comes later finds its place free.
            self._task(self._look(session, self._proxy.terminate_child(session)))

    async def _look(self, session: str, answer: Any) -> None:
        try:
            await answer
        except (NotFound, ActorDied):
            return  # It is gone already, or its supervisor is, and all sessions with it.
        except StentorError as error:
            self._record.caught(f"/sessions/{session}", session, error)

    def _task(self, job: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        # In an empty context: this may be called inside somebody's step, and what runs here is no part of that.
        task = asyncio.get_running_loop().create_task(job, context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _show_all_out(self, place: Place, code: CloseCode, error: StentorError, after_ms: int | None) -> None:
        for wire in list(place.cell.emitter.wires.values()):
            if not wire.ended:
                show_out(wire.connection, code, error, after_ms)


def flush_timeout(session: str, left: int, timeout: float) -> FlushTimeout:
    """Return the error of *left* events that had no ack in time."""
    user, thread = split_session_id(session)
    return FlushTimeout(
        f"{left} events were unacknowledged after {timeout:g} s", user_id=user, thread_id=thread, left=left
    )


def _path(place: Place) -> str:
    return f"/sessions/{place.cell.session}"
