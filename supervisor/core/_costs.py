"""What a restart costs, and what follows when a budget is spent: park the child, or give up."""

from __future__ import annotations

from ._child import Child
from ._effects import Decided, Exit
from ._jobs import Jobs
from ._verdict import Verdict

__all__ = ["Costs"]


class Costs(Jobs):
    """Charges, parks and gives up."""

    def _pay(self, child: Child, verdict: Verdict, failure: object, exception: BaseException | None) -> Decided | None:
        """Charge a restart or a resume. Return the entry to record, or None where the budget decided otherwise."""
        if child.half_open:
            self._park(child, Decided("park", child, "park", "half_open"), failure, exception)
            return None
        allowed, note = self._charge(child)
        note.rule = verdict.rule
        note.failure = failure
        note.charged = True
        if self.policy.child_budget is None:
            self._failures.append((self.now, failure))
        if allowed:
            return note
        if self.policy.child_budget is not None:
            note.kind, note.decision, note.rule = "park", "park", "child_budget"
            self._park(child, note, failure, exception)
        else:
            note.kind, note.decision, note.rule = "give_up", "give_up", "budget"
            self._give_up(child, note, failure, exception)
        return None

    def _park(self, child: Child, note: Decided, failure: object, exception: BaseException | None) -> None:
        """Set *child* aside; the supervisor's own budget is charged with one park."""
        note.failure = failure
        note.charged = True
        self._record(note)
        self._set_aside(child)
        wait = self.policy.unpark_wait(child.parks, self.chance)
        if wait is not None:
            self._set_timer(child, wait)
        child.parks += 1
        budget = self.policy.budget
        if isinstance(budget, str):
            return
        self._failures.append((self.now, failure))
        spent = self.window.charge(self.now, budget.max_seconds)
        if spent > budget.max_restarts:
            over = Decided("give_up", child, "give_up", "budget", None, failure, charged=True, in_window=spent)
            over.max_restarts, over.window_s = budget.max_restarts, budget.max_seconds
            self._give_up(child, over, None, exception)

    def _give_up(self, child: Child, note: Decided, failure: object, exception: BaseException | None) -> None:
        """Report, drop or mark the offender, stop the rest in reverse, end."""
        note.failure = failure
        note.charged = True
        self._record(note)
        self.job = None
        self._rest(child, "gave up")
        budget = self.policy.budget
        since = self.now - (0.0 if isinstance(budget, str) else budget.max_seconds)
        spent = tuple(kept for at, kept in self._failures if at >= since and kept is not None)
        if note.decision == "escalate":
            self._end(Exit("escalated", child, exception, (failure,)))
        else:
            self._end(Exit("gave_up", child, exception, spent))
