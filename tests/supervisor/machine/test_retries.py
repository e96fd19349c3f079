"""Restarts that fail: what a retry costs, and who is started when a group is tried again."""

from __future__ import annotations

from typing import Any

import pytest
from stentor.protocol.errors import StillRestarting
from stentor.supervisor.policy._backoff import Backoff
from stentor.supervisor.policy._budget import Budget
from stentor.supervisor.policy._policy import RestartPolicy

AFTER_1 = Backoff(initial=1.0, jitter=0.0)
GROUPS = ("one_for_all", "rest_for_one")


def grouped(strategy: Any = "one_for_all", **options: Any) -> RestartPolicy:
    """Return a policy under which a group waits a second, then two."""
    return RestartPolicy(strategy=strategy, backoff=AFTER_1, budget=Budget(9, 3600.0), **options)


def test_a_retry_is_charged_when_the_restart_fails_even_if_it_is_cancelled(world: Any) -> None:
    """B1: a budget that is spent is known at once, and not after the longest backoff."""
    w = world("a", policy=RestartPolicy(backoff=AFTER_1, budget=Budget(2, 60.0))).boot()
    w.starts["a"] = [OSError()]
    w.crash("a")
    w.advance(1.0)
    assert 2 == w.machine.window.peek(w.now, 60.0)
    w.terminate("a")
    assert 2 == w.machine.window.peek(w.now, 60.0)
    w.restart("a")
    w.crash("a")

    assert "gave_up" == w.exit.why


@pytest.mark.parametrize("again", [1, 2])
def test_a_child_that_declined_is_started_when_its_group_is_tried_again(world: Any, again: int) -> None:
    """F2: one_for_all starts the whole group, whatever came of the try before."""
    w = world("a", "b", policy=grouped()).boot()
    w.starts.update(a=["ignore"] * again, b=[OSError()] * again)
    w.crash("a")
    w.advance(10.0)

    assert {"a", "b"} == set(w.live)


def test_a_temporary_child_that_declined_is_not_started_again(world: Any, spec: Any) -> None:
    """F4: nothing is kept of it."""
    w = world("a", "b", policy=grouped()).boot()
    w.starts.update(t=["ignore"], a=[OSError()])
    w.start_child(spec("t", restart="temporary"))
    w.crash("b")
    w.advance(10.0)

    assert {"a", "b"} == set(w.live)
    assert None is w.state("t")


@pytest.mark.parametrize("strategy", GROUPS)
def test_a_child_that_is_started_while_its_group_waits_is_restarted_with_it(
    world: Any, spec: Any, strategy: Any
) -> None:
    """F2: the group is who belongs to it when it starts; what stopped the newcomer is on record with its cause."""
    w = world("a", policy=grouped(strategy)).boot()
    w.starts["a"] = [OSError()]
    w.crash("a")
    w.advance(1.0)
    w.start_child(spec("b"))
    w.start_child(spec("t", restart="temporary"))
    mark = len(w.log)
    w.advance(2.0)

    done = [("stop", "t"), ("close", "t"), ("stop", "b"), ("start", "a"), ("start", "b")]
    assert done == w.since(mark)
    failed = w.machine.children["a"].last_failure
    noted = [(record.child.id, record.decision, record.cause) for record in w.records if record.rule == strategy]
    assert {("t", "stop", failed), ("b", "restart", failed)} == set(noted)


@pytest.mark.parametrize(("strategy", "restarted"), [("one_for_all", True), ("rest_for_one", False)])
def test_only_what_comes_after_the_one_that_waits_is_restarted_with_it(
    world: Any, spec: Any, strategy: Any, restarted: bool
) -> None:
    """S2, F2: rest_for_one leaves alone what stands before it, also if it was started meanwhile."""
    w = world(spec("a", restart="transient"), "b", policy=grouped(strategy)).boot()
    w.exits("a")
    w.starts["b"] = [OSError()]
    w.crash("b")
    w.advance(0.5)
    w.restart("a")
    mark = len(w.log)
    w.advance(10.0)

    assert restarted == (("stop", "a") in w.since(mark))
    assert {"a", "b"} == set(w.live)


def test_a_group_that_is_started_at_once_takes_the_newcomers_with_it(world: Any, spec: Any) -> None:
    """F3: restart_child(now=True) of one that waits is the try of them all."""
    w = world("a", "b", policy=grouped()).boot()
    w.crash("a")
    w.start_child(spec("c"))
    mark = len(w.log)

    assert "ref b" == w.restart("b", now=True)
    assert [("stop", "c"), ("start", "a"), ("start", "b"), ("start", "c")] == w.since(mark)


def test_a_newcomer_that_was_stopped_by_hand_stays_so_when_the_group_starts(world: Any, spec: Any) -> None:
    """S4: also where the stop came while the group was waiting."""
    w = world("a", policy=grouped()).boot()
    w.crash("a")
    w.start_child(spec("b"))
    w.terminate("b")
    w.advance(1.0)

    assert {"a"} == set(w.live)


def test_a_group_that_waits_under_a_policy_without_groups_takes_nobody_with_it(world: Any) -> None:
    """Live policy: it holds for what is decided from then on."""
    w = world("a", "b", policy=grouped("rest_for_one")).boot()
    w.crash("b")
    w.set_policy(RestartPolicy(budget=Budget(9, 3600.0), backoff=AFTER_1))
    mark = len(w.log)
    w.advance(1.0)

    assert [("start", "b")] == w.since(mark)


def test_all_that_wait_with_a_group_are_restarting(world: Any) -> None:
    """F3: also those that were stopped for it."""
    w = world("a", "b", policy=grouped()).boot()
    w.crash("a")

    assert {StillRestarting} == {type(w.restart(name)) for name in "ab"}


def test_terminating_one_that_waits_leaves_the_others_to_start(world: Any) -> None:
    """F2: they were stopped for it, and nobody would hear if they stayed down."""
    w = world("a", "b", policy=grouped()).boot()
    w.starts["a"] = [OSError()]
    w.crash("a")
    w.advance(1.0)
    w.terminate("a")
    w.advance(2.0)

    assert ("stopped", {"b"}) == (w.state("a"), set(w.live))


def test_a_group_of_which_nobody_is_left_to_start_is_over(world: Any) -> None:
    """F3: no timer is left, and the next failure begins a group of its own."""
    w = world("a", "b", policy=grouped()).boot()
    w.crash("a")
    w.terminate("a")
    w.terminate("b")
    w.advance(1.0)

    assert ({}, [], None) == (w.timers, w.machine.group, w.machine.job)
    w.restart("b")
    w.crash("b")
    w.advance(2.0)
    assert {"b"} == set(w.live)


def test_a_child_that_a_call_could_not_start_is_started_with_its_group(world: Any, spec: Any) -> None:
    """S4: it had ended by itself, and nobody stopped it."""
    w = world(spec("a", restart="transient"), "b", policy=grouped()).boot()
    w.exits("a")
    w.starts["a"] = [OSError()]
    assert isinstance(w.restart("a"), OSError)
    w.crash("b")
    w.advance(1.0)

    assert {"a", "b"} == set(w.live)


@pytest.mark.parametrize(("outcome", "expected"), [(OSError(), {"b"}), ("ignore", {"a", "b"}), ("ok", {"a", "b"})])
def test_a_stop_by_hand_counts_until_a_start_does_not_fail(world: Any, outcome: Any, expected: set[str]) -> None:
    """S4: somebody who wanted it back, and did not get it, has not been asked again."""
    w = world("a", "b", policy=grouped()).boot()
    w.terminate("a")
    w.starts["a"] = [outcome]
    w.restart("a")
    w.crash("b")
    w.advance(1.0)

    assert expected == set(w.live)
