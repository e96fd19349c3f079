"""What of a session outlives its actor: the machine's state, the sockets, the outbox, and the ports to use."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from attrs import define, field
from stentor.protocol import HelloFrame, Limits, ServerSession
from stentor.protocol.transports import Connection

from .._clock import TimerHandle
from ..guarded._faults import FaultPoints
from ..ports import Hints, Inbox, Log, Ownership
from ._emitter import Emitter
from ._messages import Drain
from ._outbox import Outbox

__all__ = ["LOOKS", "SessionCell"]

LOOKS = 32
"""How often in the life of an event is looked whether it is over."""


@define(eq=False)
class SessionCell:
    """The estate of one session, lent to each incarnation of its actor.

    Args:
        outbox: Of this process and this session.
        log, ownership, inbox, hints: The store's ports.
        limits: Bounds and waits.
        up: Gets Prompt, SnapshotWanted, EndWanted and SessionEnded; returns at once. None: prompts are refused.
        node: Name of this process.
        snapshots: Whether *up* answers SnapshotWanted.
        poll: Seconds between looks at the log where other processes share it; None if none does.
        faults: Fault points, for tests.
    """

    outbox: Outbox
    log: Log
    ownership: Ownership
    inbox: Inbox
    hints: Hints
    limits: Limits
    up: Callable[[Any], None] | None = None
    node: str = "local"
    snapshots: bool = False
    poll: float | None = None
    faults: FaultPoints | None = None
    machine: ServerSession = field(init=False)
    emitter: Emitter = field(init=False, factory=Emitter)
    timer: TimerHandle | None = field(init=False, default=None)
    timer_at: float = field(init=False, default=inf)
    poll_at: float | None = field(init=False, default=None)
    expire_at: float = field(init=False, default=inf)
    """When to look for events that are too old."""
    hinted: int = field(init=False, default=0)
    trying: int = field(init=False, default=0)
    """How often the oldest arrival was begun: one that crashed two incarnations is set aside."""
    handed: dict[tuple[str, int], Any] | None = field(init=False, default=None)
    """Messages of clients that were handed up, with their answers: until the inbox has those."""
    draining: Drain | None = field(init=False, default=None)
    """Somebody wants the session to end, and the machine does not know it yet."""
    deadline: float = field(init=False, default=inf)
    """When it is to have ended, at the latest."""
    over: bool = field(init=False, default=False)
    """It ended without its actor: no incarnation takes it up any more."""
    judged: set[int] = field(init=False, factory=set[int])
    """Lines whose vanishing was raised: ``recover`` repeats how they ended, and one failure is raised once."""

    untold: str | None = field(init=False, default=None)
    """Id of the failure that took the user's connection too: who comes next is told of it."""

    def __attrs_post_init__(self) -> None:
        self.machine = ServerSession(self.session, self.limits, snapshots=self.snapshots)

    @property
    def session(self) -> str:
        """Name of the session."""
        return self.outbox.session

    def bind(self, wake: Callable[[], None]) -> None:
        """Let everything that happens call *wake*: the address is the same for every incarnation."""
        self.outbox.wake = wake
        self.emitter.wake = wake

    def attach(self, connection: Connection, hello: HelloFrame, identity: Any = None) -> int:
        """Bring a socket into the estate; on the session's loop. Return its line number.

        The peer said *hello* and was let in. It waits here also while the actor is down.
        """
        return self.emitter.attach(connection, hello, identity)

    def close(self, drain: Drain) -> None:
        """Let the session end as *drain* says: here and now it accepts nothing more, its actor does the rest.

        The wish belongs to the estate: an incarnation that crashes leaves it to the next. Of several wishes the one
        with the earliest end is followed.
        """
        now = self.outbox.clock.now()
        deadline = now + drain.timeout
        self.outbox.close()
        if deadline < self.deadline and now < self.deadline:
            self.draining = drain
            self.deadline = deadline
        if self.outbox.wake is not None:
            self.outbox.wake()

    def hint(self, head: int) -> None:
        """Another process says that the log reaches *head*. From any thread."""
        if head > self.hinted:
            self.hinted = head
            if self.outbox.wake is not None:
                self.outbox.wake()

    def hold(self, now: float, *, taken: bool = False) -> None:
        """There are events without an outcome: let them be looked at when they can be too old, or soon if *taken* over.

        A take-over brings events of any age.
        """
        if taken:
            self.expire_at = min(self.expire_at, now + self.log.age / LOOKS)
        elif self.expire_at == inf:
            self.expire_at = now + self.log.age

    def stop_timer(self) -> None:
        """Let the clock not wake the session."""
        if self.timer is not None:
            self.timer.cancel()
        self.timer = None
        self.timer_at = inf

    def timer_fired(self) -> None:
        """The machine, or the poll, has something to do by now."""
        self.timer = None
        self.timer_at = inf
        if self.outbox.wake is not None:
            self.outbox.wake()
