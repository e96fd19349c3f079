"""What an estate tells the parent and the watchers: values, sent on the control lane."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from attrs import define, frozen

from ..loop._ref import ActorRef
from ._failure import Failure

__all__ = [
    "ExitReason",
    "Exited",
    "Ignore",
    "Ignored",
    "LaunchResult",
    "Pending",
    "StartFailed",
    "Started",
    "Terminated",
]

ExitReason: TypeAlias = Literal["normal", "shutdown", "killed", "crash", "planned"]
"""How an incarnation ended; "planned" is a raised ``Shutdown(info)``."""


# What each start and each end makes is not frozen: setting the fields of a frozen value takes twice as long.


@define(unsafe_hash=True)
class Started:
    """The incarnation has run its ``on_start`` and takes messages."""

    child_id: str | None
    incarnation: int


@frozen
class StartFailed:
    """The incarnation could not be built, or its ``on_start`` raised."""

    child_id: str | None
    incarnation: int
    failure: Failure


@frozen
class Ignored:
    """The incarnation declined to start: its ``on_start`` returned ``Ignore``."""

    child_id: str | None
    incarnation: int = 0


@frozen
class Pending:
    """``on_start`` is a coroutine; Started, StartFailed or Ignored will follow on the control lane."""

    child_id: str | None
    incarnation: int


LaunchResult: TypeAlias = Started | StartFailed | Ignored | Pending
"""What a launch answers: the child runs, failed, declined, or is still starting."""


@define(unsafe_hash=True)
class Exited:
    """The incarnation is gone. ``failure`` is None unless it crashed; ``info`` is what a planned end gave."""

    child_id: str | None
    incarnation: int
    reason: ExitReason
    failure: Failure | None = None
    info: Any = None


@frozen
class Terminated:
    """The watched actor is gone for good. A watcher gets it exactly once."""

    ref: ActorRef[Any]
    reason: str


@frozen
class Ignore:
    """Return it, or the class, from ``on_start`` to decline: no process, and no failure either."""
