"""Explain: which rule would decide on an exception, and what would happen, without doing it."""

from __future__ import annotations

from attrs import frozen

from ..policy._short import Short
from ._child import Child
from ._state import Core
from ._verdict import judge

__all__ = ["Explanation", "explain"]


@frozen(repr=False)
class Explanation(Short):
    """What a supervisor would do now if a child failed with an exception; nothing is charged by asking."""

    decision: str
    rule: str
    charged: bool
    delay: float | None
    """Seconds until the restart, at their shortest; None where there is none."""
    restarts_in_window: int | None
    max_restarts: int | None
    window_s: float | None
    rung: int | None = None
    """How much the restart would throw away, from 1; None where there is none."""
    incident: str | None = None
    """Id of the incident that the failure would be part of."""
    alike: int | None = None
    """How many different children have failed of the same cause then; so many as the hold says are an incident."""


def explain(
    machine: Core, exception: BaseException, child: Child | None, now: float, cause: str | None = None
) -> Explanation:
    """Return which rule would decide on *exception* in *child* and what would happen, changing nothing.

    Args:
        machine: The supervisor's machine.
        exception: What the child would fail with.
        child: The child; None for a permanent one that never failed.
        now: Monotonic seconds.
        cause: The fingerprint that the failure would have; by default that of the newest failure with an exception of
            this type.
    """
    policy = machine.policy
    cause = _newest(machine, type(exception)) if cause is None else cause
    verdict = judge(policy, "permanent" if child is None else child.spec.restart, "crash", exception)
    own = policy.child_budget
    budget = policy.budget if own is None else own
    window = machine.window if own is None else (child.window if child is not None else None)
    if verdict.what not in ("restart", "resume") or not verdict.charged:
        delay = 0.0 if verdict.what == "restart" else None
        rung = 1 if verdict.what == "restart" else None
        return Explanation(verdict.what, verdict.rule, False, delay, None, None, None, rung)
    alike = _alike(machine, child, now, cause) if verdict.what == "restart" else None
    incident = machine.incidents.get(cause)
    if policy.hold is not None and verdict.what == "restart" and (incident or (alike or 0) >= policy.hold.children):
        held = None if incident is None else incident.id
        return Explanation("hold", "hold", False, None, None, None, None, 1, held, alike)
    attempts = 0
    if child is not None and now - child.started_at < policy.backoff.reset_after:
        attempts = child.attempts
        if child.half_open:
            return Explanation("park", "half_open", True, None, None, None, None)
    delay = policy.backoff.delay(attempts, 0.0) if verdict.what == "restart" else None
    if isinstance(budget, str):
        rung = 1 if verdict.what == "restart" else None
        return Explanation(verdict.what, verdict.rule, True, delay, None, None, None, rung, None, alike)
    count = 1 + (window.peek(now, budget.max_seconds) if window is not None else 0)
    limits = (count, budget.max_restarts, budget.max_seconds)
    if count <= budget.max_restarts:
        rung = (count if policy.ladder else 1) if verdict.what == "restart" else None
        return Explanation(verdict.what, verdict.rule, True, delay, *limits, rung, None, alike)
    if own is None:
        return Explanation("give_up", "budget", True, None, *limits)
    return Explanation("park", "child_budget", True, None, *limits)


def _alike(machine: Core, child: Child | None, now: float, cause: str) -> int | None:
    """Return how many different children would have failed of *cause*, *child* included."""
    hold = machine.policy.hold
    if hold is None:
        return None
    known = machine.causes.find(cause)
    names = known.alike(now, hold.seconds) if known is not None else set[str]()
    return len(names | {child.spec.id if child is not None else ""})


def _newest(machine: Core, kind: type[BaseException]) -> str:
    """Return the cause of the newest incident that began with a failure of that *kind*, or else of such a failure."""
    for fingerprint, incident in reversed(machine.incidents.items()):
        if type(incident.first.exception) is kind:
            return fingerprint
    for fingerprint, failure in machine.causes.newest():
        if type(failure.exception) is kind:
            return fingerprint
    return kind.__qualname__
