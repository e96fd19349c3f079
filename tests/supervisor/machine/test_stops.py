"""Stopping: deadlines, and what may not hold a stop up."""

from __future__ import annotations

from typing import Any

from stentor.supervisor.policy._budget import Budget
from stentor.supervisor.policy._policy import RestartPolicy


def test_a_deadline_of_no_seconds_asks_and_abandons_at_once(world: Any, spec: Any) -> None:
    """T1: 0 is allowed, and is not brutal_kill."""
    w = world(spec("a", shutdown=0)).boot()
    w.stubborn.add("a")
    w.terminate("a")
    w.advance(0.0)

    assert [("stop", "a"), ("abandon", "a"), ("close", "a")] == w.since(1)


def test_infinity_waits_as_long_as_it_takes(world: Any, spec: Any) -> None:
    """T1."""
    w = world(spec("a", shutdown="infinity")).boot()
    w.stubborn.add("a")
    w.terminate("a")
    w.advance(1_000_000.0)

    assert ("stopping", {}) == (w.state("a"), w.timers)


def test_a_dynamic_supervisor_that_stops_waits_for_a_child_without_deadline(world: Any, spec: Any) -> None:
    """T1, S5: the shared deadline is not for one that has as long as it takes."""
    w = world(dynamic=True).boot()
    w.start_child(spec("a", shutdown=5.0))
    w.start_child(spec("b", shutdown="infinity"))
    w.stubborn.update("ab")
    w.stop()
    w.advance(60.0)
    assert ({"b"}, None) == (set(w.live), w.exit)
    for event in w.gone("b", "shutdown"):
        w.feed(event)

    assert "stopped" == w.exit.why


def test_a_crash_while_a_call_stops_a_child_is_recorded_and_free(world: Any) -> None:
    """T3: the call is answered as if it had stopped well."""
    w = world("a", policy=RestartPolicy(budget=Budget(0, 60.0))).boot()
    w.stubborn.add("a")
    w.terminate("a")
    w.crash("a")

    assert ({1: None}, "stopped", None) == (w.answers, w.state("a"), w.exit)
    assert ([("exit_while_stopping", False)], 0) == (
        [(r.rule, r.charged) for r in w.records],
        w.machine.window.peek(w.now, 60.0),
    )


def test_what_an_abandoned_incarnation_reports_late_changes_nothing(world: Any, spec: Any) -> None:
    """T4: neither while its slot is empty, nor when the next one runs."""
    from stentor.supervisor.core._events import ChildExited, ChildStarted

    w = world(spec("a", shutdown="brutal_kill")).boot()
    w.terminate("a")
    w.feed(ChildStarted("a", 1))
    assert "stopped" == w.state("a")
    w.restart("a")
    w.feed(ChildExited("a", 1, "shutdown"))

    assert ("running", {"a": 2}) == (w.state("a"), w.live)
