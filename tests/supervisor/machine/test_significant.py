"""Significant children: when their ends end the supervisor."""

from __future__ import annotations

from typing import Any

import pytest
from stentor.protocol.errors import BadSpec
from stentor.supervisor.policy._backoff import Backoff
from stentor.supervisor.policy._budget import Budget
from stentor.supervisor.policy._policy import RestartPolicy

AT_ONCE = Backoff(initial=0.0, jitter=0.0)
ANY = RestartPolicy(auto_shutdown="any_significant", backoff=AT_ONCE)
ALL = RestartPolicy(auto_shutdown="all_significant", backoff=AT_ONCE)


@pytest.fixture
def weighty(spec: Any) -> Any:
    """A maker of significant specs."""

    def make(name: str, restart: str = "transient") -> Any:
        return spec(name, restart=restart, significant=True)

    return make


def test_the_first_significant_end_stops_the_rest_in_reverse_and_ends_as_planned(world: Any, weighty: Any) -> None:
    """G2, G3 for any_significant."""
    w = world("a", weighty("s"), "b", policy=ANY).boot()
    w.exits("s")

    assert [("stop", "b"), ("close", "b"), ("stop", "a"), ("close", "a")] == w.since(4)
    assert ("auto_shutdown", "s") == (w.exit.why, w.exit.child.id)


def test_a_significant_child_that_is_restarted_ends_nothing(world: Any, weighty: Any) -> None:
    """G2: it counts only if it is not restarted."""
    w = world("a", weighty("s"), policy=ANY).boot()
    w.crash("s")

    assert ("running", None) == (w.state("s"), w.exit)


def test_the_crash_of_a_significant_temporary_child_counts(world: Any, weighty: Any) -> None:
    """G2: it ended by itself and is not restarted."""
    w = world("a", weighty("s", "temporary"), policy=ANY).boot()
    w.crash("s")

    assert "auto_shutdown" == w.exit.why


def test_a_crash_that_a_row_says_to_stop_for_counts(world: Any, weighty: Any) -> None:
    """G2, X1: likewise."""
    policy = RestartPolicy(auto_shutdown="any_significant", decide={KeyError: "stop"})
    w = world("a", weighty("s"), policy=policy).boot()
    w.crash("s", KeyError())

    assert "auto_shutdown" == w.exit.why


def test_with_all_significant_the_last_end_counts(world: Any, weighty: Any) -> None:
    """G2 for all_significant: while another one runs or restarts, nothing happens."""
    w = world("a", weighty("s"), weighty("t"), policy=ALL).boot()
    w.exits("s")
    assert w.exit is None
    w.exits("t")

    assert "auto_shutdown" == w.exit.why


def test_one_that_waits_for_its_restart_keeps_the_supervisor_up(world: Any, weighty: Any) -> None:
    """G2: it is not gone."""
    policy = RestartPolicy(auto_shutdown="all_significant", backoff=Backoff(1.0), budget=Budget(3, 60.0))
    w = world(weighty("s"), weighty("t"), policy=policy).boot()
    w.crash("s")
    w.exits("t")

    assert (None, "restarting") == (w.exit, w.state("s"))


def test_one_stopped_by_hand_counts_as_gone_and_ends_nothing_itself(world: Any, weighty: Any) -> None:
    """G2."""
    w = world(weighty("s"), weighty("t"), policy=ALL).boot()
    w.terminate("s")
    assert w.exit is None
    w.exits("t")

    assert "auto_shutdown" == w.exit.why


@pytest.mark.parametrize("policy", [ANY, ALL])
def test_the_last_significant_child_stopped_by_hand_ends_nothing(world: Any, weighty: Any, policy: Any) -> None:
    """G2."""
    w = world("a", weighty("s"), policy=policy).boot()
    w.terminate("s")

    assert (None, "running") == (w.exit, w.state("a"))


def test_a_significant_end_during_the_start_waits_until_that_is_over(world: Any, weighty: Any) -> None:
    """G2, S1: the list is started whole first, as in the reference."""
    w = world(weighty("s"), "b", policy=ANY)
    w.starts["b"] = ["pending"]
    w.boot()
    w.exits("s")
    assert (False, None) == (w.booted, w.exit)
    w.started("b")

    assert (True, "auto_shutdown", {}) == (w.booted, w.exit.why, w.live)


def test_a_call_that_waits_is_answered_when_a_significant_child_ends_the_supervisor(
    world: Any, weighty: Any, spec: Any
) -> None:
    """No call is left without an answer."""
    w = world(weighty("s"), policy=ANY).boot()
    w.starts["x"] = ["pending"]
    w.start_child(spec("x"))
    w.terminate("x")
    w.exits("s")
    w.started("x")

    assert ("auto_shutdown", {1, 2}) == (w.exit.why, set(w.answers))


def test_all_faults_of_significance_come_at_once(world: Any, weighty: Any) -> None:
    """G1."""
    with pytest.raises(BadSpec) as caught:
        world(weighty("s"), weighty("t"), weighty("t"), policy=RestartPolicy())

    assert 4 == len(caught.value.errors)
