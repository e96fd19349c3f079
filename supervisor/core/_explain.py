"""Explain: which rule would decide on an exception, and what would happen, without doing it."""

from __future__ import annotations

from attrs import frozen

from ._child import Child
from ._state import Core
from ._verdict import judge

__all__ = ["Explanation", "explain"]


@frozen
class Explanation:
    """What a supervisor would do now if a child failed with an exception; nothing is charged by asking."""

    decision: str
    rule: str
    charged: bool
    delay: float | None
    """Seconds until the restart, at their shortest; None where there is none."""
    restarts_in_window: int | None
    max_restarts: int | None
    window_s: float | None


def explain(machine: Core, exception: BaseException, child: Child | None, now: float) -> Explanation:
    """Return which rule would decide on *exception* in *child* and what would happen, changing nothing.

    Args:
        machine: The supervisor's machine.
        exception: What the child would fail with.
        child: The child; None for a permanent one that never failed.
        now: Monotonic seconds.
    """
    policy = machine.policy
    verdict = judge(policy, "permanent" if child is None else child.spec.restart, "crash", exception)
    own = policy.child_budget
    budget = policy.budget if own is None else own
    window = machine.window if own is None else (child.window if child is not None else None)
    if verdict.what not in ("restart", "resume") or not verdict.charged:
        delay = 0.0 if verdict.what == "restart" else None
        return Explanation(verdict.what, verdict.rule, False, delay, None, None, None)
    attempts = 0
    if child is not None and now - child.started_at < policy.backoff.reset_after:
        attempts = child.attempts
        if child.half_open:
            return Explanation("park", "half_open", True, None, None, None, None)
    delay = policy.backoff.delay(attempts, 0.0) if verdict.what == "restart" else None
    if isinstance(budget, str):
        return Explanation(verdict.what, verdict.rule, True, delay, None, None, None)
    count = 1 + (window.peek(now, budget.max_seconds) if window is not None else 0)
    limits = (count, budget.max_restarts, budget.max_seconds)
    if count <= budget.max_restarts:
        return Explanation(verdict.what, verdict.rule, True, delay, *limits)
    if own is None:
        return Explanation("give_up", "budget", True, None, *limits)
    return Explanation("park", "child_budget", True, None, *limits)
