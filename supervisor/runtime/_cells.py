"""The cells of a runtime's sessions: what of each session outlives its actor, and the actor's supervisor too."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

from attrs import define, field
from stentor.actors import Clock, Drain, FaultPoints, Gate, Outbox, Parking, SessionCell, TimerHandle
from stentor.actors.ports import Outcomes
from stentor.actors.stores import MemoryStore
from stentor.protocol import Event, Limits, split_session_id
from stentor.protocol.errors import (
    SessionClosed,
    StentorError,
    StoreUnavailable,
    WebSocketManagerNotInitializedError,
)

from ..runs._bridge import Sticky

__all__ = ["Cells", "Place"]


@define(eq=False)
class Place:
    """One session in this process."""

    cell: SessionCell
    starting: asyncio.Future[None] | None = None
    """Done when its actor was started, or could not be."""
    closing: asyncio.Future[int] | None = None
    """Done when it is closed, with the number of events that were left."""
    wish: Drain | None = None
    """How it is to close."""
    awaited: bool = False
    """Whether somebody waits for that and learns what was left."""
    bound: TimerHandle | None = None
    """Ends it without its actor when its time is over."""
    ending: asyncio.Future[None] | None = None
    """It is being ended without its actor."""
    scopes: set[Sticky] = field(factory=set[Sticky])
    parked: Callable[[], StentorError] | None = None
    """Makes the error of a parked session; None while it is not parked."""
    parking: Parking | None = None
    """Why it is parked."""
    owed: list[Event] = field(factory=list[Event])
    """Ends of runs that could not be told while it was parked."""


@define
class Past:
    """Sums over sessions that are closed, and whose ledgers the store keeps no more."""

    sessions: int = 0
    accepted: int = 0
    acked: int = 0
    failed: Counter[str] = field(factory=Counter[str])


@define(eq=False)
class Cells:
    """Places by session id; made when a session is first named, dropped when it is closed."""

    store: MemoryStore
    gate: Gate
    limits: Limits
    node: str
    clock: Clock
    poll: float | None
    faults: FaultPoints | None
    up: Callable[[Any], None]
    shared: bool = False
    """Whether other processes use the store: its ledgers are not ours to drop then."""
    places: dict[str, Place] = field(factory=dict[str, Place], init=False)
    before: dict[str, int] = field(factory=dict[str, int], init=False)
    """Events accepted by outboxes that are gone, by session: the log still counts them."""
    unconfirmed_before: dict[str, int] = field(factory=dict[str, int], init=False)
    """Those of them that failed before the log had them, by session: it does not count those."""
    past: Past = field(factory=Past, init=False)
    refused_before: dict[str, int] = field(factory=dict[str, int], init=False)
    """Their refused emits, by code."""

    def find(self, session: str) -> Place | None:
        """Return the place of *session*, or None."""
        return self.places.get(session)

    def get(self, session: str) -> Place:
        """Return the place of *session*, a new one if there was none."""
        place = self.places.get(session)
        if place is None:
            store = self.store
            cell = SessionCell(
                Outbox(session, self.gate, level=store.log.level),
                store.log,
                store.ownership,
                store.inbox,
                store.hints,
                self.limits,
                self.up,
                node=self.node,
                poll=self.poll,
                faults=self.faults,
            )
            place = self.places[session] = Place(cell)
        return place

    def outbox(self, session: str) -> Outbox:
        """Return where the events of *session* come in.

        Raises:
            WebSocketManagerNotInitializedError: If the runtime does not run any more.
            SessionClosed: If it was closed, or never opened here.
        """
        place = self.places.get(session)
        if place is not None:
            return place.cell.outbox
        user, thread = split_session_id(session)
        error: StentorError = (
            SessionClosed(user_id=user, thread_id=thread)
            if self.gate.started
            else WebSocketManagerNotInitializedError(operation="emit", user_id=user, thread_id=thread)
        )
        with self.gate.lock:
            self.refused_before[error.code] = self.refused_before.get(error.code, 0) + 1
        raise error

    def drop(self, session: str) -> Place | None:
        """The session is closed: forget it, but for what an audit needs."""
        place = self.places.pop(session, None)
        if place is not None:
            place.cell.stop_timer()
            counts = place.cell.outbox.counts()
            self._count(session, counts.accepted, counts.unconfirmed)
            with self.gate.lock:
                for code, number in counts.refused.items():
                    self.refused_before[code] = self.refused_before.get(code, 0) + number
        return place

    def _count(self, session: str, accepted: int, unconfirmed: int) -> None:
        accepted += self.before.pop(session, 0)
        unconfirmed += self.unconfirmed_before.pop(session, 0)
        try:
            ledger = None if self.shared else self.store.log.forget(session)
        except StoreUnavailable:
            # It stays in the store, and is counted from there: that keeps no one waiting who closes a session.
            ledger = None
        if isinstance(ledger, Outcomes):
            past, failed = self.past, sum(ledger.counts.values())
            past.sessions += 1
            past.accepted += accepted
            past.acked += ledger.head - failed
            past.failed.update(ledger.counts)
            past.failed.update({"unconfirmed": unconfirmed} if unconfirmed else {})
        else:
            self.before[session] = accepted
            self.unconfirmed_before[session] = unconfirmed

    def hint(self, session: str, head: int) -> None:
        """Another process says that the log of *session* reaches *head*. Any thread."""
        place = self.places.get(session)
        if place is not None:
            place.cell.hint(head)
