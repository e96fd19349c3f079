"""Rules of restarting, broken: budgets, strategies, restarts that fail, first starts."""

from __future__ import annotations

from .house import Mutant, broken

__all__ = ["MUTANTS"]

_PAY = "            note = self._pay(child, verdict, failure, exception)\n            if note is None:"
_RESTARTING = (
    'case "restarting":\n                self._refuse(asked, StillRestarting(child_id=child.id))\n'
    '            case "parked":'
)

MUTANTS: list[Mutant] = [
    *broken(
        "B1",
        (
            "core/_verdict.py",
            '"permanent": Verdict("restart", "permanent"),',
            '"permanent": Verdict("restart", "", False),',
        ),
        (
            "core/_verdict.py",
            '"transient": Verdict("leave", "transient"),',
            '"transient": Verdict("restart", "transient"),',
        ),
        ("core/_verdict.py", 'case _ if restart == "temporary":', 'case _ if restart == "never":'),
        (
            "core/_calls.py",
            'child.goal, child.call = "parked", asked',
            'self._pay_own(child, None, None)\n                child.goal, child.call = "parked", asked',
        ),
        (
            "core/_calls.py",
            "            self._clear_timer(child)\n            self._start(child, retry=True)",
            "            self._clear_timer(child)\n            self._charge(child)\n"
            "            self._start(child, retry=True)",
        ),
        (
            "core/_starts.py",
            "if verdict.charged:\n            return self._pay(",
            "if False:\n            return self._pay(",
        ),
        (
            "core/_starts.py",
            "if verdict.charged:\n            return self._pay(",
            "if True:\n            return self._pay(",
        ),
        ("core/_exits.py", "stops.append(member)", "stops.append(member)\n                self._charge(member)"),
    ),
    *broken(
        "B2",
        (
            "core/_state.py",
            "return note.in_window <= budget.max_restarts, note",
            "return note.in_window < budget.max_restarts, note",
        ),
        (
            "core/_state.py",
            "return note.in_window <= budget.max_restarts, note",
            "return note.in_window <= budget.max_restarts + 1, note",
        ),
        (
            "policy/_budget.py",
            "head = bisect_left(times, now - seconds, self._head)",
            "head = bisect_left(times, now - seconds + 1e-9, self._head)",
        ),
        ("policy/_budget.py", "head = bisect_left(times, now - seconds, self._head)", "head = self._head"),
        (
            "policy/_budget.py",
            "head = bisect_left(times, now - seconds, self._head)",
            "head = bisect_left(times, int(now) - seconds, self._head)",
        ),
        ("tree/_hands.py", "self._now = clock.now", "self._now = clock.wall"),
    ),
    *broken(
        "B3",
        ("core/_exits.py", _PAY, f"            if self.grouped:\n                self._charge(child)\n{_PAY}"),
        ("core/_exits.py", "stops.append(member)", "stops.append(member)\n                self._charge(member)"),
    ),
    *broken(
        "B4",
        ("core/_costs.py", "self._record(note)\n        self.job = None", "self.job = None"),
        ("core/_jobs.py", 'self.job = Job("end", stops=live)', 'self.job = Job("end", stops=live[::-1])'),
        (
            "core/_jobs.py",
            "live = [child for child in self.children.values() if child.live]",
            'live = [child for child in self.children.values() if child.live and child.spec.restart != "temporary"]',
        ),
        (
            "core/_state.py",
            "self.window = Window()",
            'self.window = globals().setdefault(f"_window_{id(policy)}", Window())',
        ),
    ),
    *broken(
        "B5",
        ("core/_costs.py", "if at >= since and kept is not None)", "if kept is not None)"),
        ("tree/_life.py", "raise self._exceeded(exit_) from exit_.exception", 'raise Shutdown("gave_up")'),
        ("tree/_life.py", "raise self._exceeded(exit_) from exit_.exception", "return"),
    ),
    *broken(
        "B6",
        (
            "core/_costs.py",
            "if self.policy.child_budget is not None:\n            note.kind",
            "if False:\n            note.kind",
        ),
        ("core/_costs.py", "child.parks += 1\n        self._pay_own(child, failure, exception)", "child.parks += 1"),
        ("core/_state.py", "budget = self.policy.budget if own is None else own", "budget = self.policy.budget"),
        ("core/_state.py", "window = child.window = child.window or Window()", "window = child.window = self.window"),
        ("core/_rests.py", "self.out.append(Park(child))", 'self.out.append(Close(child, "parked"))'),
        ("core/_holds.py", "given_back += sum(self._give_back(member, charge) for charge in own)", "given_back += 0"),
    ),
    *broken(
        "B7",
        ("core/_verdict.py", 'return Verdict("restart", rule, charged)', 'return Verdict("restart", rule)'),
        (
            "core/_verdict.py",
            '"permanent": Verdict("restart", "permanent"),',
            '"permanent": Verdict("leave", "permanent"),',
        ),
        (
            "core/_exits.py",
            "        note = self._pay(child, verdict, failure, exception)\n        if note is not None:",
            '        note = Decided("failure", child, "resume", verdict.rule, failure)\n        if note is not None:',
        ),
        (
            "core/_starts.py",
            "if verdict.charged:\n            return self._pay(",
            "if True:\n            return self._pay(",
        ),
    ),
    *broken(
        "S1",
        ("core/_jobs.py", "job.current = child\n                    self._start(", "self._start("),
        ("core/_jobs.py", "job.current = child\n                    self._stop(", "self._stop("),
        ("core/_jobs.py", 'self.job = Job("end", stops=live)', 'self.job = Job("end", stops=live[::-1])'),
        (
            "core/_calls.py",
            "child = self.children[name] = Child(asked.spec)",
            "child = Child(asked.spec)\n            self.children = {name: child, **self.children}",
        ),
    ),
    *broken(
        "S2",
        (
            "core/_state.py",
            'return not self.dynamic and self.policy.strategy != "one_for_one"',
            "return not self.dynamic",
        ),
        ("core/_exits.py", 'if self.policy.strategy == "rest_for_one":', 'if self.policy.strategy != "one_for_one":'),
        ("core/_exits.py", 'if self.policy.strategy == "rest_for_one":', "if False:"),
        ("core/_exits.py", 'temporary = member.spec.restart == "temporary"', "temporary = False"),
    ),
    *broken(
        "S3",
        (
            "core/_exits.py",
            "self._rest(child, event.reason)",
            "self._rest(child, event.reason)\n                if self.grouped:\n"
            "                    self.children[child.id] = child\n"
            "                    self._restart_group(child, 0.0, None)",
        ),
        (
            "core/_verdict.py",
            '"transient": Verdict("leave", "transient"),',
            '"transient": Verdict("restart", "transient"),',
        ),
        ("core/_verdict.py", 'case _ if restart == "temporary":', 'case _ if restart == "never":'),
    ),
    *broken(
        "S4",
        ("core/_exits.py", " or (member.by_hand and not member.live):", ":"),
        (
            "core/_exits.py",
            'if member.state == "stopped":\n',
            'if member.state == "stopped":\n                continue\n            if False:\n',
        ),
        (
            "core/_exits.py",
            'member.state == "parked" or (member.by_hand and not member.live):\n                continue\n'
            '            if member.state == "stopped":',
            "(member.by_hand and not member.live):\n                continue\n"
            '            if member.state in ("stopped", "parked"):',
        ),
        ("core/_starts.py", "child.by_hand = False\n", "pass\n"),
    ),
    *broken(
        "S5",
        (
            "core/_jobs.py",
            "if self.dynamic:\n            self._end_at_once(live)",
            "if False:\n            self._end_at_once(live)",
        ),
        ("core/_state.py", "(self._moving > 0 and not self.dynamic)", "self._moving > 0"),
        (
            "core/_calls.py",
            "len(self.children) >= self.max_children",
            "sum(child.live for child in self.children.values()) >= self.max_children",
        ),
        (
            "core/_rests.py",
            'if self.dynamic or child.spec.restart == "temporary":',
            'if child.spec.restart == "temporary":',
        ),
        (
            "core/_starts.py",
            "child = self.children.get(child_id)",
            "child = next((child for child in self.children.values() if child.spec.id == child_id), None)",
        ),
        ("core/_policies.py", 'if dynamic and policy.strategy != "one_for_one":', "if False:"),
        (
            "core/_policies.py",
            "self.children.values()], dynamic=self.dynamic)",
            "self.children.values()], dynamic=False)",
        ),
        ("core/_jobs.py", 'if child.live and child.spec.shutdown != "infinity":', "if child.live:"),
        ("tree/_supervisor.py", "self._named += name is None", "self._named += 1"),
    ),
    *broken(
        "F1",
        (
            "core/_starts.py",
            "else:\n            self._set_timer(child, delay)",
            "else:\n            self._release(child)",
        ),
        (
            "core/_jobs.py",
            "if delay > 0 or job.again:\n",
            "if job.again:\n            return\n        if delay > 0:\n",
        ),
        (
            "core/_state.py",
            "return self.job is not None or",
            'return any(child.state == "restarting" for child in self.children.values()) or self.job is not None or',
        ),
    ),
    *broken(
        "F2",
        ("core/_starts.py", "self.group = again", "self.group = []"),
        ("core/_starts.py", 'if self.policy.strategy == "one_for_all":', "if False:"),
        ("core/_starts.py", 'if self.policy.strategy == "one_for_all":', "if True:"),
    ),
    *broken(
        "F3",
        (
            "core/_calls.py",
            _RESTARTING,
            _RESTARTING.replace("StillRestarting", "StillRunning"),
        ),
        ("core/_calls.py", 'case "restarting" if asked.now:', 'case "restarting" if False:'),
        (
            "core/_calls.py",
            'self._clear_timer(child)\n        if child.state != "stopped":',
            'if child.state != "stopped":',
        ),
        (
            "tree/_views.py",
            "active=sum(child.live for child in children)",
            'active=sum(child.state != "stopped" for child in children)',
        ),
    ),
    *broken(
        "F4",
        (
            "core/_starts.py",
            'self._rest(child, "ignored")',
            'self._move(child, "stopped")\n        self.out.append(Close(child, "ignored"))',
        ),
        ("core/_starts.py", 'self._rest(child, "ignored")', 'self._drop(child, "ignored")'),
        (
            "core/_rests.py",
            'if self.dynamic or child.spec.restart == "temporary":',
            'if child.spec.restart == "temporary":',
        ),
        ("actors/guarded/_estate.py", "if returned is Ignore or isinstance(returned, Ignore):", "if False:"),
    ),
    *broken(
        "I1",
        ("core/_jobs.py", 'self.job = Job("end", stops=live)', 'self.job = Job("end", stops=live[::-1])'),
        ("tree/_life.py", "raise self._unstarted(exit_) from exit_.exception", "raise self._unstarted(exit_)"),
        ("tree/_life.py", 'name = "?" if exit_.child is None else exit_.child.spec.id', 'name = "?"'),
    ),
    *broken(
        "I2",
        ("core/_starts.py", "if self._is_new(child):", "if False:"),
        ("core/_starts.py", "self._answer(child, error=event.exception)\n\n", "self._answer(child)\n\n"),
        (
            "core/_starts.py",
            'self._record(Decided("failure", child, "stop", "first_start", event.failure, charged=True))',
            "self._pay_own(child, event.failure, event.exception)",
        ),
    ),
]
