"""The supervisor's machine: what happened goes in, what to do comes out; time and chance are arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from stentor.protocol.errors import BadSpec

from ..policy._policy import RestartPolicy
from ..policy._spec import ChildSpec
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
    SetPolicy,
    StartChild,
    StopAll,
    TerminateChild,
    TimerFired,
    UnparkChild,
)
from ._policies import Policies, unfit

__all__ = ["SupervisorMachine"]


class SupervisorMachine(Policies):
    """Decides for one supervisor. Pure: it starts nothing, sets no timer, and reads no clock.

    Feed it each event by ``step`` and carry out the effects in their order; what comes of an effect is the next event.

    Args:
        policy: The rules.
        specs: The children of the list, in order of their start. None for a dynamic supervisor.
        dynamic: Many children of their own, started by calls: each failure concerns one child, all are stopped at
            once, and no operation on one child keeps the calls for another waiting.
        max_children: How many children a dynamic supervisor takes, those that wait for a restart included.
        fingerprint: Tells by its text which failures have one cause; by default their exceptions' types do. It is
            asked only where the policy has a hold.

    Raises:
        BadSpec: If the children do not fit together or under the policy; ``errors`` has all faults.
    """

    def __init__(
        self,
        policy: RestartPolicy,
        specs: Sequence[ChildSpec] = (),
        *,
        dynamic: bool = False,
        max_children: int | None = None,
        fingerprint: Callable[[Any], str] | None = None,
    ) -> None:
        super().__init__(policy, dynamic=dynamic, max_children=max_children, fingerprint=fingerprint)
        faults = ["a dynamic supervisor starts with no children; start_child them, or give a template"]
        faults = faults if dynamic and specs else []
        faults += unfit(policy, specs, dynamic=dynamic)
        if faults:
            raise BadSpec(faults)
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
        if self.done:
            self._turn_away(event)
        else:
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
            case LateExit():
                self._exited_before(event)
            case ChildIgnored():
                self._ignored(event)
            case SetPolicy():
                self._set_policy(event)
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
            case "running" if child.held is not None:
                self._let_go(child.held, "probe")
            case _:
                raise TypeError(f"{child!r} had a timer set and nothing to wait for")

    def _own_timer_fired(self, event: TimerFired) -> None:
        if event.serial == self.revert_timer:
            self._revert()
        if event.serial != self.timer:
            return
        if self.ending is not None:
            self.timer = 0
            self._deadline()
        elif self.busy:
            self.backlog.append(event)
        else:
            self.timer = 0
            self._group_anew()
