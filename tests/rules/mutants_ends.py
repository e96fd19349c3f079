"""Rules of stopping, calling, significance, waiting and messages, broken."""

from __future__ import annotations

from .house import Mutant, broken

__all__ = ["MUTANTS"]

_ESTATE, _ENDING = "actors/guarded/_estate.py", "actors/guarded/_ending.py"
_DELETE = (
    'case "restarting":\n                self._refuse(asked, StillRestarting(child_id=child.id))\n            case _:\n'
    "                self._refuse(asked, StillRunning(child_id=child.id))\n\n    def _park_child"
)
_DEADLINE = 'not (self.dynamic and child.goal == "end"):\n            self._set_timer(child, '

MUTANTS: list[Mutant] = [
    *broken(
        "T1",
        ("core/_jobs.py", "self._set_timer(child, limit)", "self._set_timer(child, limit * 2)"),
        ("core/_jobs.py", "if not isinstance(limit, str) and", "if limit and not isinstance(limit, str) and"),
        ("core/_jobs.py", 'if limit == "brutal_kill":', "if False:"),
        ("core/_jobs.py", 'if child.state == "stopping":\n            return\n        self._leave', "self._leave"),
        (
            "core/_jobs.py",
            f"if not isinstance(limit, str) and {_DEADLINE}limit)",
            f"if {_DEADLINE}9.0 if isinstance(limit, str) else limit)",
        ),
        ("core/_jobs.py", 'if child.live and child.spec.shutdown != "infinity":', "if child.live:"),
        ("policy/_spec.py", "_WORKER_SHUTDOWN = 5.0", "_WORKER_SHUTDOWN = 6.0"),
        ("policy/_spec.py", '"infinity" if kind == "supervisor" else _WORKER_SHUTDOWN', "_WORKER_SHUTDOWN"),
        ("tree/_slots.py", "abandon_below(estate)\n        estate.cut_off(", "estate.cut_off("),
        (
            _ESTATE,
            "self.push_control(StopRequest(self.generation, reason))",
            "self.push(StopRequest(self.generation, reason), None)",
        ),
        (_ESTATE, 'self.cut_off("abandoned")', "pass"),
    ),
    *broken(
        "T2",
        ("tree/_life.py", "answer_questions(self)", "pass"),
        (
            "core/_calls.py",
            "if self.busy:\n            self.backlog.append(asked)",
            "if False:\n            self.backlog.append(asked)",
        ),
    ),
    *broken(
        "T3",
        ("core/_exits.py", "if child.goal:\n            if event.failure", "if False:\n            if event.failure"),
        (
            "core/_exits.py",
            'self._record(Decided("failure", child, "stop", "exit_while_stopping", event.failure))\n'
            "            self._gone(child)",
            "self._pay_own(child, event.failure, event.exception)\n            self._gone(child)",
        ),
        ("core/_jobs.py", "self._set_timer(child, limit)", "child.due = limit"),
        ("watchdog/_culprit.py", "        path=path,", '        path="",'),
    ),
    *broken(
        "T4",
        (
            "core/_starts.py",
            "if child is None or child.life != life or not child.live:",
            "if child is None or not child.live:",
        ),
        ("tree/_hands.py", " or report.incarnation != estate.incarnation:", ":"),
        ("actors/guarded/_lease.py", "if lender.lease is not self:", "if False:"),
        ("actors/guarded/_timer.py", "if lease.is_void():", "if False:"),
    ),
    *broken(
        "C1",
        ("core/_calls.py", _DELETE, _DELETE.replace("StillRestarting", "StillRunning")),
        ("core/_calls.py", _DELETE, _DELETE.replace("StillRunning", "StillRestarting")),
        ("core/_calls.py", 'self._drop(child, "deleted")', 'self._rest(child, "deleted")'),
    ),
    *broken(
        "C2",
        ("core/_calls.py", 'running = child.state == "running"', 'running = child.state != "running"'),
        ("core/_policies.py", "if spec.id in seen:", "if False:"),
    ),
    *broken(
        "C3",
        ("policy/_checks.py", "if not holds:", "if not holds and not self.found:"),
        ("policy/_checks.py", "for key, value in extra.items():", "for key, value in ():"),
        ("policy/_checks.py", "return value >= 0 if above is None else value > above", "return True"),
        ("policy/_spec.py", 'faults.need(_is_name(id) and "/" not in id,', "faults.need(True,"),
        ("policy/_change.py", 'isinstance(reason, str) and reason.strip() != ""', "True"),
    ),
    *broken(
        "G1",
        ("policy/_spec.py", 'not (significant is True and restart == "permanent")', "True"),
        ("core/_policies.py", 'if not spec.significant or policy.auto_shutdown != "never":', "if True:"),
        ("core/_policies.py", 'if dynamic and policy.auto_shutdown != "never":', "if False:"),
    ),
    *broken(
        "G2",
        ("core/_costs.py", 'if not child.spec.significant or wanted == "never":', "if True:"),
        (
            "core/_exits.py",
            "child.restarts += 1\n        self._record(note)\n",
            "child.restarts += 1\n        self._record(note)\n        self._ended_for_good(child)\n",
        ),
        ("core/_costs.py", 'if wanted == "any_significant" or not any(', "if True or not any("),
        ("core/_costs.py", 'any(other.live or other.state == "restarting" for', "any(other.live for"),
        ("core/_costs.py", 'not any(other.live or other.state == "restarting" for other in others)', "not any(others)"),
        (
            "core/_jobs.py",
            'self._rest(child, "terminated")\n',
            'self._rest(child, "terminated")\n                self._ended_for_good(child)  # type: ignore\n',
        ),
        (
            "core/_exits.py",
            "elif self.busy and (self.grouped or child.spec.significant):",
            "elif self.busy and self.grouped:",
        ),
    ),
    *broken(
        "G3",
        ("core/_jobs.py", 'self.job = Job("end", stops=live)', 'self.job = Job("end", stops=live[::-1])'),
        ("tree/_life.py", 'raise Shutdown("auto_shutdown")', 'raise RuntimeError("auto_shutdown")'),
    ),
    *broken(
        "W1",
        ("policy/_backoff.py", "self.initial * self.factor**attempt", "self.initial * self.factor * attempt"),
        (
            "policy/_backoff.py",
            "high = min(self.maximum, middle * (1.0 + self.jitter))",
            "high = middle * (1.0 + self.jitter)",
        ),
        ("policy/_backoff.py", "except OverflowError:", "except ZeroDivisionError:"),
    ),
    *broken(
        "W2",
        (
            "core/_exits.py",
            "if event.healthy and self.now - child.started_at >= self.",
            "if event.healthy and self.now - child.started_at > self.",
        ),
        (
            "core/_exits.py",
            "if event.healthy and self.now - child.started_at >= self.policy.backoff.reset_after:",
            "if event.healthy:",
        ),
        ("core/_exits.py", "if event.healthy and self.now", "if self.now"),
        ("core/_exits.py", "if event.healthy and self.now", "if not event.healthy and self.now"),
        ("tree/_hands.py", 'child.spec.kind != "session" or child.handle.handled', "child.handle.handled"),
        (
            "core/_starts.py",
            "note.delay = delay = self.",
            "if self.now - child.started_at > self.policy.backoff.reset_after:\n            child.attempts = 0\n"
            "        note.delay = delay = self.",
        ),
    ),
    *broken(
        "W3",
        ("core/_exits.py", "delay = 0.0\n", "delay = self.policy.backoff.delay(child.attempts, self.chance)\n"),
        (
            "core/_exits.py",
            "child.attempts += 1\n        else:",
            "child.attempts += 1 + (note.max_restarts or 0)\n        else:",
        ),
        ("core/_exits.py", "child.attempts = 0\n", "child.attempts = 0\n            self.window.count(1e12, 0.0)\n"),
    ),
    *broken(
        "W4",
        (
            "core/_starts.py",
            "if child is None or child.life != life or not child.live:",
            "if child is None or not child.live:",
        ),
        ("core/_jobs.py", "job.current = child\n                    self._stop(", "self._stop("),
        (
            _ESTATE,
            "if self._actor is not None:\n            raise StillRunning",
            "if False:\n            raise StillRunning",
        ),
    ),
    *broken(
        "M1",
        (_ENDING, 'self.recorder.dead_letter(self.path, message, "crash", failure.id)', "self.push(message, None)"),
        (_ENDING, "        reply.fail(exception)\n", "        reply.set(None)\n"),
    ),
    *broken(
        "M2",
        ("actors/session/_backlog.py", "self._twice = bool(self._suspects)", "self._twice = False"),
        ("actors/session/_backlog.py", "(*self._blamed[-1:], failure_id)", "(failure_id,)"),
        (
            "actors/session/_session.py",
            '(answer.first, answer.first, "quarantined"),)',
            '(answer.first, answer.first, "expired"),)',
        ),
        ("actors/session/_recovery.py", "if cell.trying > 1:", "if cell.trying > 2:"),
    ),
    *broken(
        "M3",
        (_ENDING, "                    reply.fail(self._obituary())\n", "                    reply.set(None)\n"),
        (_ENDING, "self.recorder.dead_letter(self.path, message, reason, failure_id)", "pass"),
    ),
    *broken(
        "M4",
        (
            _ENDING,
            "            if not told:\n",
            "            for watcher in self.watchers:\n                self._tell_watcher(watcher, reason)\n"
            "            if not told:\n",
        ),
        (_ENDING, "if watcher not in self._watchers:", "if True:"),
        (_ENDING, "if closed:\n            watcher", "if False:\n            watcher"),
    ),
]
