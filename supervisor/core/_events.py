"""What a supervisor's machine is told: what became of its children, a timer, a call, the order to stop."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from attrs import define

from ..policy._policy import RestartPolicy
from ..policy._spec import ChildSpec

__all__ = [
    "Boot",
    "ChildExited",
    "ChildIgnored",
    "ChildPending",
    "ChildStartFailed",
    "ChildStarted",
    "DeleteChild",
    "Event",
    "ExitClass",
    "LateExit",
    "ParkChild",
    "RestartChild",
    "SetPolicy",
    "StartChild",
    "StopAll",
    "TerminateChild",
    "TimerFired",
    "UnparkChild",
]

ExitClass = Literal["normal", "shutdown", "killed", "crash", "planned"]

# A *life* below is the number that the child had when its start was asked for: an id alone, or with an incarnation, may
# be that of another child that was there before.
#
# None of these is hashed or changed once it is made; `frozen` would double what making one costs at each crash.


@define
class Boot:
    """Start the children of the list, in order."""


@define
class StopAll:
    """Stop everything and end: the supervisor itself was told to stop."""


@define
class ChildStarted:
    """The start of life *life* returned."""

    child_id: str
    life: int


@define
class ChildPending:
    """The start of life *life* goes on; its answer comes later."""

    child_id: str
    life: int


@define
class ChildStartFailed:
    """The start of life *life* failed; *failure* is handed on as it is."""

    child_id: str
    life: int
    exception: BaseException
    failure: Any = None


@define
class ChildIgnored:
    """The start of life *life* declined: there is nothing to run."""

    child_id: str
    life: int


@define
class ChildExited:
    """Life *life* is gone; *healthy* tells that it did what it is for (a session: handled a message).

    *resumable* False says that it can not go on: a policy that has it resume came too late for it.
    """

    child_id: str
    life: int
    reason: ExitClass
    exception: BaseException | None = None
    failure: Any = None
    healthy: bool = True
    resumable: bool = True


@define
class LateExit:
    """An end that came while its siblings were being started or stopped; the machine hands it to itself."""

    event: ChildExited
    child: Any


@define
class TimerFired:
    """The timer *serial* of a child is due; of the supervisor itself, where *child_id* is None."""

    child_id: str | None
    serial: int


@define
class StartChild:
    """Add a child and start it. Here and below *call* is handed back with the answer, unread."""

    call: Any
    spec: ChildSpec


@define
class TerminateChild:
    """Stop a child for good; its spec is kept, unless it is temporary or the supervisor dynamic."""

    call: Any
    child_id: str


@define
class RestartChild:
    """Start a stopped child; with *now*, also one that waits for its backoff."""

    call: Any
    child_id: str
    now: bool = False


@define
class DeleteChild:
    """Forget a stopped child."""

    call: Any
    child_id: str


@define
class ParkChild:
    """Stop a child and set it aside: kept, visible, not restarted."""

    call: Any
    child_id: str


@define
class UnparkChild:
    """Try a parked child again; one failure parks it again."""

    call: Any
    child_id: str


@define
class SetPolicy:
    """Let *policy* be in force from now on; with *duration*, for so many seconds."""

    call: Any
    policy: RestartPolicy
    reason: str
    duration: float | None = None


Call: TypeAlias = StartChild | TerminateChild | RestartChild | DeleteChild | ParkChild | UnparkChild
Event: TypeAlias = (
    Boot
    | StopAll
    | ChildStarted
    | ChildPending
    | ChildStartFailed
    | ChildIgnored
    | ChildExited
    | LateExit
    | TimerFired
    | SetPolicy
    | Call
)
