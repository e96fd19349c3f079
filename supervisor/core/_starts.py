"""What a start comes to: running, declined, failed the first time, or failed as a restart."""

from __future__ import annotations

from ._child import Child
from ._costs import Costs
from ._effects import Abandon, Close, Decided, Exit
from ._events import ChildIgnored, ChildPending, ChildStarted, ChildStartFailed, RestartChild
from ._state import Job
from ._verdict import Verdict, judge

__all__ = ["Starts"]


class Starts(Costs):
    """The answers to what starting children report."""

    def _reported(self, child_id: str, life: int) -> Child | None:
        """Return the child whose life *life* reports; None if that is fenced or gone."""
        child = self.children.get(child_id)
        if child is None or child.life != life or not child.live:
            return None
        return child

    def _start_ended(self, child: Child) -> None:
        """Its start did not fail: that it was stopped by hand before counts no more."""
        self._clear_timer(child)
        child.by_hand = False

    def _started(self, event: ChildStarted) -> None:
        child = self._reported(event.child_id, event.life)
        if child is None or child.state != "starting":
            return  # Stopped or abandoned meanwhile: the order to stop stands in its mailbox.
        self._start_ended(child)
        if child.retry:
            self._pace(child, "slow_start")
        self._move(child, "running")
        child.started_at = self.now
        child.rung = 1
        child.parked_at = None
        if child.held is not None:
            self._on_trial(child)
        self._answer(child, child)
        self._release(child)
        job = self.job
        if job is not None and job.current is child:
            job.started.append(child)
            job.current = None
            self._advance()

    def _pending(self, event: ChildPending) -> None:
        child = self._reported(event.child_id, event.life)
        if child is not None and child.state == "starting":
            self._set_timer(child, child.spec.start_timeout)

    def _ignored(self, event: ChildIgnored) -> None:
        child = self._reported(event.child_id, event.life)
        if child is None:
            return
        self._start_ended(child)
        if child.goal:
            self._gone(child)
            return
        self._rest(child, "ignored")
        self._answer(child)
        self._go_on(child)

    def _go_on(self, child: Child) -> None:
        job = self.job
        if job is not None and job.current is child:
            job.current = None
            self._advance()

    def _start_failed(self, event: ChildStartFailed) -> None:
        child = self._reported(event.child_id, event.life)
        if child is None:
            return
        self._clear_timer(child)
        child.last_failure = event.failure
        job = self.job
        if child.goal:
            self._record(Decided("failure", child, "stop", "exit_while_stopping", event.failure))
            self._gone(child)
        elif job is not None and job.current is child and job.kind == "boot":
            self._boot_failed(child, event)
        elif child.retry:
            self._retry_failed(child, event)
        elif child.half_open:
            self._answer(child, error=event.exception)
            self._park(child, Decided("park", child, "park", "half_open"), event.failure, event.exception)
        else:
            self._first_start_failed(child, event)

    def _boot_failed(self, child: Child, event: ChildStartFailed) -> None:
        self.job = None
        self._record(Decided("give_up", child, "give_up", "first_start", event.failure, charged=True))
        self._move(child, "stopped")
        self.out.append(Close(child, "start failed"))
        self._end(Exit("start_failed", child, event.exception, (event.failure,)))

    def _first_start_failed(self, child: Child, event: ChildStartFailed) -> None:
        """A start that was called for: the caller learns of it, and nothing else comes of it."""
        self._record(Decided("failure", child, "stop", "first_start", event.failure, charged=True))
        if self._is_new(child):
            self._drop(child, "start failed")
        else:
            self._rest(child, "start failed")
        self._answer(child, error=event.exception)

    def _retry_failed(self, child: Child, event: ChildStartFailed) -> None:
        """A restart that failed is a failure of its own: charged, unless its type is free, and tried again."""
        job = self.job
        resumed = job is not None and job.current is child
        if isinstance(child.call, RestartChild):
            self._answer(child, error=event.exception)
        self._move(child, "restarting")
        verdict = judge(self.policy, child.spec.restart, "crash", event.exception)
        if verdict.what == "escalate":
            over = Decided("give_up", child, "escalate", verdict.rule)
            self._give_up(child, over, event.failure, event.exception)
            return
        if verdict.what == "stop":
            self._record(Decided("failure", child, "stop", verdict.rule, event.failure, charged=True))
            self._rest(child, "start failed")
            self._ended_for_good(child)
            self._go_on(child)
            return
        self._pace(child, "slow_start")
        if verdict.charged and self._shared(child, event.failure, event.exception):
            self._go_on(child)
            return
        note = self._pay_retry(child, verdict, event)
        if note is None:
            if self.ending is None:
                self._go_on(child)
            return
        if not verdict.charged:
            # It says nothing about the cause of an incident: another probes.
            self._leave(child)
        # Also one that is free waits for its backoff and makes the next wait longer: a failing start must not spin.
        note.delay = delay = self.policy.backoff.delay(child.attempts, self.chance)
        child.attempts += 1
        child.restarts += 1
        note.attempt = child.attempts
        self._record(note)
        self._release(child)
        if resumed and job is not None:
            self._group_again(child, job, delay)
        else:
            self._set_timer(child, delay)

    def _pay_retry(self, child: Child, verdict: Verdict, event: ChildStartFailed) -> Decided | None:
        if verdict.charged:
            return self._pay(child, verdict, event.failure, event.exception)
        return Decided("failure", child, "restart", verdict.rule, event.failure, charged=False)

    def _group_again(self, child: Child, job: Job, delay: float) -> None:
        """rest_for_one goes on at the child that failed; one_for_all stops what it just started and begins anew."""
        again = [child, *reversed(job.starts)]
        stops: list[Child] = []
        if self.policy.strategy == "one_for_all":
            stops = [member for member in job.started if member.live]
            for member in stops:
                member.goal = "group"
            again = [*job.started, *again]
        self.group = again
        self.group_failure = child.last_failure
        self.job = Job("stops", stops=stops, due=self.now + delay, again=True)
        self._advance()

    def _start_overdue(self, child: Child) -> None:
        self._record(Decided("abandoned", child, "abandon", "start_timeout"))
        self.out.append(Abandon(child, "start_timeout"))
