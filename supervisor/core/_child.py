"""A child as its supervisor's machine sees it."""

from __future__ import annotations

from collections import deque
from typing import Any, Literal

from ..policy._budget import Window
from ..policy._spec import ChildSpec

__all__ = ["Child", "ChildState", "Goal"]

ChildState = Literal["starting", "running", "stopping", "restarting", "stopped", "parked"]
Goal = Literal["", "stopped", "parked", "group", "end"]


class Child:
    """One child: its spec, its state, and what its failures have cost so far.

    ``handle`` and ``ref`` belong to whoever executes the effects; the machine only hands them on.
    """

    __slots__ = (
        "attempts",
        "began",
        "by_hand",
        "call",
        "due",
        "fresh",
        "goal",
        "half_open",
        "handle",
        "held",
        "incarnation",
        "last_failure",
        "life",
        "parked_at",
        "parks",
        "ref",
        "restarts",
        "retry",
        "rung",
        "slow",
        "spec",
        "started_at",
        "state",
        "timer",
        "waiting",
        "window",
    )

    def __init__(self, spec: ChildSpec) -> None:
        self.spec = spec
        self.state: ChildState = "stopped"
        self.incarnation = 0
        """How many lives it has had, from 1, as everybody sees it."""
        self.life = 0
        """Number of the one that it has, or had last: no two of one supervisor are alike, whatever their ids."""
        self.attempts = 0
        """Attempts at a restart since it last was well; the exponent of its backoff."""
        self.restarts = 0
        """Automatic restarts in all."""
        self.window: Window | None = None
        self.started_at = 0.0
        self.began = 0.0
        """When its last start or stop began."""
        self.slow = False
        """Whether it was pointed out that these take too long for its budget."""
        self.timer = 0
        """Serial of the timer that is set for it; 0 for none."""
        self.due = 0.0
        """When that timer is due."""
        self.goal: Goal = ""
        """What it is being stopped for."""
        self.by_hand = False
        """Stopped by a call: a group restart leaves it so."""
        self.half_open = False
        """On trial after it was parked: one failure parks it again."""
        self.parks = 0
        """How often it was parked since it last was well."""
        self.parked_at: float | None = None
        """When it was parked for its failures; None for one that was parked by hand, or is not parked."""
        self.fresh = True
        """Whether it has no slot yet: its next start finds nothing to throw away."""
        self.rung = 1
        """How much its next restart throws away."""
        self.held: Any = None
        """The incident that it is part of: the one that probes, or one that waits for what comes of that."""
        self.retry = False
        """Whether the start that runs is a restart: if it fails, the next try follows."""
        self.call: Any = None
        """The call that waits for its start or its stop."""
        self.waiting: deque[Any] | None = None
        """Calls that wait until its start or its stop has ended (dynamic supervisors)."""
        self.last_failure: Any = None
        self.handle: Any = None
        self.ref: Any = None

    @property
    def id(self) -> str:
        """Its name within the supervisor."""
        return self.spec.id

    @property
    def live(self) -> bool:
        """Whether an incarnation exists."""
        return self.state in ("starting", "running", "stopping")

    def __repr__(self) -> str:
        return f"<Child {self.spec.id!r} {self.state} incarnation {self.incarnation}>"
