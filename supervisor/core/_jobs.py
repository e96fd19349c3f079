"""Stops and starts in their order: one child at a time, or, in a dynamic supervisor, all at once."""

from __future__ import annotations

from stentor.protocol.errors import Refused

from ._child import Child
from ._effects import Abandon, Booted, Close, Decided, Exit, RequestStop
from ._events import LateExit
from ._rests import Rests
from ._state import Job

__all__ = ["Jobs"]


class Jobs(Rests):
    """How children are stopped, and how a sequence goes on when one of its members is done."""

    def _stop(self, child: Child) -> None:
        """Ask *child* to stop, with its deadline; one that stops already is only waited for."""
        if child.state == "stopping":
            return
        self._leave(child)
        self._clear_timer(child)
        limit = child.spec.shutdown
        if limit == "brutal_kill":
            child.began = self.now
            self._abandon(child, "brutal_kill")
            return
        self._move(child, "stopping")
        child.began = self.now
        self.out.append(RequestStop(child))
        if not isinstance(limit, str) and not (self.dynamic and child.goal == "end"):
            self._set_timer(child, limit)

    def _abandon(self, child: Child, rule: str) -> None:
        self._record(Decided("abandoned", child, "abandon", rule))
        self.out.append(Abandon(child, "brutal_kill" if rule == "brutal_kill" else "shutdown_timeout"))
        self._gone(child)

    def _gone(self, child: Child) -> None:
        """The incarnation that was to be stopped is no more."""
        self._clear_timer(child)
        goal, child.goal = child.goal, ""
        match goal:
            case "group":
                self._pace(child, "slow_stop")
                self._move(child, "restarting")
            case "parked":
                self._set_aside(child)
                self._answer(child)
            case "end":
                self._move(child, "stopped")
                self.out.append(Close(child, "shutdown"))
                self._count_down()
            case "stopped":
                child.by_hand = True
                self._rest(child, "terminated")
                self._answer(child)
            case _:
                raise TypeError(f"{child!r} was stopped for no known goal {goal!r}")
        job = self.job
        if job is not None and job.current is child:
            job.current = None
            self._advance()

    def _advance(self) -> None:
        """Go on with the job until one of its members has to be waited for."""
        while (job := self.job) is not None and job.current is None:
            if job.stops:
                child = job.stops.pop()
                if child.live:
                    job.current = child
                    self._stop(child)
            elif job.starts:
                child = job.starts.pop()
                if child.state in ("restarting", "stopped"):
                    job.current = child
                    self._start(child, retry=job.kind != "boot")
            else:
                self.job = None
                self._job_done(job)

    def _job_done(self, job: Job) -> None:
        match job.kind:
            case "boot":
                self.out.append(Booted())
            case "stops":
                self._group_waits(job)
            case "starts":
                pass
            case "end":
                self._exit()
            case _:
                raise TypeError(f"there is no job {job.kind!r}")

    def _group_waits(self, job: Job) -> None:
        """Everything that had to stop has stopped; the group starts when its backoff is over."""
        delay = job.due - self.now
        # A group that has just failed to start waits by the clock even for 0 s, or it could spin within one step.
        if delay > 0 or job.again:
            self._set_timer(None, max(0.0, delay))
        else:
            self._group_starts()

    def _group_starts(self) -> None:
        members = [child for child in self.group if child.state == "restarting"]
        self.group = []
        self.job = Job("starts", starts=members[::-1])
        self._advance()

    def _end(self, exit_: Exit) -> None:
        """Stop everything, then end so. Whatever else was going on is given up."""
        if self.ending is not None:
            return
        self.ending = exit_
        self._clear_timer(None)
        self._stop_revert()
        self._forget_incidents()
        for event in self.backlog:
            self._turn_away(event)
        self.backlog.clear()
        for child in self.children.values():
            self._doom(child)
        live = [child for child in self.children.values() if child.live]
        self.group = []
        if self.dynamic:
            self._end_at_once(live)
        else:
            self.job = Job("end", stops=live)
            self._advance()

    def _doom(self, child: Child) -> None:
        if child.state != "stopping":
            self._clear_timer(child)
        for event in child.waiting or ():
            self._turn_away(event)
        child.waiting = None
        self._answer(child, error=Refused("the supervisor stops"))
        if child.live:
            child.goal = "end"
        elif child.state != "stopped":
            self._move(child, "stopped")
            self.out.append(Close(child, "shutdown"))

    def _settled_before(self, late: LateExit, rule: str) -> None:
        """Nothing is to be decided on this end any more; if it was a failure, it is on record all the same."""
        if late.event.failure is not None:
            self._record(Decided("failure", late.child, "stop", rule, late.event.failure))

    def _turn_away(self, event: object) -> None:
        if isinstance(event, LateExit):
            self._settled_before(event, "exit_while_stopping")
            return
        call = getattr(event, "call", None)
        if call is not None:
            self._refuse(event, Refused("the supervisor stops"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    def _end_at_once(self, live: list[Child]) -> None:
        """All are asked at the same time and share one deadline: the longest of theirs."""
        self._left = len(live)
        if not live:
            self._exit()
            return
        limits = [child.spec.shutdown for child in live if not isinstance(child.spec.shutdown, str)]
        for child in live:
            self._stop(child)
        if self._left and limits:
            self._set_timer(None, max(limits))

    def _deadline(self) -> None:
        for child in self.children.values():
            if child.live and child.spec.shutdown != "infinity":
                self._abandon(child, "shutdown")

    def _count_down(self) -> None:
        if self.dynamic and self.ending is not None:
            self._left -= 1
            if self._left == 0:
                self._clear_timer(None)
                self._exit()

    def _exit(self) -> None:
        if self.ending is None:
            raise TypeError("a supervisor ends only when it was told to, or gives up")
        self.done = True
        self.out.append(self.ending)
