"""What costs and what does not: budgets, clause by clause."""

from __future__ import annotations

from typing import Any

import pytest
from stentor.supervisor.policy._backoff import Backoff
from stentor.supervisor.policy._budget import Budget
from stentor.supervisor.policy._policy import RestartPolicy

AT_ONCE = Backoff(initial=0.0, jitter=0.0)
NOTHING_LEFT = RestartPolicy(backoff=AT_ONCE, budget=Budget(0, 60.0))


def spent(w: Any) -> int:
    """Return what counts in the supervisor's own window."""
    count: int = w.machine.window.peek(w.now, 60.0)
    return count


def test_calls_by_hand_are_free(world: Any, spec: Any) -> None:
    """B1: start, terminate, restart, park, un-park and delete, under a budget that allows nothing."""
    w = world("a", policy=NOTHING_LEFT).boot()
    w.start_child(spec("b"))
    w.terminate("b")
    w.restart("b")
    w.park("b")
    w.unpark("b")
    w.park("b")
    w.delete("b")

    assert (None, 0, "running", None) == (w.exit, spent(w), w.state("a"), w.state("b"))


def test_a_try_that_somebody_asks_for_is_free(world: Any) -> None:
    """B1: only the decision to restart had cost something, not the try that came earlier than planned."""
    w = world("a", policy=RestartPolicy(backoff=Backoff(10.0), budget=Budget(1, 60.0))).boot()
    w.crash("a")
    w.restart("a", now=True)

    assert ("running", 1) == (w.state("a"), spent(w))


@pytest.mark.parametrize("reason", ["normal", "shutdown", "planned"])
def test_the_good_end_of_a_transient_child_is_free(world: Any, spec: Any, reason: str) -> None:
    """B1: and so is each end of a temporary one."""
    w = world(spec("t", restart="transient"), spec("x", restart="temporary"), policy=NOTHING_LEFT).boot()
    w.exits("t", reason)
    w.exits("x", reason)

    assert (None, 0) == (w.exit, spent(w))


def test_a_retry_that_the_budget_does_not_allow_is_never_made(world: Any) -> None:
    """B1: it is charged before the attempt; the second start that fails was the last."""
    w = world("a", policy=RestartPolicy(backoff=Backoff(1.0, jitter=0.0), budget=Budget(1, 60.0))).boot()
    w.starts["a"] = OSError()
    w.crash("a")
    w.advance(60.0)

    assert ("gave_up", 2) == (w.exit.why, w.log.count(("start", "a")))


@pytest.mark.parametrize(("strategy", "stopped"), [("one_for_all", 3), ("rest_for_one", 2)])
def test_a_group_costs_as_much_as_one_child(world: Any, strategy: Any, stopped: int) -> None:
    """B1, B3: the stops that the supervisor itself caused are free, and so are the starts that follow."""
    w = world("a", "b", "c", "d", policy=RestartPolicy(strategy=strategy, backoff=AT_ONCE)).boot()
    w.crash("b")

    assert (stopped, 1) == (len([e for e in w.log if e[0] == "stop"]), spent(w))


def test_the_window_counts_parts_of_a_second(world: Any) -> None:
    """B2: unlike the reference, which counts whole ones."""
    w = world("a", policy=RestartPolicy(backoff=AT_ONCE, budget=Budget(1, 1.0))).boot()
    w.advance(0.9)
    w.crash("a")
    w.advance(1.05)
    w.crash("a")

    assert None is w.exit


def test_who_gives_up_says_so_and_then_stops_the_rest_in_reverse(world: Any) -> None:
    """B4: the entry comes first, the offender is closed, the others stop one by one, and that is the end."""
    w = world("a", "b", "c", policy=NOTHING_LEFT).boot()
    w.crash("b")

    assert [("close", "b"), ("stop", "c"), ("close", "c"), ("stop", "a"), ("close", "a")] == w.since(3)
    assert [("give_up", "budget", "b", True)] == [(r.kind, r.rule, r.child.id, r.charged) for r in w.records]
    assert ("gave_up", ["stopped"] * 3) == (w.exit.why, [w.state(name) for name in "abc"])


def test_a_temporary_sibling_is_dropped_when_its_supervisor_gives_up(world: Any, spec: Any) -> None:
    """B4: it is stopped with the others, and nothing restarts it."""
    w = world("a", spec("t", restart="temporary"), policy=NOTHING_LEFT).boot()
    w.crash("a")

    assert ({}, "gave_up") == (w.live, w.exit.why)


def test_the_failures_that_spent_the_budget_are_handed_up(world: Any) -> None:
    """B5: those in the window, and no older ones."""
    w = world("a", policy=RestartPolicy(backoff=AT_ONCE, budget=Budget(1, 5.0))).boot()
    errors = [ValueError(number) for number in range(3)]
    w.crash("a", errors[0])
    w.advance(5.1)
    w.crash("a", errors[1])
    w.crash("a", errors[2])

    assert errors[1:] == [failure.exception for failure in w.exit.failures]


def test_each_child_pays_for_itself_under_child_budgets(world: Any) -> None:
    """B6: the supervisor's own budget is untouched by restarts, and a sibling's window by its neighbour's."""
    w = world("a", "b", policy=RestartPolicy(backoff=AT_ONCE, budget=Budget(0, 60.0), child_budget=Budget(2, 60.0)))
    w.boot()
    for name in "aabb":
        w.crash(name)

    assert (None, 0, {"a", "b"}) == (w.exit, spent(w), set(w.live))


def test_a_parked_child_keeps_its_slot(world: Any) -> None:
    """B6: parked, not closed."""
    w = world("a", policy=RestartPolicy(backoff=AT_ONCE, child_budget=Budget(0, 60.0))).boot()
    w.crash("a")

    assert [("park", "a")] == w.since(1)


def test_a_good_end_is_charged_to_a_permanent_child_like_a_bad_one(world: Any) -> None:
    """B1, B7: who stops it from outside has it started again, at the price of a restart."""
    w = world("a", policy=RestartPolicy(backoff=AT_ONCE)).boot()
    w.exits("a")

    assert ("running", 1, [("restart", "permanent", True)]) == (
        w.state("a"),
        spent(w),
        [(r.kind, r.rule, r.charged) for r in w.records],
    )
