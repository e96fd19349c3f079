"""The state of a supervisor's machine, and the small steps that everything else is made of."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from attrs import define, field

from ..policy._budget import Window, longest
from ..policy._policy import RestartPolicy, too_slow
from ._child import Child, ChildState
from ._effects import (
    CancelTimer,
    Decided,
    Effect,
    Exit,
    Fail,
    Reply,
    ReplyRef,
    SetTimer,
    Start,
)
from ._events import Call, Event, StartChild
from ._incident import Causes, Incident
from ._revision import PolicyRevision
from ._verdict import Verdict

__all__ = ["Core", "Job"]

_MOVING = ("starting", "stopping")
_FAILURES_KEPT = 100


@define
class Job:
    """A sequence of stops, then of starts, one at a time; both lists are taken from their ends."""

    kind: str
    stops: list[Child] = field(factory=list[Child])
    starts: list[Child] = field(factory=list[Child])
    started: list[Child] = field(factory=list[Child])
    current: Child | None = None
    due: float = 0.0
    """When the starts that follow the stops may begin."""
    again: bool = False
    """Whether these starts were tried before, and failed."""


class Core:
    """State and primitives. Time and chance are set at the beginning of each step."""

    def __init__(
        self,
        policy: RestartPolicy,
        *,
        dynamic: bool = False,
        max_children: int | None = None,
        fingerprint: Callable[[Any], str] | None = None,
    ) -> None:
        self.policy = policy
        self.revision = PolicyRevision(1, policy, "started with it")
        self.permanent = policy
        """What a policy that is in force for a while is followed by."""
        self.revert_timer = 0
        self.fingerprint = fingerprint
        self.causes = Causes()
        self.incidents: dict[str, Incident] = {}
        """By the fingerprints of their causes."""
        self.dynamic = dynamic
        self.max_children = max_children
        self.children: dict[str, Child] = {}
        self.window = Window()
        self.now = 0.0
        self.chance = 0.0
        self.out: list[Effect] = []
        self.job: Job | None = None
        self.group: list[Child] = []
        """Members of a group restart that waits for its backoff, in order of their start."""
        self.group_failure: Any = None
        """What that restart is for."""
        self.backlog: deque[Event] = deque()
        self.ending: Exit | None = None
        self.done = False
        self.timer = 0
        self._serial = 0
        self._lives = 0
        self._moving = 0
        self._left = 0
        """Incarnations that still have to end, while a dynamic supervisor stops."""
        self._failures: deque[tuple[float, Any]] = deque(maxlen=_FAILURES_KEPT)
        """What the supervisor's own budget was charged with last: when, and the failure."""
        self._payers: deque[tuple[float, Child]] = deque()
        """Whose restarts it was charged with, as far as its window reaches: when, and the child."""
        self._reach = longest(policy.budget, policy.child_budget)
        """Seconds after which no policy that is in force, or that one is followed by, counts a charge any more."""
        self._verdicts: dict[Any, Verdict] = {}
        self._too_slow = too_slow(policy)

    @property
    def grouped(self) -> bool:
        """Whether a failure concerns siblings too."""
        return not self.dynamic and self.policy.strategy != "one_for_one"

    @property
    def busy(self) -> bool:
        """Whether a start, a stop or a group restart is going on, so that changing calls wait."""
        return self.job is not None or (self._moving > 0 and not self.dynamic)

    def _move(self, child: Child, state: ChildState) -> None:
        self._moving += (state in _MOVING) - (child.state in _MOVING)
        child.state = state

    def _set_timer(self, child: Child | None, delay: float) -> None:
        self._serial += 1
        if child is None:
            self.timer = self._serial
        else:
            child.timer = self._serial
            child.due = self.now + delay
        self.out.append(SetTimer(child, self._serial, delay))

    def _clear_timer(self, child: Child | None) -> None:
        serial = self.timer if child is None else child.timer
        if serial:
            self.out.append(CancelTimer(child, serial))
            if child is None:
                self.timer = 0
            else:
                child.timer = 0

    def _stop_revert(self) -> None:
        """The policy in force stays, as far as time is concerned."""
        if self.revert_timer:
            self.out.append(CancelTimer(None, self.revert_timer))
            self.revert_timer = 0

    def _start(self, child: Child, *, retry: bool) -> None:
        child.retry = retry
        child.incarnation += 1
        self._lives += 1
        child.life = self._lives
        self._move(child, "starting")
        child.began = self.now
        rung = child.rung if self.policy.ladder else 1
        if child.fresh:
            child.fresh, rung = False, 0
        self.out.append(Start(child, rung))

    def _answer(self, child: Child, value: object = None, error: BaseException | None = None) -> None:
        """Answer the call that waits for *child*: with *error*, its address for a start, else *value*."""
        asked, child.call = child.call, None
        if asked is None:
            return
        if error is not None:
            self.out.append(Fail(asked.call, error))
        elif value is child:
            self.out.append(ReplyRef(asked.call, child))
        else:
            self.out.append(Reply(asked.call, value))

    def _refuse(self, asked: Call, error: BaseException) -> None:
        self.out.append(Fail(asked.call, error))

    def _release(self, child: Child) -> None:
        """Let the calls run that waited for the end of this child's start or stop."""
        if child.waiting:
            self.backlog.extend(child.waiting)
            child.waiting = None

    def _record(self, decided: Decided) -> None:
        # Always before the effect that carries it out, so that a crash in between leaves a trace.
        self.out.append(decided)

    def _charge(self, child: Child) -> tuple[bool, Decided]:
        """Charge one restart to whoever pays; return whether it is allowed, and the numbers for the record."""
        note = Decided("failure", child, "restart", "")
        own = self.policy.child_budget
        budget = self.policy.budget if own is None else own
        if isinstance(budget, str):
            return True, note
        if own is None:
            window = self.window
        else:
            window = child.window = child.window or Window()
        note.in_window = window.charge(self.now, budget.max_seconds, self._reach)
        if own is None:
            self._remember(child)
        note.max_restarts = budget.max_restarts
        note.window_s = budget.max_seconds
        if self.policy.ladder:
            note.rung = child.rung = note.in_window
        return note.in_window <= budget.max_restarts, note

    def _remember(self, child: Child) -> None:
        """Keep whose restart the supervisor's own budget was charged with, should children pay for themselves later."""
        payers, since = self._payers, self.now - self._reach
        payers.append((self.now, child))
        while payers[0][0] < since:
            payers.popleft()

    def _pace(self, child: Child, rule: str) -> None:
        """Point out, once, a start or a stop so slow that failures at its pace never spend the budget."""
        took = self.now - child.began
        if took > self._too_slow and not child.slow:
            child.slow = True
            self._record(Decided("note", child, "warn", rule, facts={"seconds": took, "too_slow": self._too_slow}))

    def _is_new(self, child: Child) -> bool:
        """Whether the start that runs is the child's very first, on behalf of start_child."""
        return isinstance(child.call, StartChild)
