"""Rules of policies, broken: what is refused when it is built, directives, ladder, hold, un-parking, live policy."""

from __future__ import annotations

from .house import Mutant, broken

__all__ = ["MUTANTS"]

_ENFORCE = "self._verdicts.clear()\n        self._too_slow"
_ROW = "\n            directive = decide.get(cls)\n            "
_FREE = 'Decided("failure", child, "restart", verdict.rule, event.failure, charged=False)'

MUTANTS: list[Mutant] = [
    *broken(
        "R1",
        ("policy/_policy.py", "if waits <= tested.max_seconds:", "if True:"),
        ("policy/_policy.py", "if waits <= tested.max_seconds:", "if waits < tested.max_seconds:"),
        (
            "policy/_policy.py",
            "if not isinstance(tested, Budget):",
            "if not isinstance(tested, Budget) or child_budget is not None:",
        ),
        (
            "policy/_policy.py",
            "a_budget = isinstance(budget, Budget) or budget == _UNLIMITED",
            "a_budget = isinstance(budget, Budget)",
        ),
        ("policy/_backoff.py", "return total * (1.0 - self.jitter)", "return total"),
        ("core/_state.py", "if took > self._too_slow and not child.slow:", "if took > self._too_slow:"),
        ("core/_starts.py", 'self._pace(child, "slow_start")\n        if verdict', "if verdict"),
        ("core/_jobs.py", 'self._pace(child, "slow_stop")\n', "pass\n"),
        ("core/_starts.py", "if child.retry:\n            self._pace", "if True:\n            self._pace"),
    ),
    *broken(
        "R2",
        ("policy/_policy.py", "[*unreachable(rows), *spinning(rows, backoff)]", "spinning(rows, backoff)"),
        ("policy/_policy.py", "[*unreachable(rows), *spinning(rows, backoff)]", "unreachable(rows)"),
        (
            "tree/_doubts.py",
            "return [*_multiplied(policy, children), *_ending(policy, children)]",
            "return [*_ending(policy, children)]",
        ),
        ("tree/_doubts.py", 'if ends and spec.restart == "permanent":', "if False:"),
        ("tree/_doubts.py", 'if spec.significant and spec.restart == "temporary" and', "if False and"),
    ),
    *broken(
        "X1",
        (
            "policy/_directives.py",
            f"for cls in type(exception).__mro__:{_ROW}if directive is not None:",
            f"for cls in decide:{_ROW}if directive and isinstance(exception, cls):",
        ),
        ("core/_verdict.py", 'case "resume" | "stop" | "escalate":', 'case "stop" | "escalate":'),
        (
            "core/_exits.py",
            "        note = self._pay(child, verdict, failure, exception)\n        if note is not None:",
            '        note = Decided("failure", child, "resume", verdict.rule, failure)\n        if note is not None:',
        ),
        ("core/_costs.py", 'if note.decision == "escalate":', "if False:"),
        ("core/_explain.py", "window.peek(now, budget.max_seconds)", "window.charge(now, budget.max_seconds)"),
    ),
    *broken(
        "ladder",
        ("core/_state.py", "note.rung = child.rung = note.in_window", "note.rung = child.rung = 1"),
        ("core/_state.py", "note.rung = child.rung = note.in_window", "note.rung = child.rung = child.restarts + 1"),
        ("core/_starts.py", "child.rung = 1\n        child.parked_at = None", "child.parked_at = None"),
        (
            "core/_starts.py",
            f"return {_FREE}",
            f"child.rung = 1\n        return {_FREE}",
        ),
        ("core/_calls.py", "child.rung = max(_TOP_RUNG, child.rung)", "child.rung = 1"),
        (
            "core/_calls.py",
            "if child.parked_at is not None:\n            child.rung",
            "if True:\n            child.rung",
        ),
        ("core/_rests.py", "child.fresh = True\n", "child.fresh = False\n"),
        ("core/_state.py", "if self.policy.ladder:\n            note.rung", "if True:\n            note.rung"),
        (
            "core/_state.py",
            "note.rung = child.rung = note.in_window",
            "note.rung = child.rung = note.in_window\n            for other in self.children.values():\n"
            "                other.rung = note.in_window",
        ),
        ("policy/_policy.py", "faults.need(ladder is not True or child_budget is not None,", "faults.need(True,"),
        ("tree/_slots.py", "estate.rung = rung", "estate.rung = 1"),
        ("actors/session/_recovery.py", "if self.estate.rung > 1:", "if self.estate.rung > 99:"),
        (
            "actors/session/_recovery.py",
            "machine.rebuilt()",
            "machine.rebuilt()\n        self._cell.outbox.pending_count = 0",
        ),
    ),
    *broken(
        "hold",
        ("core/_costs.py", "< hold.children:", "<= hold.children:"),
        ("core/_incident.py", "return len(charges)\n", "return sum(len(own) for _, own in charges.values())\n"),
        ("core/_incident.py", "while next(iter(charges.values()))[1][-1].at < since:", "while False:"),
        ("core/_holds.py", "return type(exception).__qualname__", 'return "one"'),
        ("core/_holds.py", "return self.fingerprint(failure)", "return str(failure.id)"),
        (
            "core/_exits.py",
            "        if verdict.charged:\n            if self.policy.hold",
            "        if self.policy.hold and not verdict.charged and self._shared(child, failure, exception):\n"
            "            return\n        if verdict.charged:\n            if self.policy.hold",
        ),
        ("core/_starts.py", "if verdict.charged and self._shared(", "if False and self._shared("),
        ("core/_holds.py", "else:\n                self._clear_timer(member)\n", "else:\n"),
        ("core/_holds.py", "seconds * ((self.chance + number * _SPREAD) % 1.0)", "0.0"),
        ("core/_costs.py", "incident = self.incidents.get(fingerprint)", "incident = None"),
        (
            "core/_holds.py",
            "incident.probe = None\n            incident.probes += 1\n        if incident",
            "incident.probe = None\n        if incident",
        ),
        ("core/_costs.py", "if child.held is not incident:", "if False:"),
        ("core/_holds.py", "            self._probe_next(incident)\n        else:", "            pass\n        else:"),
        ("core/_costs.py", "self._pay_own(child, failure, exception)\n        else:", "pass\n        else:"),
        ("core/_holds.py", "given_back += sum(self._give_back(member, charge) for charge in own)", "given_back += 0"),
        ("core/_holds.py", "if incident.trial_over is None:", "if True:"),
        ("core/_holds.py", "self._unpark_for_free(child, charge)", "pass"),
        ("policy/_policy.py", "faults.need(hold is None or alone,", "faults.need(True,"),
        ("runtime/_tree.py", "hold=Hold(children=20, seconds=5.0),", "hold=None,"),
    ),
    *broken(
        "un-park",
        ("core/_costs.py", "if child.half_open:", "if False:"),
        ("core/_exits.py", "child.half_open = False\n", "pass\n"),
        ("core/_exits.py", "child.parks = 0\n", "pass\n"),
        ("core/_starts.py", "elif child.half_open:", "elif False:"),
        ("policy/_policy.py", "first * self.backoff.factor**parks", "first"),
        (
            "core/_calls.py",
            'self._clear_timer(child)\n        if child.state != "stopped":',
            'if child.state != "stopped":',
        ),
        ("core/_policies.py", "child.parked_at + wait - self.now", "wait"),
        ("core/_policies.py", "self._clear_timer(child)\n                wait = ", "wait = "),
        (
            "core/_policies.py",
            'if child.state == "parked" and child.parked_at is not None:',
            'if child.state == "parked":',
        ),
        ("tree/_slots.py", "if estate.parked is not None:", "if False:"),
    ),
    *broken(
        "live policy",
        ("core/_policies.py", "old, self.policy = self.policy, policy", "old = self.policy"),
        ("core/_policies.py", _ENFORCE, f"self.window = Window()\n        {_ENFORCE}"),
        ("core/_policies.py", "            self._hand_down()\n", "            pass\n"),
        ("core/_policies.py", "        self._payers.clear()\n", ""),
        ("core/_policies.py", "after.budget, after.child_budget)", "policy.budget)"),
        (
            "core/_policies.py",
            _ENFORCE,
            'for child in [each for each in self.children.values() if each.state == "restarting"]:\n'
            f"            self._clear_timer(child)\n            self._start(child, retry=True)\n        {_ENFORCE}",
        ),
        ("core/_policies.py", 'self._enforce(self.permanent, "revert",', 'self._enforce(over.policy, "revert",'),
        ("core/_policies.py", "self._stop_revert()\n        if duration", "if duration"),
        (
            "core/_policies.py",
            'self._enforce(policy, "set", event.reason, duration)',
            'self.permanent = self.policy\n            self._enforce(policy, "set", event.reason, duration)',
        ),
        ("core/_policies.py", "if faults:\n            self.out", "if False:\n            self.out"),
        (
            "core/_machine.py",
            "case SetPolicy():\n                self._set_policy(event)",
            "case SetPolicy() if self.busy:\n                self.backlog.append(event)\n"
            "            case SetPolicy():\n                self._set_policy(event)",
        ),
        ("core/_policies.py", "if self.ending is not None:\n", "if False:\n"),
        ("core/_jobs.py", "self._stop_revert()\n", "pass\n"),
        ("core/_policies.py", "PolicyRevision(self.revision.revision + 1,", "PolicyRevision(self.revision.revision,"),
        ("policy/_change.py", "if faults.found:\n        raise BadPolicy(faults.found)\n    return", "return"),
    ),
    *broken(
        "last_failure",
        ("actors/guarded/_guard.py", "self.last_failure = failure\n", "pass\n"),
        (
            "actors/guarded/_estate.py",
            "actor.incarnation = self.incarnation",
            "actor.incarnation = self.incarnation - 1",
        ),
    ),
]
