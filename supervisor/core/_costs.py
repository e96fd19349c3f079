"""What a restart costs, and what follows when a budget is spent: park the child, or give up."""

from __future__ import annotations

from typing import Any

from ..policy._budget import Window
from ._child import Child
from ._effects import Decided, Exit
from ._incident import Charge
from ._jobs import Jobs
from ._verdict import Verdict

__all__ = ["Costs"]


class Costs(Jobs):
    """Charges, parks, holds and gives up."""

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
        child.parked_at = self.now
        wait = self.policy.unpark_wait(child.parks, self.chance)
        if wait is not None:
            self._set_timer(child, wait)
        child.parks += 1
        self._pay_own(child, failure, exception)

    def _pay_own(self, child: Child, failure: object, exception: BaseException | None) -> None:
        """Charge the supervisor itself with a park or an incident, for which *child* was the occasion."""
        budget = self.policy.budget
        if isinstance(budget, str):
            return
        self._failures.append((self.now, failure))
        spent = self.window.charge(self.now, budget.max_seconds, self._reach)
        if spent > budget.max_restarts:
            over = Decided("give_up", child, "give_up", "budget", None, failure, charged=True, in_window=spent)
            over.max_restarts, over.window_s = budget.max_restarts, budget.max_seconds
            self._give_up(child, over, None, exception)

    def _shared(self, child: Child, failure: Any, exception: BaseException | None) -> bool:
        """Tell whether a charged failure is held, as one of an incident or as the one that makes it an incident.

        What is not held is still remembered: it may become part of an incident later.
        """
        hold = self.policy.hold
        if hold is None:
            return False
        if failure is None:
            self._leave(child)
            return False
        fingerprint = self._cause_of(failure, exception)
        incident = self.incidents.get(fingerprint)
        if child.held is not incident:
            # The probe failed of something else: it is on its own again.
            self._leave(child)
        if incident is None:
            charge = Charge(self.now, None, failure)
            if self.causes[fingerprint].add(child, charge, hold.seconds) < hold.children:
                charge.payer = self._payer(child)
                return False
            incident = self._open(fingerprint, child, failure)
            self._hold(child, incident, failure)
            self._pay_own(child, failure, exception)
        else:
            self._hold(child, incident, failure)
        return True

    def _payer(self, child: Child) -> Window | None:
        if self.policy.child_budget is not None:
            child.window = child.window or Window()
            return child.window
        return None if isinstance(self.policy.budget, str) else self.window

    def _give_up(self, child: Child, note: Decided, failure: object, exception: BaseException | None) -> None:
        """Report, drop or mark the offender, stop the rest in reverse, end."""
        note.failure = failure
        note.charged = True
        self._record(note)
        self.job = None
        self._clear_timer(child)
        self._rest(child, "gave up")
        budget = self.policy.budget
        since = self.now - (0.0 if isinstance(budget, str) else budget.max_seconds)
        spent = tuple(kept for at, kept in self._failures if at >= since and kept is not None)
        if note.decision == "escalate":
            self._end(Exit("escalated", child, exception, (failure,)))
        else:
            self._end(Exit("gave_up", child, exception, spent))

    def _ended_for_good(self, child: Child) -> None:
        """*child* ended by itself and is not started again; if it was significant, the supervisor may end too."""
        wanted = self.policy.auto_shutdown
        if not child.spec.significant or wanted == "never":
            return
        others = (other for other in self.children.values() if other is not child and other.spec.significant)
        if wanted == "any_significant" or not any(other.live or other.state == "restarting" for other in others):
            self._record(Decided("note", child, "auto_shutdown", wanted, facts={"ended": child.spec.id}))
            self._end(Exit("auto_shutdown", child))
