"""Each life of a supervisor's children has a number of its own: no report is taken for that of another life."""

from __future__ import annotations

from typing import Any

import pytest
from stentor.supervisor.core._effects import Decided
from stentor.supervisor.core._events import ChildExited, ChildIgnored, ChildStarted, ChildStartFailed
from stentor.supervisor.policy._backoff import Backoff
from stentor.supervisor.policy._budget import Budget
from stentor.supervisor.policy._policy import RestartPolicy

AT_ONCE = Backoff(initial=0.0, jitter=0.0)
POLICY = RestartPolicy(backoff=AT_ONCE, budget=Budget(9, 60.0))


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("report", ["exited", "started", "failed", "ignored"])
def test_a_late_report_of_a_dropped_child_is_not_about_the_next_with_its_id(
    world: Any, spec: Any, dynamic: bool, report: str
) -> None:
    """T4, W4: though both are the first incarnation of that id."""
    child = spec("a", restart="temporary", shutdown="brutal_kill")
    w = world(policy=POLICY, dynamic=dynamic).boot()
    w.start_child(child)
    first = w.live["a"]
    w.terminate("a")
    w.starts["a"] = ["pending"]
    w.start_child(child)
    late = {
        "exited": ChildExited("a", first, "crash", ValueError(), "a failure"),
        "started": ChildStarted("a", first),
        "failed": ChildStartFailed("a", first, OSError()),
        "ignored": ChildIgnored("a", first),
    }
    w.feed(late[report])

    assert ("starting", 1) == (w.state("a"), w.machine.children["a"].incarnation)
    assert [] == [record for record in w.records if record.kind == "failure"]
    w.started("a")
    assert "running" == w.state("a")


def test_an_end_that_has_to_wait_is_not_decided_for_the_next_child_with_its_id(world: Any, spec: Any) -> None:
    """T4: while the supervisor is busy, ends and calls wait in one line."""
    policy = RestartPolicy(strategy="rest_for_one", backoff=AT_ONCE, budget=Budget(9, 60.0))
    a, slow = spec("a", restart="temporary"), spec("s")
    w = world(a, slow, policy=policy).boot()
    w.starts.update(s=["pending"], x=["pending"])
    w.crash("s")
    w.terminate("a")
    w.start_child(a)
    w.start_child(spec("x"))
    w.crash("a", KeyError("first"))
    w.started("s")
    # The second one runs now, and the end of the first still waits, for the start of x.
    w.crash("a", ValueError("second"))
    w.started("x")

    failed = {
        type(record.failure.exception): record.rule for record in w.records if _about(record, "a") and record.failure
    }
    assert {KeyError: "settled_before", ValueError: "temporary"} == failed
    assert (None, {"s", "x"}) == (w.state("a"), set(w.live))


def test_numbers_are_never_used_twice(world: Any, spec: Any) -> None:
    """W4: whatever the ids, and however often one is dropped; what everybody sees begins at 1."""
    w = world("a", "b", policy=POLICY).boot()
    seen = [w.live["a"], w.live["b"]]
    for _ in range(3):
        w.start_child(spec("t", restart="temporary"))
        assert 1 == w.machine.children["t"].incarnation
        seen.append(w.live["t"])
        w.crash("t")
        w.crash("a")
        seen.append(w.live["a"])

    assert len(seen) == len(set(seen))
    assert 4 == w.machine.children["a"].incarnation


def _about(record: Decided, name: str) -> bool:
    return record.child is not None and record.child.id == name
