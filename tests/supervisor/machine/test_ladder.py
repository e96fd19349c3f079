"""The ladder: how much a restart throws away."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from stentor.supervisor.core._explain import explain
from stentor.supervisor.policy._backoff import Backoff
from stentor.supervisor.policy._budget import Budget
from stentor.supervisor.policy._directives import Restart
from stentor.supervisor.policy._policy import RestartPolicy

pytestmark = pytest.mark.filterwarnings("ignore::stentor.supervisor.policy._policy.PolicyWarning")

AT_ONCE = Backoff(initial=0.0, jitter=0.0)
with warnings.catch_warnings():
    # A free start that fails without any wait: here, time stands still.
    warnings.simplefilter("ignore")
    LADDER = RestartPolicy(
        ladder=True,
        child_budget=Budget(4, 60.0),
        budget=Budget(9, 60.0),
        backoff=AT_ONCE,
        unpark_after=100.0,
        decide={OSError: Restart(charged=False)},
    )


def test_each_charged_failure_in_the_window_is_one_rung_more(world: Any) -> None:
    """The first start has nothing to throw away; the entries say the rung."""
    w = world("a", policy=LADDER).boot()
    for _ in range(4):
        w.crash("a")

    assert [("a", rung) for rung in range(5)] == w.rungs
    assert [1, 2, 3, 4] == [r.rung for r in w.records]


def test_a_rung_is_left_with_the_window(world: Any) -> None:
    """Only failures that still count."""
    w = world("a", policy=LADDER).boot()
    w.crash("a")
    w.crash("a")
    w.advance(61.0)
    w.crash("a")

    assert [0, 1, 2, 1] == [rung for _, rung in w.rungs]


def test_an_uncharged_failure_throws_nothing_away(world: Any) -> None:
    """A vanished connection on any rung."""
    w = world("a", policy=LADDER).boot()
    w.crash("a")
    w.crash("a")
    w.crash("a", OSError())

    assert [0, 1, 2, 1] == [rung for _, rung in w.rungs]


def test_a_restart_that_fails_climbs_and_a_free_one_keeps_the_rung(world: Any) -> None:
    """What was to be thrown away is still to be."""
    w = world("a", policy=LADDER).boot()
    w.starts["a"] = [ValueError(), OSError(), "ok"]
    w.crash("a")
    w.advance(0.0)
    w.advance(0.0)

    assert [0, 1, 2, 2] == [rung for _, rung in w.rungs]


def test_a_parked_child_is_tried_again_on_the_highest_rung(world: Any) -> None:
    """It had failed on every one; by then its window is empty."""
    w = world("a", policy=LADDER).boot()
    for _ in range(5):
        w.crash("a")
    w.advance(100.0)

    assert ("a", 5) == w.rungs[-1]


def test_a_child_parked_by_hand_keeps_what_it_has(world: Any) -> None:
    """It did not fail."""
    w = world("a", policy=LADDER).boot()
    w.park("a")
    w.unpark("a")

    assert [("a", 0), ("a", 1)] == w.rungs


def test_a_child_that_was_stopped_for_good_begins_with_nothing(world: Any) -> None:
    """Its slot was closed."""
    w = world("a", policy=LADDER).boot()
    w.crash("a")
    w.terminate("a")
    w.restart("a")

    assert [0, 1, 0] == [rung for _, rung in w.rungs]


@pytest.mark.parametrize("strategy", ["one_for_one", "one_for_all"])
def test_without_a_ladder_every_restart_throws_away_the_incarnation_only(world: Any, strategy: Any) -> None:
    """Also with a budget for each child."""
    policy = RestartPolicy(strategy=strategy, child_budget=Budget(4, 60.0), backoff=AT_ONCE)
    w = world("a", policy=policy).boot()
    for _ in range(3):
        w.crash("a")

    assert [0, 1, 1, 1] == [rung for _, rung in w.rungs]
    assert {None} == {r.rung for r in w.records}


def test_a_sibling_of_a_group_throws_away_no_more_than_its_own_failures_ask_for(world: Any) -> None:
    """The rung is the failed child's."""
    policy = RestartPolicy(strategy="one_for_all", ladder=True, child_budget=Budget(4, 60.0), backoff=AT_ONCE)
    w = world("a", "b", policy=policy).boot()
    w.crash("a")
    w.crash("a")

    assert [("a", 2), ("b", 1)] == w.rungs[-2:]


def test_explain_tells_the_rung(world: Any) -> None:
    """And for what costs nothing, the first."""
    w = world("a", policy=LADDER).boot()
    w.crash("a")
    child = w.machine.children["a"]

    assert (2, 1) == (
        explain(w.machine, ValueError(), child, w.now).rung,
        explain(w.machine, OSError(), child, w.now).rung,
    )
