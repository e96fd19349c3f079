"""What happens when a child ends: record, then restart it, its group, or let it be."""

from __future__ import annotations

from attrs import evolve
from stentor.protocol.errors import ChildStartError

from ._child import Child
from ._effects import Decided, Resume
from ._events import ChildExited, ChildStartFailed, LateExit
from ._starts import Starts
from ._state import Job
from ._verdict import Verdict, judge

__all__ = ["Exits"]


class Exits(Starts):
    """The answers to the ends of children."""

    def _exited(self, event: ChildExited) -> None:
        child = self._reported(event.child_id, event.life)
        if child is None:
            return
        self._clear_timer(child)
        if event.failure is not None:
            child.last_failure = event.failure
        if child.goal:
            if event.failure is not None:
                self._record(Decided("failure", child, "stop", "exit_while_stopping", event.failure))
            self._gone(child)
        elif child.state == "starting":
            error = event.exception or ChildStartError(child_id=child.id, reason=f"it ended: {event.reason}")
            self._start_failed(ChildStartFailed(child.id, event.life, error, event.failure))
        elif self.busy and (self.grouped or child.spec.significant):
            # Others are being stopped or started just now; what concerns them too is decided when that has ended.
            self._move(child, "restarting")
            self.backlog.append(LateExit(event, child))
        else:
            self._decide(child, event)

    def _decide(self, child: Child, event: ChildExited) -> None:
        if event.healthy and self.now - child.started_at >= self.policy.backoff.reset_after:
            child.attempts = 0
            child.parks = 0
            child.half_open = False
        verdict = self._verdict(child, event)
        if verdict.what == "resume" and not event.resumable:
            verdict = evolve(verdict, what="restart")
        match verdict.what:
            case "restart":
                self._restart(child, verdict, event.failure, event.exception)
            case "resume":
                self._resume(child, verdict, event.failure, event.exception)
            case "escalate":
                self._give_up(
                    child, Decided("give_up", child, "escalate", verdict.rule), event.failure, event.exception
                )
            case "stop" | "leave":
                if event.failure is not None:
                    self._record(Decided("failure", child, "stop", verdict.rule, event.failure, charged=True))
                self._rest(child, event.reason)
                self._ended_for_good(child)

    def _verdict(self, child: Child, event: ChildExited) -> Verdict:
        key = (type(event.exception), child.spec.restart, event.reason)
        verdict = self._verdicts.get(key)
        if verdict is None:
            verdict = judge(self.policy, child.spec.restart, event.reason, event.exception)
            self._verdicts[key] = verdict
        return verdict

    def _restart(self, child: Child, verdict: Verdict, failure: object, exception: BaseException | None) -> None:
        if verdict.charged:
            if self.policy.hold is not None and self._shared(child, failure, exception):
                return
            note = self._pay(child, verdict, failure, exception)
            if note is None:
                return
            delay = self.policy.backoff.delay(child.attempts, self.chance)
            child.attempts += 1
        else:
            note = Decided("failure", child, "restart", verdict.rule, failure, charged=False)
            delay = 0.0
        if failure is None:
            note.kind = "restart"
        note.attempt = child.attempts
        note.delay = delay
        child.restarts += 1
        self._record(note)
        if self.grouped:
            self._restart_group(child, delay, failure)
        elif delay > 0:
            self._move(child, "restarting")
            self._set_timer(child, delay)
        else:
            self._start(child, retry=True)

    def _resume(self, child: Child, verdict: Verdict, failure: object, exception: BaseException | None) -> None:
        note = self._pay(child, verdict, failure, exception)
        if note is not None:
            note.decision = "resume"
            self._record(note)
            self._move(child, "running")
            self.out.append(Resume(child))
            if child.held is not None:
                self._on_trial(child)

    def _restart_group(self, child: Child, delay: float, failure: object) -> None:
        """Stop the others of the group in reverse; then, when the delay is over, start the group in order."""
        self._move(child, "restarting")
        self._clear_timer(None)
        members = list(self.children.values())
        if self.policy.strategy == "rest_for_one":
            members = members[members.index(child) :]
        stops: list[Child] = []
        # Some before it may wait for their own group's start; that is this one's now.
        group = [member for member in self.group if member.state == "restarting" and member not in members]
        for member in members:
            temporary = member.spec.restart == "temporary"
            if member is not child and member.live:
                note = Decided(
                    "restart", member, "stop" if temporary else "restart", self.policy.strategy, None, failure
                )
                self._record(note)
                member.goal = "stopped" if temporary else "group"
                stops.append(member)
            if temporary or member.state == "parked" or (member.by_hand and not member.live):
                continue
            if member.state == "stopped":
                self._move(member, "restarting")
            elif member.state == "restarting":
                # It waits with the group now.
                self._clear_timer(member)
            group.append(member)
        self.group = group
        self.group_failure = failure
        self.job = Job("stops", stops=stops, due=self.now + delay)
        self._advance()

    def _group_anew(self) -> None:
        """The wait of a group is over: it starts as its children are now, those included that came to it meanwhile."""
        waiting = [child for child in self.group if child.state == "restarting"]
        if waiting and self.grouped:
            self._restart_group(waiting[0], 0.0, self.group_failure)
        else:
            self._group_starts()

    def _exited_before(self, late: LateExit) -> None:
        """Decide on an end that had to wait for its turn, unless that has been settled meanwhile."""
        event = late.event
        child = self.children.get(event.child_id)
        if child is not None and child.state == "restarting" and child.life == event.life:
            self._decide(child, event)
        else:
            self._settled_before(late, "settled_before")
