"""What a rule is: a promise, and the tests that show it."""

from __future__ import annotations

from attrs import frozen

__all__ = ["Rule", "rule"]

_FILES = {
    "rules": "supervisor/machine/test_rules.py",
    "budget": "supervisor/machine/test_budget.py",
    "backoff": "supervisor/machine/test_backoff.py",
    "groups": "supervisor/machine/test_groups.py",
    "stops": "supervisor/machine/test_stops.py",
    "calls": "supervisor/machine/test_calls.py",
    "values": "supervisor/machine/test_values.py",
    "significant": "supervisor/machine/test_significant.py",
    "ladder": "supervisor/machine/test_ladder.py",
    "hold": "supervisor/machine/test_hold.py",
    "live": "supervisor/machine/test_live_policy.py",
    "tree": "supervisor/tree/test_supervisor.py",
    "lives": "supervisor/tree/test_lives.py",
    "hands": "supervisor/tree/test_hands.py",
    "healthy": "supervisor/tree/test_healthy.py",
    "tree_live": "supervisor/tree/test_live_policy.py",
    "estate": "actors/test_estate.py",
    "guard": "actors/test_guard.py",
    "thread": "actors/test_thread_actor.py",
    "watchdog": "watchdog/test_watchdog.py",
    "session": "actors_delivery/test_session.py",
    "quarantine": "actors_delivery/test_quarantine.py",
    "scenarios": "delivery/test_scenarios.py",
    "runs": "runtime/test_runs.py",
    "sessions": "runtime/test_ladder.py",
}


@frozen
class Rule:
    """One rule: what it promises, and the tests that are red where that is not kept."""

    promise: str
    tests: tuple[str, ...]


def rule(promise: str, **tests: str) -> Rule:
    """Return a rule; *tests* are given by file, as the words after ``test_``, with blanks, one test a line."""
    ids = [
        f"tests/{_FILES[name]}::test_{line.strip().replace(' ', '_')}"
        for name, lines in tests.items()
        for line in lines.strip().splitlines()
    ]
    return Rule(promise, tuple(ids))
