"""Shared causes: when many children fail alike, one of them probes and the others wait."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from stentor.protocol.errors import StillRestarting
from stentor.supervisor.core._explain import explain
from stentor.supervisor.policy._backoff import Backoff
from stentor.supervisor.policy._budget import Budget
from stentor.supervisor.policy._directives import Restart
from stentor.supervisor.policy._hold import Hold
from stentor.supervisor.policy._policy import RestartPolicy

HELD = RestartPolicy(
    hold=Hold(children=3, seconds=5.0),
    child_budget=Budget(3, 60.0),
    budget=Budget(2, 60.0),
    backoff=Backoff(initial=1.0, jitter=0.0),
    decide={OSError: Restart(charged=False), LookupError: "stop"},
)
NAMES = ("a", "b", "c", "d", "e")


class Down(Exception):
    """A provider is down."""


class Other(Exception):
    """Something else."""


@pytest.fixture
def incident(world: Any) -> Any:
    """A world with an incident: a probes in a second, b and c wait, d and e run."""
    w = world(*NAMES, policy=HELD).boot()
    for name in "abc":
        w.crash(name, Down())
    return w


def held(w: Any) -> set[str]:
    """Return who is part of an incident."""
    return {child.id for child in w.machine.children.values() if child.held is not None}


def kinds(w: Any) -> list[tuple[str, str]]:
    """Return what was recorded: kind, and child or rule."""
    return [(r.kind, r.rule if r.child is None else r.child.id) for r in w.records]


def test_as_many_different_children_as_the_hold_says_are_one_incident(incident: Any) -> None:
    """One entry opens it; the failure that did is held, and points to the first."""
    w = incident

    assert [("failure", "a"), ("failure", "b"), ("hold", "hold"), ("failure", "c")] == kinds(w)
    assert ("hold", False, w.records[0].failure) == (w.records[3].decision, w.records[3].charged, w.records[3].cause)
    assert {"a", "b", "c"} == held(w)
    assert (3, 2, "a, b, c", "a") == tuple(
        w.records[2].facts[name] for name in ("children", "given_back", "names", "probe")
    )


def test_it_costs_the_supervisor_one_unit_and_its_children_none(incident: Any) -> None:
    """Charges and attempts of the first ones are given back."""
    w = incident

    assert 1 == w.machine.window.peek(w.now, 60.0)
    for name in "abc":
        child = w.machine.children[name]
        assert (0, 0) == (child.attempts, 0 if child.window is None else child.window.peek(w.now, 60.0))


def test_the_same_child_many_times_is_no_incident(world: Any) -> None:
    """Different children must fail."""
    w = world("a", "b", policy=evolve(HELD, hold=Hold(2, 5.0), backoff=Backoff(initial=0.0), decide={})).boot()
    for _ in range(3):
        w.crash("a", Down())

    assert set() == held(w)


def test_failures_too_far_apart_are_no_incident(world: Any) -> None:
    """Within its seconds."""
    w = world(*NAMES, policy=HELD).boot()
    for name in "abcde":
        w.crash(name, Down())
        w.advance(2.6)

    assert "hold" not in {r.kind for r in w.records}


def test_failures_of_different_causes_are_no_incident(world: Any) -> None:
    """By their fingerprints."""
    w = world(*NAMES, policy=HELD).boot()
    for name, error in zip("abcd", (Down(), Other(), Down(), Other()), strict=True):
        w.crash(name, error)

    assert set() == held(w)


def test_what_costs_nothing_never_counts(world: Any) -> None:
    """Many connections that vanish are no incident."""
    w = world(*NAMES, policy=HELD).boot()
    for name in NAMES:
        w.crash(name, OSError())

    assert (set(), set(NAMES)) == (held(w), set(w.live))


def test_a_failing_start_counts_like_a_crash(world: Any) -> None:
    """A provider that the children need to start at all."""
    w = world(*NAMES, policy=HELD).boot()
    for name in "abc":
        w.starts[name] = [Down(), "ok"]
        w.crash(name, Other(name) if name == "a" else OSError())
    w.advance(1.0)

    assert {"a", "b", "c"} == held(w)


def test_only_one_probes(incident: Any) -> None:
    """At the time that its backoff had given it; the others wait without any timer."""
    w = incident
    w.advance(1.0)
    assert {"a", "d", "e"} == set(w.live)
    w.advance(4.9)

    assert ({"a", "d", "e"}, 1) == (set(w.live), len(w.timers))


def test_a_probe_that_stays_up_lets_the_others_follow_spread(incident: Any) -> None:
    """Each within the seconds of the hold, not together."""
    w = incident
    w.advance(6.0)
    due = sorted(at for at, _ in w.timers.values())
    assert 2 == len(set(due))
    assert 6.0 <= due[0] < due[1] <= 11.0
    w.advance(5.0)

    assert (set(NAMES), set(), {}, {}) == (set(w.live), held(w), w.timers, w.machine.incidents)
    assert ("release", "a", 6.0, 2) == (
        w.records[-1].kind,
        *(w.records[-1].facts[name] for name in ("probe", "seconds", "followers")),
    )


def test_a_later_failure_of_the_same_cause_joins_and_costs_nothing(incident: Any) -> None:
    """As long as the incident is open."""
    w = incident
    w.crash("d", Down())

    assert ("hold", {"a", "b", "c", "d"}, "restarting") == (w.records[-1].decision, held(w), w.state("d"))
    assert 1 == w.machine.window.peek(w.now, 60.0)


def test_a_probe_that_fails_alike_is_followed_by_another_after_a_longer_wait(incident: Any) -> None:
    """It costs the child nothing and goes to the end of the line."""
    w = incident
    started = []
    for wait in (1.0, 2.0, 4.0, 8.0):
        w.advance(wait - 0.001)
        assert set() == set("abc") & set(w.live)
        w.advance(0.001)
        (probe,) = set("abc") & set(w.live)
        started.append(probe)
        w.crash(probe, Down())

    assert ["a", "b", "c", "a"] == started
    assert (0, None) == (w.machine.children["a"].attempts, w.exit)


def test_a_probe_that_fails_of_something_else_is_on_its_own_and_another_probes(incident: Any) -> None:
    """What it failed of is charged to it."""
    w = incident
    w.advance(1.0)
    w.crash("a", Other())
    assert ({"b", "c"}, 1) == (held(w), w.machine.children["a"].window.peek(w.now, 60.0))
    w.advance(2.0)

    assert {"a", "b"} == set("abc") & set(w.live)


def test_a_probe_whose_connection_vanishes_goes_on_probing(incident: Any) -> None:
    """That says nothing about the cause; its time goes on, or a client that flaps would keep everybody waiting."""
    w = incident
    w.advance(4.0)
    w.crash("a", OSError())
    w.advance(1.9)
    assert {"a", "b", "c"} == held(w)
    w.advance(0.1)

    assert set() == held(w)


@pytest.mark.parametrize("how", ["terminate", "park"])
@pytest.mark.parametrize("phase", ["waits", "runs"])
def test_another_probes_where_the_probe_is_taken_away(incident: Any, how: str, phase: str) -> None:
    """In each phase of its trial."""
    w = incident
    if phase == "runs":
        w.advance(1.0)
    getattr(w, how)("a")
    w.advance(2.0)

    assert ({"b", "c"}, {"b", "d", "e"}) == (held(w), set(w.live))


@pytest.mark.parametrize("how", ["terminate", "park"])
def test_an_incident_without_anybody_is_over(incident: Any, how: str) -> None:
    """It is released, and a timer of it is left nowhere."""
    w = incident
    for name in "abc":
        getattr(w, how)(name)

    assert ({}, {}) == (w.machine.incidents, w.timers)
    assert ("release", "nobody is left", None) == (w.records[-1].kind, w.records[-1].rule, w.records[-1].facts["probe"])


def test_one_that_waits_is_restarted_at_once_where_somebody_asks_for_it(incident: Any) -> None:
    """F3; it is no longer part of it."""
    w = incident

    assert StillRestarting is type(w.restart("b"))
    assert StillRestarting is type(w.delete("b"))
    assert "ref b" == w.restart("b", now=True)
    assert {"a", "c"} == held(w)
    w.crash("b", Down())
    assert {"a", "b", "c"} == held(w)


def test_the_probe_restarted_at_once_goes_on_probing(incident: Any) -> None:
    """F3."""
    w = incident
    w.restart("a", now=True)
    w.advance(5.0)

    assert ("release", "probe") == (w.records[-1].kind, w.records[-1].rule)


def test_a_probe_that_ends_for_good_leaves_the_others_to_probe(incident: Any) -> None:
    """X1: a row said stop."""
    w = incident
    w.advance(1.0)
    w.crash("a", KeyError())
    w.advance(2.0)

    assert ("stopped", {"b", "c"}) == (w.state("a"), held(w))


def test_a_probe_that_just_returns_is_restarted_on_its_own_account(incident: Any) -> None:
    """B1: a permanent child's normal exit costs, and tells nothing of the cause."""
    w = incident
    w.advance(1.0)
    w.exits("a")
    assert ({"b", "c"}, 1) == (held(w), w.machine.children["a"].window.peek(w.now, 60.0))
    w.advance(2.0)

    assert {"a", "b"} == set("abc") & set(w.live)


def test_too_many_incidents_make_the_supervisor_give_up(world: Any) -> None:
    """One unit each."""
    w = world(*NAMES, policy=evolve(HELD, budget=Budget(0, 60.0))).boot()
    for name in "abc":
        w.crash(name, Down())

    assert ("gave_up", {}, {}) == (w.exit.why, w.timers, w.machine.incidents)


def test_a_supervisor_that_stops_leaves_no_timer_of_an_incident(incident: Any) -> None:
    """In the middle of a trial."""
    w = incident
    w.advance(1.0)
    w.stop()

    assert ("stopped", {}) == (w.exit.why, w.timers)


def test_a_new_policy_without_a_hold_lets_everybody_go(incident: Any) -> None:
    """At once."""
    w = incident
    w.advance(1.0)
    w.set_policy(evolve(HELD, hold=None))
    w.advance(0.0)

    assert (set(), {}, set(NAMES)) == (held(w), w.timers, set(w.live))


def test_without_child_budgets_the_supervisor_gets_its_charges_back(world: Any) -> None:
    """And pays one for the incident."""
    w = world(*NAMES, policy=evolve(HELD, child_budget=None)).boot()
    for name in "abc":
        w.crash(name, Down())

    assert (1, 1) == (w.machine.window.peek(w.now, 60.0), len(w.machine._failures))


def test_a_child_on_trial_after_its_park_is_held_like_any_other(world: Any) -> None:
    """It is not parked again for what is not its own fault."""
    w = world(*NAMES, policy=evolve(HELD, budget=Budget(9, 60.0))).boot()
    w.park("a")
    w.unpark("a")
    for name in "bca":
        w.crash(name, Down())

    assert ("restarting", True) == (w.state("a"), w.machine.children["a"].half_open)


def test_the_cause_is_told_by_the_function_that_was_given(world: Any) -> None:
    """The machine itself knows nothing of stacks."""
    w = world(*NAMES, policy=HELD, fingerprint=lambda failure: "all the same").boot()
    for name, error in zip("abc", (Down(), Other(), ValueError()), strict=True):
        w.crash(name, error)

    assert {"a", "b", "c"} == held(w)


def test_explain_tells_what_a_hold_would_do(world: Any) -> None:
    """How many would have failed alike, that it would be the incident, or which one it would join."""
    w = world(*NAMES, policy=HELD).boot()
    told = [explain(w.machine, Down(), w.machine.children["c"], w.now)]
    w.crash("a", Down())
    w.crash("b", Down())
    told.append(explain(w.machine, Down(), w.machine.children["c"], w.now))
    w.crash("c", Down())
    told.append(explain(w.machine, Down(), w.machine.children["d"], w.now))

    assert [("restart", 1, None), ("hold", 3, None), ("hold", 1, "f")] == [
        (e.decision, e.alike, e.incident) for e in told
    ]


def test_an_incident_of_very_many_costs_no_more_for_each(world: Any, spec: Any) -> None:
    """Steps are counted, not seconds: nobody looks through those who wait."""
    w = world(policy=HELD, dynamic=True).boot()
    for number in range(2_000):
        w.start_child(spec(f"s{number}"))
    for number in range(2_000):
        w.crash(f"s{number}", Down())
    w.advance(1.0)

    assert (1, 2_000, 1) == (len(w.live), len(held(w)), len(w.timers))
    w.advance(10.0)
    assert 2_000 == len(w.live)


def test_a_probe_that_loses_its_connection_again_and_again_keeps_nobody_waiting(incident: Any) -> None:
    """A client that flaps: each time it is back at once, and the trial goes on."""
    w = incident
    w.advance(1.0)
    for _ in range(9):
        w.advance(1.0)
        w.crash("a", OSError())

    assert (set(), set(NAMES)) == (held(w), set(w.live))


def test_a_probe_whose_connection_vanishes_as_its_trial_is_over_ends_it_as_it_is_back(world: Any) -> None:
    """While it was down nothing was there to be told that the time is over."""
    w = world(*NAMES, policy=evolve(HELD, decide={OSError: Restart(charged=False)})).boot()
    for name in "abc":
        w.crash(name, Down())
    w.advance(5.5)
    w.starts["a"] = ["pending"]
    w.crash("a", OSError())
    w.advance(1.0)
    assert {"a", "b", "c"} == held(w)
    w.started("a")

    assert set() == held(w)


def test_a_probe_that_can_not_start_for_a_free_failure_is_followed_by_another(incident: Any) -> None:
    """It says nothing about the cause, however often it is tried."""
    w = incident
    w.starts["a"] = OSError()
    w.advance(1.0)
    assert {"b", "c"} == held(w)
    w.advance(20.0)

    assert (set(), {"b", "c", "d", "e"}) == (held(w), set(w.live))


def test_a_child_that_the_cause_had_parked_waits_with_the_others(world: Any) -> None:
    """Its charges are given back, and with them the park and what that cost the supervisor."""
    w = world(*NAMES, policy=evolve(HELD, child_budget=Budget(0, 60.0))).boot()
    w.crash("a", Down())
    assert ("parked", 1) == (w.state("a"), w.machine.window.peek(w.now, 60.0))
    w.advance(1.0)
    for name in "bc":
        w.crash(name, Down())

    child = w.machine.children["a"]
    assert ({"a", "b", "c"}, "restarting", 0, None) == (held(w), child.state, child.parks, child.parked_at)
    assert (1, 1) == (w.machine.window.peek(w.now, 60.0), len(w.machine._failures))
    assert [("unpark", "a"), ("unpark", "b")] == [what for what in kinds(w) if what[0] == "unpark"]
    w.advance(20.0)
    assert (set(), set(NAMES)) == (held(w), set(w.live))


def test_a_child_that_something_else_had_parked_stays_so(world: Any) -> None:
    """Nor does one that was parked by a call while its failure may still become part of an incident."""
    w = world(*NAMES, policy=evolve(HELD, child_budget=Budget(1, 60.0))).boot()
    w.crash("a", Down())
    w.crash("b", Down())
    w.advance(1.0)
    w.crash("a", Other())
    w.park("b")
    for name in "cd":
        w.crash(name, Down())

    assert ("parked", "parked", {"c", "d"}) == (w.state("a"), w.state("b"), held(w))
