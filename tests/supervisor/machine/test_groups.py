"""Order and groups: who is started and stopped with whom."""

from __future__ import annotations

from typing import Any

from stentor.supervisor.policy._backoff import Backoff
from stentor.supervisor.policy._budget import Budget
from stentor.supervisor.policy._policy import RestartPolicy

AT_ONCE = Backoff(initial=0.0, jitter=0.0)
ALL = RestartPolicy(strategy="one_for_all", backoff=AT_ONCE, child_budget=Budget(3, 60.0))


def test_a_child_that_was_added_comes_after_the_others(world: Any, spec: Any) -> None:
    """S1: so it is stopped first."""
    w = world("a", "b").boot()
    w.start_child(spec("c"))
    w.stop()

    assert ["c", "b", "a"] == [name for what, name in w.log if what == "stop"]


def test_a_parked_child_stays_so_when_its_group_is_restarted(world: Any) -> None:
    """S4: unlike the reference, which knows no parking."""
    w = world("a", "b", policy=ALL).boot()
    w.park("b")
    w.crash("a")

    assert ("parked", "running") == (w.state("b"), w.state("a"))


def test_a_child_that_was_started_again_by_hand_belongs_to_its_group_again(world: Any, spec: Any) -> None:
    """S4: that a call had stopped it once does not count any more when it has ended by itself since."""
    w = world("a", spec("t", restart="transient"), policy=ALL).boot()
    w.terminate("t")
    w.restart("t")
    w.exits("t")
    w.crash("a")

    assert ("running", "running") == (w.state("a"), w.state("t"))


def test_what_one_for_all_has_just_started_does_not_run_through_the_wait_for_the_next_try(world: Any) -> None:
    """F2: it is stopped at once, and started again with the group."""
    backoff = Backoff(initial=1.0, jitter=0.0)
    w = world("a", "b", policy=RestartPolicy(strategy="one_for_all", backoff=backoff, budget="unlimited")).boot()
    w.starts["b"] = [OSError(), "ok"]
    w.crash("b")
    w.advance(1.5)
    assert {} == w.live
    w.advance(1.5)

    assert {"a", "b"} == set(w.live)


def test_of_a_declined_start_a_dynamic_supervisor_keeps_nothing(world: Any, spec: Any) -> None:
    """F4: whatever its restart says."""
    w = world(dynamic=True).boot()
    w.starts["x"] = "ignore"

    assert None is w.start_child(spec("x"))
    assert ({}, None) == (w.live, w.state("x"))


def test_a_restart_that_declines_leaves_a_static_child_stopped(world: Any) -> None:
    """F4: its spec is kept, and it is no failure."""
    w = world("a", policy=ALL).boot()
    w.starts["a"] = "ignore"
    w.crash("a")

    assert ("stopped", None, 1) == (w.state("a"), w.exit, len(w.records))


def test_a_failing_restart_can_be_stopped_with_its_supervisor(world: Any) -> None:
    """F1: between two tries everything else is served."""
    w = world("a", "b", policy=RestartPolicy(backoff=Backoff(1.0), budget="unlimited")).boot()
    w.starts["a"] = OSError()
    w.crash("a")
    w.advance(1.5)
    assert ("restarting", "ref b") == (w.state("a"), w.unpark("b"))
    w.stop()

    assert ("stopped", {}, {}) == (w.exit.why, w.live, w.timers)


def test_every_failure_of_a_group_is_on_record(world: Any, spec: Any) -> None:
    """Also of one whose group is restarted for another's, which failed while the supervisor was busy as well."""
    w = world("a", "b", policy=ALL).boot()
    w.starts["s"] = ["pending"]
    w.start_child(spec("s"))
    w.crash("a")
    w.crash("b")
    w.started("s")

    assert [("a", "restart", "default"), ("b", "stop", "settled_before")] == [
        (r.child.id, r.decision, r.rule) for r in w.records if r.kind == "failure"
    ]


def test_a_failure_that_still_waits_as_the_supervisor_ends_is_on_record(world: Any, spec: Any) -> None:
    """It ended while it was started; nothing else is to be decided."""
    w = world("a", "b", policy=ALL).boot()
    w.starts["s"] = ["pending"]
    w.start_child(spec("s"))
    w.crash("a")
    w.exits("b", "normal")
    w.stop()

    assert [("a", "stop", "exit_while_stopping", False)] == [
        (r.child.id, r.decision, r.rule, r.charged) for r in w.records if r.kind == "failure"
    ]


def test_a_failure_during_a_first_start_that_fails_is_on_record(world: Any) -> None:
    """I1: beside that of the child that did not start."""
    w = world("a", "b", policy=ALL)
    w.starts["b"] = "pending"
    w.boot()
    w.crash("a")
    w.crash("b", KeyError("b"))

    assert ("start_failed", [KeyError, ValueError]) == (
        w.exit.why,
        [type(r.failure.exception) for r in w.records if r.failure],
    )
