"""Waits: how long, since when, and what does not change them."""

from __future__ import annotations

from typing import Any

import pytest
from stentor.supervisor.policy._backoff import Backoff
from stentor.supervisor.policy._budget import Budget
from stentor.supervisor.policy._policy import RestartPolicy

STEADY = Backoff(initial=1.0, jitter=0.0, reset_after=10.0)


def delays(w: Any) -> list[float]:
    """Return the waits that were recorded."""
    return [r.delay for r in w.records if r.delay is not None]


def test_a_wait_grows_by_its_factor_up_to_its_maximum() -> None:
    """W1."""
    backoff = Backoff(initial=1.0, factor=3.0, maximum=20.0, jitter=0.0)

    assert [1.0, 3.0, 9.0, 20.0, 20.0] == [backoff.delay(attempt, 0.5) for attempt in range(5)]


@pytest.mark.parametrize("chance", [0.0, 0.5, 0.999])
def test_no_jitter_lifts_a_wait_over_the_maximum(chance: float) -> None:
    """W1: a hard cap; below it the wait is drawn from its share to both sides."""
    backoff = Backoff(initial=8.0, factor=1.25, maximum=10.0, jitter=0.5)

    assert 10.0 >= backoff.delay(1, chance) >= 5.0
    assert (4.0, 7.0) == (backoff.delay(0, 0.0), backoff.delay(0, 0.5))


def test_a_wait_after_very_many_attempts_is_the_longest() -> None:
    """W1: no overflow."""
    assert 30.0 == Backoff(jitter=0.0).delay(1_000_000, 0.5)
    assert 0.0 == Backoff(initial=0.0, jitter=0.0).delay(1_000_000, 0.5)


def test_the_seconds_of_waiting_are_no_seconds_of_being_up(world: Any) -> None:
    """W2: a child that does not come up for longer than reset_after has not been well."""
    w = world("a", policy=RestartPolicy(backoff=STEADY, budget=Budget(9, 1000.0))).boot()
    w.starts["a"] = [OSError(), OSError(), OSError(), OSError(), "ok"]
    w.crash("a")
    w.advance(1.0 + 2.0 + 4.0 + 8.0 + 16.0)
    w.crash("a")

    assert [1.0, 2.0, 4.0, 8.0, 16.0, 30.0] == delays(w)


def test_a_good_time_before_does_not_clear_what_came_after_it(world: Any) -> None:
    """W2: the count begins anew once; the failures that follow soon are counted on."""
    w = world("a", policy=RestartPolicy(backoff=STEADY, budget=Budget(9, 1000.0))).boot()
    w.advance(20.0)
    for _ in range(3):
        w.crash("a")
        w.advance(delays(w)[-1] + 9.0)

    assert [1.0, 2.0, 4.0] == delays(w)


def test_a_session_that_did_nothing_has_not_been_well(world: Any) -> None:
    """W2: the machine takes the word of whoever knows."""
    from stentor.supervisor.core._events import ChildExited

    w = world("a", policy=RestartPolicy(backoff=STEADY, budget=Budget(9, 1000.0))).boot()
    for healthy in (False, False, True):
        w.advance(20.0)
        w.feed(ChildExited("a", w.live.pop("a"), "crash", ValueError(), None, healthy))
        w.advance(delays(w)[-1])

    assert [1.0, 2.0, 1.0] == delays(w)


@pytest.mark.parametrize("budget", [Budget(5, 500.0), Budget(3, 7.0), "unlimited"])
@pytest.mark.parametrize("own", [None, Budget(5, 500.0)])
def test_the_waits_are_the_same_under_any_budget(world: Any, budget: Any, own: Any) -> None:
    """W3."""
    w = world("a", policy=RestartPolicy(backoff=STEADY, budget=budget, child_budget=own)).boot()
    for _ in range(3):
        w.crash("a")
        w.advance(delays(w)[-1])

    assert [1.0, 2.0, 4.0] == delays(w)


@pytest.mark.parametrize("initial", [0.0, 0.5, 2.0])
def test_a_budget_is_spent_by_as_many_failures_under_any_backoff(world: Any, initial: float) -> None:
    """W3: the count of attempts that begins anew gives nothing back."""
    backoff = Backoff(initial=initial, jitter=0.0, reset_after=5.0)
    w = world("a", policy=RestartPolicy(backoff=backoff, budget=Budget(2, 600.0))).boot()
    failures = 0
    while w.exit is None:
        w.crash("a")
        failures += 1
        w.advance(30.0)

    assert 3 == failures


def test_a_group_is_not_started_before_the_last_of_it_is_gone(world: Any) -> None:
    """W4: nor is the child that failed."""
    w = world("a", "b", "c", policy=RestartPolicy(strategy="one_for_all", backoff=Backoff(0.0))).boot()
    w.stubborn.add("c")
    w.crash("a")
    w.advance(4.9)
    assert [("stop", "c")] == w.since(3)
    w.advance(0.1)

    assert [("abandon", "c"), ("stop", "b"), ("start", "a"), ("start", "b"), ("start", "c")] == w.since(4)
