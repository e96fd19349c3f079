"""The calls that change the children: start, terminate, restart, delete, park, un-park."""

from __future__ import annotations

from collections import deque

from stentor.protocol.errors import AlreadyPresent, AlreadyStarted, NotFound, Refused, StillRestarting, StillRunning

from ._child import Child
from ._effects import Decided, Reply, ReplyRef
from ._events import Call, DeleteChild, ParkChild, RestartChild, StartChild, TerminateChild, UnparkChild
from ._exits import Exits
from ._state import Job

__all__ = ["Calls"]

_TOP_RUNG = 3
"""A child that failed on every rung is tried again on the highest."""


class Calls(Exits):
    """Each call is answered when what it asks for is done, or refused in words."""

    def _called(self, asked: Call) -> None:
        if self.ending is not None:
            self._refuse(asked, Refused("the supervisor stops"))
            return
        if self.busy:
            self.backlog.append(asked)
            return
        child = self.children.get(asked.spec.id if isinstance(asked, StartChild) else asked.child_id)
        if child is not None and child.state in ("starting", "stopping"):
            # Only a dynamic supervisor comes here: there, a slow child keeps nobody waiting but its own callers.
            if child.waiting is None:
                child.waiting = deque()
            child.waiting.append(asked)
            return
        if isinstance(asked, StartChild):
            self._start_child(asked, child)
        elif child is None:
            self._refuse(asked, NotFound(asked.child_id))
        else:
            self._change(asked, child)

    def _change(self, asked: Call, child: Child) -> None:
        match asked:
            case TerminateChild():
                self._terminate(asked, child)
            case RestartChild():
                self._restart_child(asked, child)
            case DeleteChild():
                self._delete(asked, child)
            case ParkChild():
                self._park_child(asked, child)
            case UnparkChild():
                self._unpark(asked, child)
            case _:
                raise TypeError(f"a supervisor has no use for {asked!r}")

    def _start_child(self, asked: StartChild, child: Child | None) -> None:
        name = asked.spec.id
        if child is not None:
            running = child.state == "running"
            self._refuse(
                asked, AlreadyStarted(child_id=name, ref=child.ref) if running else AlreadyPresent(child_id=name)
            )
        elif self.max_children is not None and len(self.children) >= self.max_children:
            text = f"the supervisor holds its {self.max_children} children; terminate one, or raise max_children"
            self._refuse(asked, Refused(text, max_children=self.max_children))
        else:
            child = self.children[name] = Child(asked.spec)
            child.call = asked
            self._start(child, retry=False)

    def _terminate(self, asked: Call, child: Child) -> None:
        if child.state == "running":
            child.goal, child.call = "stopped", asked
            self._stop(child)
            return
        self._clear_timer(child)
        if child.state != "stopped":
            self._rest(child, "terminated")
        child.by_hand = True
        self.out.append(Reply(asked.call, None))

    def _restart_child(self, asked: RestartChild, child: Child) -> None:
        match child.state:
            case "stopped":
                child.call, child.attempts = asked, 0
                self._start(child, retry=False)
            case "restarting" if asked.now:
                child.call = asked
                self._try_now(child)
            case "restarting":
                self._refuse(asked, StillRestarting(child_id=child.id))
            case "parked":
                self._unpark(asked, child)
            case _:
                self._refuse(asked, StillRunning(child_id=child.id))

    def _try_now(self, child: Child) -> None:
        if child.held is not None and child.held.probe is not child:
            self._leave(child)
        if child in self.group:
            self._clear_timer(None)
            self._group_anew()
        else:
            self._clear_timer(child)
            self._start(child, retry=True)

    def _delete(self, asked: Call, child: Child) -> None:
        match child.state:
            case "stopped" | "parked":
                self._clear_timer(child)
                self._drop(child, "deleted")
                self.out.append(Reply(asked.call, None))
            case "restarting":
                self._refuse(asked, StillRestarting(child_id=child.id))
            case _:
                self._refuse(asked, StillRunning(child_id=child.id))

    def _park_child(self, asked: Call, child: Child) -> None:
        match child.state:
            case "running":
                self._record(Decided("park", child, "park", "park_child"))
                child.goal, child.call = "parked", asked
                self._stop(child)
            case "restarting":
                self._record(Decided("park", child, "park", "park_child"))
                self._clear_timer(child)
                self._set_aside(child)
                self.out.append(Reply(asked.call, None))
            case "parked":
                self.out.append(Reply(asked.call, None))
            case _:
                self._refuse(asked, Refused(f"child {child.id!r} is stopped; only one that runs or restarts is parked"))

    def _unpark(self, asked: Call, child: Child) -> None:
        if child.state == "parked":
            child.call = asked
            self._try_parked(child, "unpark_child")
        elif child.state == "running":
            self.out.append(ReplyRef(asked.call, child))
        else:
            self._refuse(asked, Refused(f"child {child.id!r} is {child.state}, not parked"))

    def _unpark_due(self, child: Child) -> None:
        if not self.busy:
            self._try_parked(child, "unpark_after")
        else:
            # Its turn comes when the start, stop or group restart that goes on has ended.
            self._set_timer(child, self.policy.unpark_wait(0, self.chance) or 0.0)

    def _try_parked(self, child: Child, rule: str) -> None:
        self._clear_timer(child)
        self._record(Decided("unpark", child, "unpark", rule))
        if child.parked_at is not None:
            child.rung = max(_TOP_RUNG, child.rung)
        child.half_open = True
        self._start(child, retry=False)

    def _boot(self) -> None:
        self.job = Job("boot", starts=list(self.children.values())[::-1])
        self._advance()
