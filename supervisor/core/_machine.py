"""The supervisor's machine: what happened goes in, what to do comes out; time and chance are arguments."""

from __future__ import annotations

from collections.abc import Sequence

from stentor.protocol.errors import BadSpec, NotSupported

from ..policy._policy import RestartPolicy
from ..policy._spec import ChildSpec
from ._calls import Calls
from ._child import Child
from ._effects import Effect, Exit
from ._events import (
    Boot,
    ChildExited,
    ChildIgnored,
    ChildPending,
    ChildStarted,
    ChildStartFailed,
    DeleteChild,
    Event,
    LateExit,
    ParkChild,
    RestartChild,
    StartChild,
    StopAll,
    TerminateChild,
    TimerFired,
    UnparkChild,
)

__all__ = ["SupervisorMachine", "insignificant"]


class SupervisorMachine(Calls):
    """Decides for one supervisor. Pure: it starts nothing, sets no timer, and reads no clock.

    Feed it each event by ``step`` and carry out the effects in their order; what comes of an effect is the next event.

    Args:
        policy: The rules.
        specs: The children of the list, in order of their start. None for a dynamic supervisor.
        dynamic: Many children of their own, started by calls: each failure concerns one child, all are stopped at
            once, and no operation on one child keeps the calls for another waiting.
        max_children: How many children a dynamic supervisor takes, those that wait for a restart included.

    Raises:
        BadSpec: If two children have one id, or a child is significant where nothing comes of it.
        NotSupported: If the policy asks for auto-shutdown, a ladder or a hold.
    """

    def __init__(
        self,
        policy: RestartPolicy,
        specs: Sequence[ChildSpec] = (),
        *,
        dynamic: bool = False,
        max_children: int | None = None,
    ) -> None:
        super().__init__(policy, dynamic=dynamic, max_children=max_children)
        faults = unfit(policy, specs, dynamic=dynamic)
        if faults:
            raise BadSpec(faults)
        if policy.auto_shutdown != "never":
            raise NotSupported(f"auto_shutdown={policy.auto_shutdown!r}", 'set it to "never", and stop by a call')
        if policy.ladder:
            raise NotSupported("ladder=True", "leave it out: each restart keeps the estate and the connection")
        if policy.hold is not None:
            raise NotSupported(f"hold={policy.hold!r}", "leave it out: each failure is decided for itself")
        for spec in specs:
            self.children[spec.id] = Child(spec)

    def step(self, event: Event, now: float, chance: float = 0.5) -> list[Effect]:
        """Take in one event and return what is to be done, in order.

        Args:
            event: What happened.
            now: Monotonic seconds; never less than at the step before.
            chance: A number from 0 up to, not including, 1, drawn anew for each step.
        """
        self.now = now
        self.chance = chance
        if not self.done:
            self._take(event)
            while self.backlog and not self.busy:
                self._take(self.backlog.popleft())
        out, self.out = self.out, []
        return out

    def _take(self, event: Event) -> None:
        match event:
            case ChildExited():
                self._exited(event)
            case ChildStarted():
                self._started(event)
            case TimerFired():
                self._timer_fired(event)
            case StartChild() | TerminateChild() | RestartChild() | DeleteChild() | ParkChild() | UnparkChild():
                self._called(event)
            case ChildStartFailed():
                self._start_failed(event)
            case ChildPending():
                self._pending(event)
            case LateExit(event=exited):
                self._exited_before(exited)
            case ChildIgnored():
                self._ignored(event)
            case Boot():
                self._boot()
            case StopAll():
                self._end(Exit("stopped"))
            case _:  # pyright: ignore[reportUnnecessaryComparison]
                raise TypeError(f"a supervisor's machine has no use for {event!r}")

    def _timer_fired(self, event: TimerFired) -> None:
        if event.child_id is None:
            self._own_timer_fired(event)
            return
        child = self.children.get(event.child_id)
        if child is None or child.timer != event.serial:
            return
        child.timer = 0
        match child.state:
            case "restarting":
                self._start(child, retry=True)
            case "stopping":
                self._abandon(child, "shutdown")
            case "starting":
                self._start_overdue(child)
            case "parked":
                self._unpark_due(child)
            case _:
                raise TypeError(f"{child!r} had a timer set and nothing to wait for")

    def _own_timer_fired(self, event: TimerFired) -> None:
        if event.serial != self.timer:
            return
        if self.ending is not None:
            self.timer = 0
            self._deadline()
        elif self.busy:
            self.backlog.append(event)
        else:
            self.timer = 0
            self._group_starts()


def unfit(policy: RestartPolicy, specs: Sequence[ChildSpec], *, dynamic: bool) -> list[str]:
    """Return why these children can not be put under this policy, one text for each fault."""
    faults: list[str] = []
    seen: set[str] = set()
    if dynamic and specs:
        faults.append("a dynamic supervisor starts with no children; start_child them, or give a template")
    if dynamic and policy.strategy != "one_for_one":
        faults.append(f"policy.strategy is {policy.strategy!r}; allowed for a dynamic supervisor: one_for_one")
    if dynamic and policy.auto_shutdown != "never":
        faults.append(f"policy.auto_shutdown is {policy.auto_shutdown!r}; allowed for a dynamic supervisor: never")
    for spec in specs:
        if spec.id in seen:
            faults.append(f"spec {spec.id!r}.id stands twice in the list; allowed: each id once")
        seen.add(spec.id)
        faults.extend(insignificant(policy, spec))
    return faults


def insignificant(policy: RestartPolicy, spec: ChildSpec) -> list[str]:
    """Return the fault of a significant child under a policy in which nothing comes of it."""
    if not spec.significant or policy.auto_shutdown != "never":
        return []
    return [f"spec {spec.id!r}.significant is True; allowed: False, for the policy's auto_shutdown is 'never'"]
