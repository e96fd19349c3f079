"""Calls and what refuses them; sizes that must not make them slower."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from stentor.protocol.errors import AlreadyPresent, BadSpec, NotFound, StillRestarting, StillRunning
from stentor.supervisor.core._machine import SupervisorMachine
from stentor.supervisor.policy._backoff import Backoff
from stentor.supervisor.policy._policy import RestartPolicy

AT_ONCE = Backoff(initial=0.0, jitter=0.0)


@pytest.mark.parametrize(
    ("state", "expected"), [("running", StillRunning), ("restarting", StillRestarting), ("missing", NotFound)]
)
def test_only_a_stopped_child_is_restarted_or_deleted(world: Any, state: str, expected: type[Exception]) -> None:
    """C1: each other state has its own refusal."""
    w = world("a", policy=RestartPolicy()).boot()
    if state == "restarting":
        w.crash("a")
    name = "x" if state == "missing" else "a"

    assert {expected} == {type(w.restart(name)), type(w.delete(name))}


def test_a_deleted_child_is_forgotten(world: Any, spec: Any) -> None:
    """C1: its id is free again."""
    w = world("a").boot()
    w.terminate("a")

    assert None is w.delete("a")
    assert "ref a" == w.start_child(spec("a"))


def test_an_id_is_taken_also_by_a_child_that_is_stopped_or_parked(world: Any, spec: Any) -> None:
    """C2."""
    w = world("a", "b").boot()
    w.terminate("a")
    w.park("b")

    assert [AlreadyPresent] * 2 == [type(w.start_child(spec(name))) for name in "ab"]


@pytest.mark.parametrize(
    ("policy", "match"),
    [
        (RestartPolicy(auto_shutdown="any_significant"), "policy.auto_shutdown is 'any_significant'"),
        (RestartPolicy(strategy="one_for_all"), "policy.strategy is 'one_for_all'"),
    ],
)
def test_what_concerns_siblings_is_refused_on_a_dynamic_supervisor(policy: RestartPolicy, match: str) -> None:
    """G1, S5: its children stand each for itself."""
    with pytest.raises(BadSpec, match=match):
        SupervisorMachine(policy, dynamic=True)


def calls_of(act: Callable[[], object]) -> int:
    """Return how many functions and lines of Python it takes."""
    count = 0

    def trace(frame: FrameType, event: str, arg: object) -> Any:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(before)
    return count


def test_a_start_a_crash_and_a_restart_cost_the_same_among_many(world: Any, spec: Any) -> None:
    """S5: steps are counted, not seconds."""

    def costs(children: int) -> list[int]:
        w = world(dynamic=True, policy=RestartPolicy(backoff=AT_ONCE, budget="unlimited")).boot()
        for number in range(children):
            w.start_child(spec(f"c{number}"))
        added = spec("new")
        w.log.clear()
        return [calls_of(lambda: w.start_child(added)), calls_of(lambda: w.crash("new"))]

    assert costs(10) == costs(2_000)
