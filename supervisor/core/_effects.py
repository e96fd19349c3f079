"""What a supervisor's machine asks for: start, stop, abandon, park, a timer, an entry of the record, an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from attrs import define

from ._child import Child

__all__ = [
    "Abandon",
    "Booted",
    "CancelTimer",
    "Close",
    "Decided",
    "Effect",
    "Exit",
    "Fail",
    "Park",
    "Reply",
    "ReplyRef",
    "RequestStop",
    "Resume",
    "SetTimer",
    "Start",
]


@define
class Start:
    """Launch the next incarnation of *child*.

    ``rung`` says how much of what it had is thrown away: 0 where it had nothing, 1 nothing but its incarnation; more
    on a ladder, where it counts the charged failures in the window of the child's budget.
    """

    child: Child
    rung: int = 1


@define
class Resume:
    """Let the failed incarnation of *child* go on with its state."""

    child: Child


@define
class RequestStop:
    """Ask *child* to stop, ahead of its backlog."""

    child: Child


@define
class Abandon:
    """Fence the incarnation of *child*: whatever it still does is refused. It counts as gone.

    With ``why="start_timeout"`` its start is then to be reported as failed.
    """

    child: Child
    why: Literal["shutdown_timeout", "start_timeout", "brutal_kill"]


@define
class Park:
    """Keep the slot of *child*, and fail whoever waits for an answer."""

    child: Child


@define
class Close:
    """Close the slot of *child*: it is stopped for good, or dropped."""

    child: Child
    reason: str


@define
class SetTimer:
    """Tell the machine *serial* after *delay* seconds; *child* None is the supervisor's own timer."""

    child: Child | None
    serial: int
    delay: float


@define
class CancelTimer:
    """Forget the timer *serial*."""

    child: Child | None
    serial: int


@define
class Decided:
    """An entry of the record, to be written before what it decides is done; *child* None: it is about all of them."""

    kind: Literal["failure", "restart", "give_up", "park", "unpark", "hold", "release", "abandoned", "policy", "note"]
    child: Child | None
    decision: str
    rule: str
    failure: Any = None
    cause: Any = None
    attempt: int | None = None
    delay: float | None = None
    charged: bool = False
    in_window: int | None = None
    max_restarts: int | None = None
    window_s: float | None = None
    rung: int | None = None
    facts: Mapping[str, Any] | None = None


@define
class Reply:
    """Answer a call."""

    call: Any
    value: object


@define
class ReplyRef:
    """Answer a call with the address of *child*."""

    call: Any
    child: Child


@define
class Fail:
    """Answer a call with an exception."""

    call: Any
    exception: BaseException


@define
class Booted:
    """All children of the list were started."""


@define
class Exit:
    """Nothing runs any more: end.

    ``stopped`` as told, ``start_failed`` where the first start of a child failed, ``gave_up`` where the budget is
    spent, ``escalated`` where a child's failure is to be the supervisor's own, ``auto_shutdown`` where a significant
    child ended, and the supervisor with it, as planned.
    """

    why: Literal["stopped", "start_failed", "gave_up", "escalated", "auto_shutdown"]
    child: Child | None = None
    exception: BaseException | None = None
    failures: tuple[Any, ...] = ()


Effect: TypeAlias = (
    Start
    | Resume
    | RequestStop
    | Abandon
    | Park
    | Close
    | SetTimer
    | CancelTimer
    | Decided
    | Reply
    | ReplyRef
    | Fail
    | Booted
    | Exit
)
