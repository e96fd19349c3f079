"""The rules of restarting, one by one, on the machine alone."""

from __future__ import annotations

from typing import Any

import pytest
from stentor.protocol.errors import (
    AlreadyPresent,
    AlreadyStarted,
    BadSpec,
    NotFound,
    Refused,
    StillRestarting,
    StillRunning,
    WebSocketConnectionLostError,
)
from stentor.supervisor.core._explain import explain
from stentor.supervisor.policy._backoff import Backoff
from stentor.supervisor.policy._budget import Budget
from stentor.supervisor.policy._directives import Restart
from stentor.supervisor.policy._policy import RestartPolicy

AT_ONCE = Backoff(initial=0.0, jitter=0.0)


def a_policy(**values: Any) -> RestartPolicy:
    """Return a policy that restarts at once, with the given values."""
    return RestartPolicy(**{"backoff": AT_ONCE, **values})


def lost() -> WebSocketConnectionLostError:
    """Return a connection's end as the session sees it."""
    return WebSocketConnectionLostError(reason="gone", close_code=1006, user_id="u", thread_id="t")


def test_a_failed_child_is_recorded_and_then_started_again(world: Any) -> None:
    """S2 and the record: one_for_one restarts the failed child alone."""
    w = world("a", "b", policy=a_policy()).boot()
    w.crash("a")

    assert [("start", "a"), ("start", "b"), ("start", "a")] == w.log
    assert [("failure", "restart", "default", 1)] == [(r.kind, r.decision, r.rule, r.in_window) for r in w.records]


def test_a_budget_is_spent_by_one_restart_more_than_it_allows(world: Any) -> None:
    """B2: restart while the count is at most max_restarts, give up when it exceeds it."""
    w = world("a", policy=a_policy(budget=Budget(2, 5.0))).boot()
    for _ in range(3):
        assert w.exit is None
        w.crash("a")

    assert ("gave_up", 3) == (w.exit.why, len(w.exit.failures))


def test_an_entry_exactly_as_old_as_the_window_still_counts(world: Any) -> None:
    """B2: entries older than now - max_seconds are dropped, equal ones kept."""
    w = world("a", "b", policy=a_policy(budget=Budget(1, 5.0))).boot()
    w.crash("a")
    w.advance(5.0)
    w.crash("a")

    assert "gave_up" == w.exit.why


def test_an_entry_older_than_the_window_counts_no_more(world: Any) -> None:
    """B2: the window slides."""
    w = world("a", policy=a_policy(budget=Budget(1, 5.0))).boot()
    for _ in range(5):
        w.crash("a")
        w.advance(5.001)

    assert w.exit is None


def test_a_permanent_childs_normal_exit_costs(world: Any) -> None:
    """B1: it is restarted, and charged."""
    w = world("a", policy=a_policy(budget=Budget(0, 5.0))).boot()
    w.exits("a")

    assert "gave_up" == w.exit.why


def test_a_transient_child_that_ends_well_touches_nobody(world: Any, spec: Any) -> None:
    """S3: no restart, no charge, no sibling."""
    w = world(
        "a", spec("t", restart="transient"), policy=a_policy(strategy="one_for_all", budget=Budget(0, 5.0))
    ).boot()
    w.exits("t")

    assert ("stopped", "running", None) == (w.state("t"), w.state("a"), w.exit)


@pytest.mark.parametrize("reason", ["normal", "shutdown", "planned"])
def test_a_transient_child_stays_down_after_each_good_end(world: Any, spec: Any, reason: str) -> None:
    """Exit classes: normal, shutdown and a planned end are not failures."""
    w = world(spec("t", restart="transient")).boot()
    w.exits("t", reason)

    assert "stopped" == w.state("t")


@pytest.mark.parametrize("reason", ["crash", "killed"])
def test_a_transient_child_is_restarted_after_each_bad_end(world: Any, spec: Any, reason: str) -> None:
    """Exit classes: a crash and a kill are abnormal."""
    w = world(spec("t", restart="transient"), policy=a_policy()).boot()
    w.exits("t", reason)

    assert "running" == w.state("t")


def test_a_temporary_child_is_dropped_free_of_charge(world: Any, spec: Any) -> None:
    """B1, S3: its crash is recorded and touches nobody."""
    w = world(
        "a", spec("t", restart="temporary"), policy=a_policy(strategy="one_for_all", budget=Budget(0, 5.0))
    ).boot()
    w.crash("t")

    assert (None, "running", ["failure"]) == (w.state("t"), w.state("a"), [r.kind for r in w.records])


def test_one_for_all_stops_the_others_in_reverse_and_starts_all_in_order(world: Any) -> None:
    """S2 for one_for_all; B3: it costs one."""
    w = world("a", "b", "c", policy=a_policy(strategy="one_for_all", budget=Budget(1, 5.0))).boot()
    w.crash("b")

    assert [("stop", "c"), ("stop", "a"), ("start", "a"), ("start", "b"), ("start", "c")] == w.since(3)
    assert w.exit is None


def test_rest_for_one_takes_the_failed_child_and_those_after_it(world: Any) -> None:
    """S2 for rest_for_one."""
    w = world("a", "b", "c", "d", policy=a_policy(strategy="rest_for_one")).boot()
    w.crash("b")

    assert [("stop", "d"), ("stop", "c"), ("start", "b"), ("start", "c"), ("start", "d")] == w.since(4)


def test_a_stopped_sibling_is_recorded_with_the_failure_that_stopped_it(world: Any) -> None:
    """The record names which crash stopped this sibling."""
    w = world("a", "b", policy=a_policy(strategy="one_for_all")).boot()
    w.crash("a")

    assert [("a", None), ("b", w.records[0].failure)] == [(r.child.id, r.cause) for r in w.records]


def test_temporary_siblings_are_stopped_and_dropped(world: Any, spec: Any) -> None:
    """S2: a group restart does not bring them back."""
    w = world("a", spec("t", restart="temporary"), "b", policy=a_policy(strategy="one_for_all")).boot()
    w.crash("a")

    assert (None, "running") == (w.state("t"), w.state("b"))


def test_a_sibling_stopped_by_hand_stays_so_in_a_group_restart(world: Any) -> None:
    """S4: unlike the reference."""
    w = world("a", "b", "c", policy=a_policy(strategy="one_for_all")).boot()
    w.terminate("b")
    w.crash("a")

    assert ("running", "stopped", "running") == (w.state("a"), w.state("b"), w.state("c"))


def test_a_transient_sibling_that_had_ended_is_started_by_a_group_restart(world: Any, spec: Any) -> None:
    """S4: every non-temporary child of the group."""
    w = world("a", spec("t", restart="transient"), policy=a_policy(strategy="one_for_all")).boot()
    w.exits("t")
    w.crash("a")

    assert "running" == w.state("t")


def test_the_wait_grows_and_the_child_is_restarting_meanwhile(world: Any) -> None:
    """W1: initial × factor^n; F3: restarting."""
    w = world("a", policy=RestartPolicy(backoff=Backoff(initial=1.0, jitter=0.0), budget=Budget(3, 60.0))).boot()
    w.crash("a")
    assert "restarting" == w.state("a")
    w.advance(1.0)
    assert "running" == w.state("a")
    w.crash("a")
    w.advance(1.9)
    assert "restarting" == w.state("a")
    w.advance(0.1)

    assert "running" == w.state("a")
    assert [1.0, 2.0] == [r.delay for r in w.records]


def test_the_count_of_attempts_begins_anew_after_reset_after(world: Any) -> None:
    """W2: only when the child was up that long."""
    policy = RestartPolicy(backoff=Backoff(initial=1.0, jitter=0.0, reset_after=10.0), budget=Budget(9, 1000.0))
    w = world("a", policy=policy).boot()
    for seconds in (1.0, 9.9, 10.0):
        w.crash("a")
        w.advance(w.records[-1].delay)
        w.advance(seconds)
    w.crash("a")

    assert [1.0, 2.0, 4.0, 1.0] == [r.delay for r in w.records]


def test_an_uncharged_failure_is_recorded_free_and_restarted_at_once(world: Any) -> None:
    """B7, W3: no cost, no delay, no attempt."""
    policy = RestartPolicy(decide={WebSocketConnectionLostError: Restart(charged=False)}, budget=Budget(0, 1.0))
    w = world("a", policy=policy).boot()
    for _ in range(20):
        w.crash("a", lost())

    assert ("running", 0) == (w.state("a"), w.machine.children["a"].attempts)
    assert [(False, 0.0, "decide[WebSocketConnectionLostError]")] * 20 == [
        (r.charged, r.delay, r.rule) for r in w.records
    ]


def test_a_failed_restart_of_an_uncharged_type_is_free_and_waits_longer_each_time(world: Any) -> None:
    """B1, B7: what is free stays free, but a start that fails waits for its backoff, so that it can not spin."""
    policy = RestartPolicy(
        decide={WebSocketConnectionLostError: Restart(charged=False)},
        budget=Budget(0, 1.0),
        backoff=Backoff(1.0, maximum=4.0, jitter=0.0, reset_after=10.0),
    )
    w = world("a", policy=policy).boot()
    w.starts["a"] = [lost(), lost(), lost(), lost(), "ok"]
    w.crash("a", lost())
    w.advance(1.0 + 2.0 + 4.0 + 4.0)

    assert [(False, delay, "decide[WebSocketConnectionLostError]") for delay in (0.0, 1.0, 2.0, 4.0, 4.0)] == [
        (r.charged, r.delay, r.rule) for r in w.records
    ]
    assert ("running", 0) == (w.state("a"), w.machine.window.peek(w.now, 1.0))


def test_a_failed_restart_of_a_charged_type_costs_also_after_a_free_crash(world: Any) -> None:
    """B1: what counts is what this attempt failed with."""
    policy = RestartPolicy(
        decide={WebSocketConnectionLostError: Restart(charged=False)}, budget=Budget(1, 5.0), backoff=Backoff(1.0)
    )
    w = world("a", policy=policy).boot()
    w.starts["a"] = [OSError(), "ok"]
    w.crash("a", lost())
    w.advance(1.5)

    assert [(False, None), (True, 1)] == [(r.charged, r.in_window) for r in w.records]


def test_the_most_specific_class_decides_in_any_order_of_writing(world: Any) -> None:
    """X1."""
    for rows in ([(OSError, "stop"), (ConnectionError, "restart")], [(ConnectionError, "restart"), (OSError, "stop")]):
        w = world("a", "b", policy=a_policy(decide=dict(rows))).boot()
        w.crash("a", ConnectionResetError())
        w.crash("b", FileNotFoundError())

        assert ("running", "stopped") == (w.state("a"), w.state("b"))


def test_resume_keeps_the_incarnation_and_is_charged(world: Any) -> None:
    """X1, B7: or a child could fail for ever."""
    w = world("a", policy=a_policy(decide={ValueError: "resume"}, budget=Budget(1, 5.0))).boot()
    w.crash("a")
    assert (("resume", "a"), 1) == (w.log[-1], w.machine.children["a"].incarnation)
    w.crash("a")

    assert "gave_up" == w.exit.why


def test_escalate_stops_the_rest_and_fails_the_supervisor_with_the_cause(world: Any) -> None:
    """X1."""
    w = world("a", "b", "c", policy=a_policy(decide={KeyError: "escalate"})).boot()
    error = KeyError("x")
    w.crash("b", error)

    assert ("escalated", error) == (w.exit.why, w.exit.exception)
    assert [("close", "b"), ("stop", "c"), ("close", "c"), ("stop", "a"), ("close", "a")] == w.since(3)


def test_a_child_that_spends_its_own_budget_is_parked_and_siblings_never_notice(world: Any) -> None:
    """B6."""
    w = world("a", "b", policy=a_policy(budget=Budget(1, 10.0), child_budget=Budget(2, 60.0))).boot()
    for _ in range(3):
        w.crash("a")

    assert ("parked", "running", None) == (w.state("a"), w.state("b"), w.exit)
    assert ("park", "child_budget", 3, 2) == (
        w.records[-1].kind,
        w.records[-1].rule,
        w.records[-1].in_window,
        w.records[-1].max_restarts,
    )


def test_each_park_charges_the_supervisor_and_too_many_make_it_give_up(world: Any) -> None:
    """B6: one unit a park."""
    w = world("a", "b", policy=a_policy(budget=Budget(1, 10.0), child_budget=Budget(0, 60.0))).boot()
    w.crash("a")
    assert w.exit is None
    w.crash("b")

    assert "gave_up" == w.exit.why
    assert ["park", "park", "give_up"] == [r.kind for r in w.records]


def test_an_unparked_child_is_on_trial(world: Any) -> None:
    """B6: half-open: one failure parks it again."""
    w = world("a", policy=a_policy(budget=Budget(9, 10.0), child_budget=Budget(1, 60.0))).boot()
    w.crash("a")
    w.crash("a")
    w.advance(100.0)

    assert "ref a" == w.unpark("a")
    w.crash("a")
    assert ("parked", "half_open") == (w.state("a"), w.records[-1].rule)


def test_an_unparked_child_that_stays_well_is_no_longer_on_trial(world: Any) -> None:
    """B6, W2: the trial ends after reset_after."""
    w = world("a", policy=a_policy(budget=Budget(9, 10.0), child_budget=Budget(1, 60.0))).boot()
    w.crash("a")
    w.crash("a")
    w.unpark("a")
    w.advance(60.1)
    w.crash("a")

    assert "running" == w.state("a")


def test_an_unpark_whose_start_fails_answers_the_caller_and_parks_again(world: Any) -> None:
    """B6, I2."""
    w = world("a", policy=a_policy(child_budget=Budget(0, 60.0))).boot()
    w.crash("a")
    error = OSError("still down")
    w.starts["a"] = [error]

    assert error is w.unpark("a")
    assert "parked" == w.state("a")


def test_parking_by_hand_stops_the_child_and_costs_nothing(world: Any) -> None:
    """B1: manual calls are free."""
    w = world("a", policy=a_policy(budget=Budget(0, 5.0))).boot()

    assert w.park("a") is None
    assert ("parked", None, [("stop", "a"), ("park", "a")]) == (w.state("a"), w.exit, w.since(1))


def test_a_restart_that_fails_is_tried_again_after_its_own_charge_and_wait(world: Any) -> None:
    """F1, B1: one unit for each retry, charged before the attempt."""
    w = world("a", policy=RestartPolicy(backoff=Backoff(1.0, jitter=0.0), budget=Budget(3, 60.0))).boot()
    w.starts["a"] = [OSError(), OSError(), "ok"]
    w.crash("a")
    w.advance(1.0)
    w.advance(2.0)
    w.advance(4.0)

    assert ("running", [1.0, 2.0, 4.0], [1, 2, 3]) == (
        w.state("a"),
        [r.delay for r in w.records],
        [r.in_window for r in w.records],
    )


def test_a_failing_restart_without_wait_lets_other_calls_in_between(world: Any) -> None:
    """F1: even a wait of 0 passes by the clock, so that nothing can spin within one step."""
    w = world("a", policy=a_policy(budget="unlimited")).boot()
    w.starts["a"] = OSError()
    w.crash("a")

    assert ("restarting", 1) == (w.state("a"), len(w.timers))
    assert w.terminate("a") is None
    assert ("stopped", 0) == (w.state("a"), len(w.timers))


def test_a_group_that_fails_to_start_without_wait_lets_other_calls_in_between(world: Any) -> None:
    """F1: for a group as for one child."""
    w = world("a", "b", policy=a_policy(strategy="one_for_all", budget="unlimited")).boot()
    w.starts["b"] = OSError()
    w.crash("a")

    assert ("restarting", 1) == (w.state("b"), len(w.timers))
    w.stop()
    assert (True, {}) == (w.exit is not None, w.timers)


def test_rest_for_one_resumes_at_the_child_that_failed_to_start(world: Any) -> None:
    """F2."""
    w = world("a", "b", "c", policy=a_policy(strategy="rest_for_one", budget=Budget(5, 5.0))).boot()
    w.starts["b"] = [OSError(), "ok"]
    w.crash("a")
    w.advance(0.0)

    assert [("stop", "c"), ("stop", "b"), ("start", "a"), ("start", "b"), ("start", "b"), ("start", "c")] == w.since(3)


def test_one_for_all_stops_what_it_just_started_and_begins_again(world: Any) -> None:
    """F2."""
    w = world("a", "b", "c", policy=a_policy(strategy="one_for_all", budget=Budget(5, 5.0))).boot()
    w.starts["b"] = [OSError(), "ok"]
    w.crash("c")
    w.advance(0.0)

    expected = [("stop", "b"), ("stop", "a"), ("start", "a"), ("start", "b")]
    expected += [("stop", "a"), ("start", "a"), ("start", "b"), ("start", "c")]
    assert expected == w.since(3)


def slow_notes(w: Any) -> list[tuple[str, str, float]]:
    """Return what was pointed out as too slow: child, rule, seconds that it took."""
    return [(r.child.id, r.rule, r.facts["seconds"]) for r in w.records if r.kind == "note"]


def test_restarts_too_slow_for_the_budget_to_be_spent_are_pointed_out_once(world: Any) -> None:
    """R1: 3 restarts in 9 s with waits of 1 s leave 2 s for each start; one that takes longer is tried for ever."""
    policy = RestartPolicy(backoff=Backoff(1.0, factor=1.0, jitter=0.0), budget=Budget(3, 9.0))
    w = world("a", policy=policy).boot()
    w.starts["a"] = "pending"
    w.crash("a")
    for seconds in (2.0, 2.1, 3.0):
        w.advance(1.0 + seconds)
        w.started("a")
        w.crash("a")

    assert [("a", "slow_start", 2.1)] == [(a, b, round(c, 6)) for a, b, c in slow_notes(w)]
    assert w.exit is None


def test_a_failed_restart_that_took_too_long_is_pointed_out(world: Any, spec: Any) -> None:
    """R1: also one that ends by its start_timeout."""
    policy = RestartPolicy(backoff=Backoff(1.0, factor=1.0, jitter=0.0), budget=Budget(3, 9.0))
    w = world(spec("a", start_timeout=4.0), policy=policy).boot()
    w.starts["a"] = "pending"
    w.crash("a")
    w.advance(5.0)

    assert [("a", "slow_start", 4.0)] == slow_notes(w)


def test_a_sibling_whose_stop_takes_too_long_is_pointed_out(world: Any) -> None:
    """R1: stops stretch a group restart as starts do."""
    policy = RestartPolicy(strategy="one_for_all", backoff=AT_ONCE, budget=Budget(3, 9.0))
    w = world("a", "b", policy=policy).boot()
    w.stubborn.add("b")
    w.crash("a")
    w.advance(5.0)

    assert [("b", "slow_stop", 5.0)] == slow_notes(w)


def test_a_first_start_may_take_its_time(world: Any, spec: Any) -> None:
    """R1: it is no restart, and spends nothing."""
    w = world("a", policy=a_policy()).boot()
    w.starts["b"] = "pending"
    w.start_child(spec("b"))
    w.advance(20.0)
    w.started("b")

    assert [] == slow_notes(w)


def test_calls_on_a_restarting_child_say_so(world: Any, spec: Any) -> None:
    """F3."""
    w = world("a", policy=RestartPolicy()).boot()
    w.crash("a")

    assert AlreadyPresent is type(w.start_child(spec("a")))
    assert StillRestarting is type(w.restart("a"))
    assert StillRestarting is type(w.delete("a"))
    assert "ref a" == w.restart("a", now=True)


def test_terminating_a_restarting_child_cancels_the_pending_try(world: Any) -> None:
    """F3."""
    w = world("a").boot()
    w.crash("a")
    w.terminate("a")
    w.advance(60.0)

    assert ("stopped", [("start", "a"), ("close", "a")]) == (w.state("a"), w.log)


def test_a_start_may_decline(world: Any, spec: Any) -> None:
    """F4: a static spec is kept; of a temporary one nothing is."""
    w = world("a", spec("t", restart="temporary"), "b")
    w.starts.update(a="ignore", t="ignore")
    w.boot()

    assert (True, "stopped", None, "running") == (w.booted, w.state("a"), w.state("t"), w.state("b"))


def test_a_first_start_that_fails_unwinds_in_reverse(world: Any) -> None:
    """I1: those after it are never started; no retry."""
    w = world("a", "b", "c", "d")
    error = OSError("port taken")
    w.starts["c"] = error
    w.boot()

    expected = [("start", "a"), ("start", "b"), ("start", "c"), ("stop", "b"), ("stop", "a")]
    assert expected == [entry for entry in w.log if entry[0] != "close"]
    assert ("start_failed", "c", error) == (w.exit.why, w.exit.child.id, w.exit.exception)


def test_each_child_of_the_list_waits_for_the_start_before_it(world: Any) -> None:
    """S1."""
    w = world("a", "b")
    w.starts["a"] = ["pending"]
    w.boot()
    assert [("start", "a")] == w.log
    w.started("a")

    assert ([("start", "a"), ("start", "b")], True) == (w.log, w.booted)


def test_a_start_that_takes_too_long_is_abandoned_and_failed(world: Any, spec: Any) -> None:
    """start_timeout."""
    w = world(spec("a", start_timeout=3.0))
    w.starts["a"] = ["pending"]
    w.boot()
    w.advance(3.0)

    assert ("start_failed", ("abandon", "a")) == (w.exit.why, w.log[1])


def test_a_failed_start_child_answers_its_caller_and_leaves_nothing(world: Any, spec: Any) -> None:
    """I2: nothing stored, no budget spent."""
    w = world(policy=a_policy(budget=Budget(0, 1.0))).boot()
    error = OSError()
    w.starts["x"] = error

    assert error is w.start_child(spec("x"))
    assert (None, None) == (w.state("x"), w.exit)


def test_calls_wait_while_a_start_goes_on(world: Any, spec: Any) -> None:
    """Changing calls queue, and run in their order when it has ended."""
    w = world("a").boot()
    w.starts["b"] = ["pending"]
    w.start_child(spec("b"))
    assert w.terminate("a") is None
    assert "running" == w.state("a")
    w.started("b")

    assert ("stopped", "ref b") == (w.state("a"), w.answers[1])


def test_a_child_that_ignores_the_stop_is_abandoned_at_its_deadline(world: Any, spec: Any) -> None:
    """T1."""
    w = world(spec("a", shutdown=2.0)).boot()
    w.stubborn.add("a")
    w.terminate("a")
    w.advance(1.9)
    assert "stopping" == w.state("a")
    w.advance(0.1)

    assert ("stopped", "abandoned", {1: None}) == (w.state("a"), w.records[-1].kind, w.answers)


def test_brutal_kill_does_not_ask(world: Any, spec: Any) -> None:
    """T1."""
    w = world(spec("a", shutdown="brutal_kill")).boot()
    w.terminate("a")

    assert [("abandon", "a"), ("close", "a")] == w.since(1)


def test_a_crash_while_stopping_is_recorded_and_nothing_else(world: Any) -> None:
    """T3: never restarted, never charged, never aborts the stop."""
    w = world("a", "b", policy=a_policy(budget=Budget(0, 1.0))).boot()
    w.stubborn.add("b")
    w.stop()
    w.crash("b")

    assert ("stopped", ["exit_while_stopping"]) == (w.exit.why, [r.rule for r in w.records])


def test_a_sibling_that_crashes_before_its_turn_to_stop_does_not_abort_the_group(world: Any) -> None:
    """T3 in a group restart."""
    w = world("a", "b", "c", policy=a_policy(strategy="one_for_all", budget=Budget(1, 5.0))).boot()
    w.stubborn.add("c")
    w.crash("b")
    w.crash("a")
    w.stubborn.clear()
    w.feed(*w.gone("c", "shutdown"))

    assert (None, {"a", "b", "c"}) == (w.exit, set(w.live))


def test_a_crash_during_a_group_start_is_decided_when_that_has_ended(world: Any) -> None:
    """The strategy is applied to a group at rest."""
    w = world("a", "b", policy=a_policy(strategy="one_for_all", budget=Budget(5, 5.0))).boot()
    w.starts["b"] = ["pending"]
    w.crash("b")
    w.crash("a")
    assert 1 == len([r for r in w.records if r.failure is not None])
    w.started("b")

    assert 2 == len([r for r in w.records if r.failure is not None])
    assert {"a", "b"} == set(w.live)


def test_stopping_goes_in_strict_reverse_each_awaited(world: Any) -> None:
    """S1."""
    w = world("a", "b", "c").boot()
    w.stubborn.add("b")
    w.stop()
    assert [("stop", "c"), ("close", "c"), ("stop", "b")] == w.since(3)
    w.feed(*w.gone("b", "shutdown"))

    assert ([("close", "b"), ("stop", "a"), ("close", "a")], "stopped") == (w.since(6), w.exit.why)


def test_wrong_calls_are_refused_in_words(world: Any, spec: Any) -> None:
    """C1, C2."""
    w = world("a", "b").boot()
    w.terminate("b")

    assert w.terminate("b") is None
    assert StillRunning is type(w.delete("a"))
    assert StillRunning is type(w.restart("a"))
    assert NotFound is type(w.terminate("x"))
    assert AlreadyStarted is type(w.start_child(spec("a")))
    assert AlreadyPresent is type(w.start_child(spec("b")))
    assert "ref b" == w.restart("b")
    assert Refused is type(w.unpark("a")) or "ref a" == w.unpark("a")


def test_a_duplicate_in_the_list_is_refused_before_anything_starts(world: Any) -> None:
    """C2."""
    with pytest.raises(BadSpec, match="twice"):
        world("a", "a")


def test_a_stale_report_of_an_old_incarnation_changes_nothing(world: Any) -> None:
    """T4, W4: reports are fenced by their number."""
    from stentor.supervisor.core._events import ChildExited

    w = world("a", policy=a_policy()).boot()
    w.crash("a")
    w.feed(ChildExited("a", 1, "crash", ValueError()))

    assert ("running", 1) == (w.state("a"), len(w.records))


def test_a_dynamic_supervisor_stops_all_at_once_with_one_deadline(world: Any, spec: Any) -> None:
    """S5."""
    w = world(dynamic=True).boot()
    for name in "abc":
        w.start_child(spec(name, shutdown=5.0))
    w.stubborn.update("ac")
    w.stop()
    assert [("stop", "a"), ("stop", "b"), ("stop", "c")] == [entry for entry in w.log if entry[0] == "stop"]
    assert 1 == len(w.timers)
    w.advance(5.0)

    assert ("stopped", 2) == (w.exit.why, len([e for e in w.log if e[0] == "abandon"]))


def test_in_a_dynamic_supervisor_a_slow_child_keeps_only_its_own_callers_waiting(world: Any, spec: Any) -> None:
    """S5."""
    w = world(dynamic=True).boot()
    w.starts["slow"] = ["pending"]
    w.start_child(spec("slow"))
    w.terminate("slow")

    assert "ref quick" == w.start_child(spec("quick"))
    w.started("slow")
    assert {1: "ref slow", 2: None, 3: "ref quick"} == w.answers
    assert None is w.state("slow")


def test_a_dynamic_supervisor_counts_restarting_children_against_its_limit(world: Any, spec: Any) -> None:
    """S5: max_children."""
    w = world(dynamic=True, max_children=2).boot()
    w.start_child(spec("a"))
    w.start_child(spec("b"))
    w.crash("a")

    assert Refused is type(w.start_child(spec("c")))
    w.terminate("a")
    assert "ref c" == w.start_child(spec("c"))


def test_a_terminated_child_of_a_dynamic_supervisor_is_gone(world: Any, spec: Any) -> None:
    """S5: nothing of it is kept."""
    w = world(dynamic=True).boot()
    w.start_child(spec("a"))
    w.terminate("a")

    assert NotFound is type(w.restart("a"))


def test_explain_names_the_rule_and_changes_nothing(world: Any) -> None:
    """explain(exception)."""
    policy = RestartPolicy(decide={KeyError: "stop"}, budget=Budget(1, 5.0))
    w = world("a", policy=policy).boot()
    child = w.machine.children["a"]
    before = explain(w.machine, ValueError(), child, w.now)
    assert before == explain(w.machine, ValueError(), child, w.now)
    w.crash("a")
    w.advance(1.0)

    assert ("restart", "default", 1) == (before.decision, before.rule, before.restarts_in_window)
    assert ("give_up", "budget") == (
        explain(w.machine, ValueError(), child, w.now).decision,
        explain(w.machine, ValueError(), child, w.now).rule,
    )
    assert "decide[KeyError]" == explain(w.machine, KeyError(), child, w.now).rule


def test_a_child_that_stops_already_is_not_asked_again_when_all_stop(world: Any) -> None:
    """T1, S1: it is only waited for, at its place in the order."""
    w = world("a", "b", "c").boot()
    w.stubborn.add("b")
    w.terminate("b")
    w.stop()
    assert [("stop", "b"), ("stop", "c"), ("close", "c")] == w.since(3)
    w.feed(*w.gone("b", "shutdown"))

    assert ("stopped", [("close", "b"), ("stop", "a"), ("close", "a")]) == (w.exit.why, w.since(6))


def test_a_parked_child_is_tried_again_after_a_wait_that_grows(world: Any) -> None:
    """B6: unpark_after; half-open."""
    policy = a_policy(budget=Budget(9, 1.0), child_budget=Budget(0, 60.0), unpark_after=10.0)
    w = world("a", policy=policy).boot()
    waits = []
    for _ in range(6):
        w.crash("a")
        parked_at = w.now
        while w.state("a") == "parked":
            w.advance(10.0)
        waits.append(w.now - parked_at)

    assert [10.0, 20.0, 40.0, 80.0, 160.0, 160.0] == waits
    assert "unpark_after" == w.records[-1].rule


def test_a_child_that_stays_well_after_its_trial_begins_with_the_first_wait(world: Any) -> None:
    """B6, W2."""
    policy = a_policy(budget=Budget(9, 1.0), child_budget=Budget(0, 60.0), unpark_after=10.0)
    w = world("a", policy=policy).boot()
    w.crash("a")
    w.advance(10.0)
    w.advance(60.1)
    w.crash("a")
    w.advance(10.0)

    assert "running" == w.state("a")


def test_a_terminated_parked_child_is_tried_no_more(world: Any) -> None:
    """C1: and neither is one that was parked by hand."""
    policy = a_policy(child_budget=Budget(0, 60.0), unpark_after=10.0)
    w = world("a", "b", policy=policy).boot()
    w.crash("a")
    w.terminate("a")
    w.park("b")
    w.advance(1000.0)

    assert ("stopped", "parked", {}) == (w.state("a"), w.state("b"), w.timers)


def test_a_child_that_came_while_a_group_waits_and_fails_does_not_make_it_forgotten(world: Any, spec: Any) -> None:
    """F1, S2: rest_for_one takes those after the failed child; those before it were waiting already."""
    policy = RestartPolicy(strategy="rest_for_one", backoff=Backoff(1.0, jitter=0.0), budget=Budget(5, 60.0))
    w = world("a", "b", policy=policy).boot()
    w.crash("a")
    w.start_child(spec("c"))
    w.crash("c")
    w.advance(4.0)

    assert {"a", "b", "c"} == set(w.live)
