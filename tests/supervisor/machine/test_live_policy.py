"""Live policy: it takes effect at once, keeps the history, and may revert by itself."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from stentor.protocol.errors import BadSpec, Refused
from stentor.supervisor.core._events import SetPolicy, StartChild, StopAll, TerminateChild
from stentor.supervisor.policy._backoff import Backoff
from stentor.supervisor.policy._budget import Budget
from stentor.supervisor.policy._hold import Hold
from stentor.supervisor.policy._policy import RestartPolicy

AT_ONCE = Backoff(initial=0.0, jitter=0.0)
FIRST = RestartPolicy(backoff=AT_ONCE, budget=Budget(2, 60.0))


def changes(w: Any) -> list[tuple[str, int, str]]:
    """Return the entries about the policy: what was done, the revision, why."""
    return [(r.decision, r.facts["revision"], r.facts["reason"]) for r in w.records if r.kind == "policy"]


def test_a_new_policy_decides_on_the_next_failure(world: Any) -> None:
    """It takes effect at once, and is recorded with its reason, its revision and what differs."""
    w = world("a", policy=FIRST).boot()
    answer = w.set_policy(evolve(FIRST, budget=Budget(0, 60.0)), "too much")
    w.crash("a")

    assert ("gave_up", 2, "too much") == (w.exit.why, answer.revision, answer.reason)
    assert [("set", 2, "too much")] == changes(w)
    assert {"reason", "revision", "duration", "budget"} == set(w.records[0].facts)


def test_a_new_row_decides_also_on_what_had_failed_before(world: Any) -> None:
    """No verdict of the old policy is remembered."""
    w = world("a", policy=FIRST).boot()
    w.crash("a")
    w.set_policy(evolve(FIRST, decide={ValueError: "stop"}))
    w.crash("a")

    assert ("stopped", "decide[ValueError]") == (w.state("a"), w.records[-1].rule)


def test_the_window_keeps_what_was_charged(world: Any) -> None:
    """The history stays."""
    w = world("a", policy=FIRST).boot()
    w.crash("a")
    w.set_policy(evolve(FIRST, budget=Budget(1, 60.0)))
    w.crash("a")

    assert "gave_up" == w.exit.why


def test_a_childs_restarts_before_count_in_its_own_window_when_it_gets_one(world: Any) -> None:
    """Each pays for what it cost: its sibling's restarts are not its own."""
    w = world("a", "b", policy=evolve(FIRST, budget=Budget(9, 60.0))).boot()
    for name in "aab":
        w.crash(name)
    w.set_policy(evolve(FIRST, budget=Budget(9, 60.0), child_budget=Budget(2, 60.0)))
    w.crash("a")
    w.crash("b")

    assert ("parked", "running") == (w.state("a"), w.state("b"))


def test_what_the_restarts_cost_is_handed_down_once(world: Any) -> None:
    """Also if child budgets go and come."""
    two = evolve(FIRST, budget=Budget(9, 60.0), child_budget=Budget(2, 60.0))
    w = world("a", policy=evolve(two, child_budget=None)).boot()
    w.crash("a")
    for policy in (two, evolve(two, child_budget=None), two):
        w.set_policy(policy)
    w.crash("a")

    assert "running" == w.state("a")
    assert 2 == w.machine.children["a"].window.peek(w.now, 60.0)


def test_what_a_park_cost_the_supervisor_still_counts_without_child_budgets(world: Any) -> None:
    """What was charged to the supervisor stays charged to it."""
    parks = evolve(FIRST, child_budget=Budget(0, 60.0))
    w = world("a", "b", policy=parks).boot()
    w.crash("a")
    w.set_policy(evolve(FIRST, budget=Budget(1, 60.0)))
    w.crash("b")

    assert "gave_up" == w.exit.why


def test_a_restart_that_waits_keeps_its_time(world: Any) -> None:
    """A pending timer is left alone."""
    w = world("a", policy=RestartPolicy(backoff=Backoff(2.0, jitter=0.0), budget=Budget(2, 60.0))).boot()
    w.crash("a")
    w.set_policy(FIRST)
    w.advance(1.9)
    assert "restarting" == w.state("a")
    w.advance(0.1)

    assert "running" == w.state("a")


PARKED = RestartPolicy(backoff=AT_ONCE, child_budget=Budget(0, 60.0), unpark_after=10.0)


@pytest.mark.parametrize(("after", "left"), [(4.0, 1.0), (1.0, 0.0), (30.0, 27.0)])
def test_a_parked_child_stays_so_until_the_new_time(world: Any, after: float, left: float) -> None:
    """unpark_after is counted from the park; what is past is due at once."""
    w = world("a", policy=PARKED).boot()
    w.crash("a")
    w.advance(3.0)
    w.set_policy(evolve(PARKED, unpark_after=after))

    assert ("parked", [3.0 + left]) == (w.state("a"), [at for at, _ in w.timers.values()])
    w.advance(left)
    assert "running" == w.state("a")


def test_a_parked_child_waits_for_ever_where_the_new_policy_has_no_time(world: Any) -> None:
    """And comes back by itself where the next one has."""
    w = world("a", policy=PARKED).boot()
    w.crash("a")
    w.set_policy(evolve(PARKED, unpark_after=None))
    w.advance(1000.0)
    assert ("parked", {}) == (w.state("a"), w.timers)
    w.set_policy(PARKED)
    w.advance(0.0)

    assert "running" == w.state("a")


def test_a_child_parked_by_hand_is_tried_by_no_new_policy(world: Any) -> None:
    """Only one that was parked for its failures comes back by itself."""
    w = world("a", policy=evolve(PARKED, unpark_after=None)).boot()
    w.park("a")
    w.set_policy(PARKED)
    w.advance(1000.0)

    assert "parked" == w.state("a")


def test_a_policy_for_a_while_reverts_by_itself(world: Any) -> None:
    """To the last permanent one; both are recorded."""
    w = world("a", policy=FIRST).boot()
    lax = evolve(FIRST, budget="unlimited")
    answer = w.set_policy(lax, "a bad release", 30.0)
    assert (lax, 30.0, 30.0) == (w.machine.policy, answer.duration, answer.reverts_at)
    w.advance(30.0)

    assert (FIRST, {}) == (w.machine.policy, w.timers)
    assert [("set", 2, "a bad release"), ("revert", 3, "30 s are over: a bad release")] == changes(w)


def test_a_newer_permanent_policy_cancels_the_revert(world: Any) -> None:
    """It is meant to stay."""
    w = world("a", policy=FIRST).boot()
    w.set_policy(evolve(FIRST, budget="unlimited"), duration=30.0)
    newest = evolve(FIRST, budget=Budget(7, 60.0))
    w.set_policy(newest)
    w.advance(100.0)

    assert (newest, {}) == (w.machine.policy, w.timers)


def test_a_newer_policy_for_a_while_reverts_to_the_last_permanent_one(world: Any) -> None:
    """Not to the one for a while before it."""
    w = world("a", policy=FIRST).boot()
    w.set_policy(evolve(FIRST, budget="unlimited"), duration=30.0)
    w.set_policy(evolve(FIRST, budget=Budget(7, 60.0)), duration=50.0)
    w.advance(49.9)
    assert Budget(7, 60.0) == w.machine.policy.budget
    w.advance(0.1)

    assert FIRST == w.machine.policy


def test_a_policy_that_does_not_fit_the_children_is_refused_whole(world: Any, spec: Any) -> None:
    """All faults at once, and nothing has changed: the revert that was on its way neither."""
    ends = RestartPolicy(auto_shutdown="any_significant")
    w = world(*(spec(name, restart="transient", significant=True) for name in "ab"), policy=ends).boot()
    w.set_policy(evolve(ends, budget="unlimited"), duration=30.0)
    answer = w.set_policy(FIRST)

    assert (BadSpec, 2) == (type(answer), len(answer.errors))
    assert ("unlimited", 2, 1) == (w.machine.policy.budget, w.machine.revision.revision, len(w.timers))


def test_a_dynamic_supervisor_takes_no_other_strategy_later_either(world: Any) -> None:
    """S5."""
    w = world(dynamic=True).boot()

    assert BadSpec is type(w.set_policy(RestartPolicy(strategy="one_for_all", auto_shutdown="all_significant")))


def test_a_policy_is_set_also_while_a_start_goes_on(world: Any, spec: Any) -> None:
    """It waits for nothing."""
    w = world("a", policy=FIRST).boot()
    w.starts["b"] = ["pending"]
    w.start_child(spec("b"))
    w.terminate("a")

    assert 2 == w.set_policy(evolve(FIRST, budget="unlimited")).revision
    assert {1, 2} & set(w.answers) == set()


def test_a_group_that_waits_is_started_under_a_policy_without_groups(world: Any) -> None:
    """What was begun is ended."""
    group = RestartPolicy(strategy="one_for_all", backoff=Backoff(1.0, jitter=0.0), budget=Budget(2, 60.0))
    w = world("a", "b", policy=group).boot()
    w.crash("a")
    w.set_policy(evolve(group, strategy="one_for_one"))
    w.advance(1.0)

    assert {"a", "b"} == set(w.live)


def test_a_child_that_waits_alone_joins_a_group_that_comes_later(world: Any) -> None:
    """It is started once, with the group."""
    alone = RestartPolicy(backoff=Backoff(1.0, jitter=0.0), budget=Budget(5, 60.0))
    w = world("a", "b", policy=alone).boot()
    w.crash("b")
    w.set_policy(evolve(alone, strategy="one_for_all"))
    w.advance(0.5)
    w.crash("a")
    w.advance(0.5)
    assert ("restarting", 1) == (w.state("b"), len(w.timers))
    w.advance(0.5)

    assert [("start", "a"), ("start", "b")] == w.since(len(w.log) - 2)


def test_a_supervisor_that_stops_takes_no_policy_and_leaves_no_timer(world: Any) -> None:
    """It is told so."""
    w = world("a", policy=FIRST).boot()
    w.set_policy(evolve(FIRST, budget="unlimited"), duration=30.0)
    w.stubborn.add("a")
    w.stop()

    assert Refused is type(w.set_policy(FIRST))
    w.advance(5.0)
    assert ("stopped", {}) == (w.exit.why, w.timers)


def test_a_resume_that_comes_too_late_for_an_incarnation_is_a_restart(world: Any) -> None:
    """What had crashed before the row was there can not go on."""
    from stentor.supervisor.core._events import ChildExited

    w = world("a", policy=evolve(FIRST, decide={ValueError: "resume"})).boot()
    w.live.clear()
    w.feed(ChildExited("a", 1, "crash", ValueError(), None, resumable=False))

    assert (("start", "a"), 2) == (w.log[-1], w.machine.children["a"].incarnation)


def test_a_group_start_goes_on_where_its_member_is_held_by_a_new_policy(world: Any, spec: Any) -> None:
    """One that is held is done with, as far as the others and the calls that wait are concerned."""
    before = RestartPolicy("one_for_all", Budget(4, 60.0), backoff=Backoff(initial=1.0, jitter=0.0))
    w = world("a", "b", policy=before).boot()
    w.crash("b")
    w.set_policy(evolve(before, strategy="one_for_one", hold=Hold(2, 5.0)))
    w.starts["b"] = [ValueError(), ValueError(), "ok"]
    w.advance(1.0)
    w.crash("a")
    w.advance(2.0)

    assert ("restarting", False, "ref c") == (w.state("b"), w.machine.busy, w.start_child(spec("c")))
    w.advance(20.0)
    assert set("abc") == set(w.live)


def test_a_shorter_window_for_a_while_makes_nothing_be_forgotten(world: Any) -> None:
    """What the policy that comes after it still counts is kept."""
    w = world("a", policy=evolve(FIRST, budget=Budget(2, 600.0))).boot()
    w.crash("a")
    w.crash("a")
    w.advance(20.0)
    w.set_policy(evolve(FIRST, budget=Budget(2, 1.0)), duration=5.0)
    w.crash("a")
    assert 1 == w.records[-1].in_window
    w.advance(5.0)
    w.crash("a")

    assert ("gave_up", 4) == (w.exit.why, w.records[-1].in_window)


def test_all_of_what_the_restarts_cost_is_handed_down(world: Any) -> None:
    """However many they were."""
    w = world("a", policy=evolve(FIRST, budget=Budget(500, 600.0))).boot()
    for _ in range(150):
        w.crash("a")
    w.set_policy(evolve(FIRST, budget=Budget(500, 600.0), child_budget=Budget(150, 600.0)))
    w.crash("a")

    assert ("parked", 151) == (w.state("a"), w.records[-1].in_window)


def test_what_no_budget_counted_is_not_handed_down(world: Any) -> None:
    """Nothing was charged to anybody."""
    w = world("a", policy=evolve(FIRST, budget="unlimited")).boot()
    for _ in range(5):
        w.crash("a")
    w.set_policy(evolve(FIRST, child_budget=Budget(5, 600.0)))
    w.crash("a")

    assert ("running", 1) == (w.state("a"), w.records[-1].in_window)


def test_a_call_that_comes_when_all_is_over_is_refused(world: Any, spec: Any) -> None:
    """Nobody waits for ever."""
    w = world("a", policy=evolve(FIRST, budget=Budget(0, 60.0))).boot()
    w.crash("a")
    assert "gave_up" == w.exit.why
    w.machine.step(StopAll(), w.now)

    calls = StartChild(1, spec("b")), TerminateChild(2, "a"), SetPolicy(3, FIRST, "why")
    answers = [w.machine.step(call, w.now) for call in calls]
    assert [1, 2, 3] == [fail.call for (fail,) in answers]
    assert all(isinstance(fail.exception, Refused) for (fail,) in answers)
