"""Simulate: the supervisor's own machine over a trace, under a clock that is a number."""

from __future__ import annotations

from typing import Any, cast

import pytest
from stentor.protocol.errors import BadUsage, WebSocketConnectionLostError
from stentor.supervisor import Backoff, Budget, ChildSpec, Hold, Restart, RestartPolicy
from stentor.supervisor.planning._simulate import simulate
from stentor.supervisor.planning._trace import Crash, Exits, Fails, Outage, StartFails, StartTakes

STEADY = RestartPolicy(backoff=Backoff(jitter=0.0))


class Worker:
    """Stands where an actor's class would."""

    def on_start(self) -> None:
        """Nothing to do."""


def test_a_child_that_always_fails_spends_the_budget() -> None:
    """Each restart waits twice as long as the one before, until there is none left."""
    timeline = simulate(STEADY, [Fails("a", after=0.25)])

    assert [(0.25, "restart", 2), (0.6, "restart", 1), (1.05, "restart", 0), (1.7, "give_up", 0)] == [
        (round(entry.at, 6), entry.decision, entry.left) for entry in timeline.entries
    ]
    assert timeline.ended is not None
    assert (1.7, "a") == (round(timeline.ended.at, 6), timeline.ended.child)
    assert 3 == timeline.restarts


def test_a_timeline_prints_one_line_for_each_decision() -> None:
    """In a plain REPL."""
    assert repr(simulate(STEADY, [Fails("a", after=0.2, times=1, exception=ValueError())], seconds=10)) == (
        "  time  child  what        decision  rule       wait  budget left\n"
        "0.20 s  a      ValueError  restart   default  0.10 s  2/3 in 5 s\n"
        "1 restart, 0 parks; running 99.0 % of 10 s"
    )


def test_a_child_that_spends_its_own_budget_is_parked_and_its_sibling_runs_on() -> None:
    """The share of time that each ran tells who was hurt."""
    policy = RestartPolicy(child_budget=Budget(2, 5.0), backoff=Backoff(jitter=0.0))
    timeline = simulate(policy, [Fails("a", after=0.5), Crash("b", at=30.0)])

    assert 1 == timeline.parks
    assert 1.5 / 60 == pytest.approx(timeline.running_share("a"))
    assert 59.9 / 60 == pytest.approx(timeline.running_share("b"))
    assert timeline.ended is None


def test_a_parked_child_is_tried_again_and_comes_back_when_the_outage_is_over() -> None:
    """``unpark_after`` is the half-open trial."""
    policy = RestartPolicy(child_budget=Budget(2, 5.0), backoff=Backoff(jitter=0.0), unpark_after=10.0)
    timeline = simulate(policy, [Outage(at=1.0, seconds=5.0, children=["a"])])

    assert ["restart", "restart", "park", "unpark"] == [entry.decision for entry in timeline.entries]
    assert timeline.entries[-1].at == pytest.approx(timeline.entries[-2].at + 10.0)


def test_a_failing_start_is_tried_again_and_costs_each_time() -> None:
    """The first failure is the crash, two retries fail, the third start stands."""
    timeline = simulate(STEADY, [Crash("a", at=1.0), StartFails("a", times=2, at=1.0)])

    assert ["restart", "restart", "restart"] == [entry.decision for entry in timeline.entries]
    assert [2, 1, 0] == [entry.left for entry in timeline.entries]
    assert timeline.running_share("a") > 0.9


def test_a_slow_start_delays_the_next_failure() -> None:
    """A start that takes a second is no running time."""
    timeline = simulate(STEADY, [StartTakes("a", seconds=1.0), Fails("a", after=1.0, times=1)], seconds=10.0)

    assert [2.0] == [entry.at for entry in timeline.entries]
    assert 0.79 == pytest.approx(timeline.running_share("a"))


def test_a_start_that_takes_too_long_fails() -> None:
    """The spec's ``start_timeout`` counts as in a real supervisor."""
    spec = ChildSpec("a", Worker, start_timeout=0.5)
    timeline = simulate(STEADY, [StartTakes("a", seconds=1.0)], children=[spec], dynamic=False)

    assert ["abandon", "give_up"] == [entry.decision for entry in timeline.entries]


def test_a_lost_connection_costs_nothing() -> None:
    """A row of ``decide`` that is free shows no budget and no wait."""
    policy = RestartPolicy(decide={WebSocketConnectionLostError: Restart(charged=False)})
    lost = WebSocketConnectionLostError(user_id="ada", thread_id="t1", reason="gone", close_code=1006)
    timeline = simulate(policy, [Crash("a", at=float(at), exception=lost) for at in range(1, 9)])

    assert [("restart", "", 0.0)] * 8 == [(entry.decision, entry.budget, entry.wait) for entry in timeline.entries]


def test_a_group_restart_shows_its_siblings() -> None:
    """One for all: the others are stopped and started with it."""
    policy = RestartPolicy(strategy="one_for_all")
    timeline = simulate(policy, [Crash("a", at=1.0)], children=["a", "b"])

    assert [("a", "default"), ("b", "one_for_all")] == [(entry.child, entry.rule) for entry in timeline.entries]


def test_a_hold_makes_one_incident_of_an_outage() -> None:
    """Many children of one cause cost the supervisor one unit, and all run afterwards."""
    names = [f"s{number}" for number in range(10)]
    policy = RestartPolicy(child_budget=Budget(3, 5.0), hold=Hold(5, 1.0))
    without = RestartPolicy(child_budget=Budget(3, 5.0), budget="unlimited")
    trace = [Outage(at=1.0, seconds=20.0, children=names)]

    held, parked = simulate(policy, trace, seconds=120), simulate(without, trace, seconds=120)

    assert (0, 10) == (held.parks, parked.parks)
    assert held.running_share() > 0.7 > parked.running_share()


def test_a_crash_of_a_child_that_does_not_run_is_told() -> None:
    """Nothing of a trace is dropped without a word."""
    policy = RestartPolicy(child_budget=Budget(0, 5.0))
    timeline = simulate(policy, [Crash("a", at=1.0), Crash("a", at=2.0)])

    assert ["park", "none"] == [entry.decision for entry in timeline.entries]


def test_a_planned_end_of_a_transient_child_is_left_be() -> None:
    """``Exits`` ends it well."""
    spec = ChildSpec("a", Worker, restart="transient")
    timeline = simulate(STEADY, [Exits("a", at=30.0, reason="planned")], children=[spec])

    assert () == timeline.entries
    assert 0.5 == timeline.running_share("a")


def test_the_same_seed_gives_the_same_timeline() -> None:
    """Chance is drawn, and can be drawn again."""
    policy, trace = RestartPolicy(budget="unlimited"), [Fails("a", after=0.2)]

    assert repr(simulate(policy, trace, seed=1)) == repr(simulate(policy, trace, seed=1))
    assert repr(simulate(policy, trace, seed=1)) != repr(simulate(policy, trace, seed=2))


def test_a_simulation_that_spins_is_cut_off_and_says_so() -> None:
    """A policy without waits under a child that fails at once."""
    policy = RestartPolicy(budget="unlimited", backoff=Backoff(initial=0.0))
    timeline = simulate(policy, [Fails("a", after=0.0001)])

    assert timeline.ended is not None
    assert "cut off after 100000 decisions" in timeline.ended.why


def test_a_dynamic_supervisor_is_simulated_as_one() -> None:
    """Its children come by calls, and a temporary one that fails is gone."""
    spec = ChildSpec("a", Worker, restart="temporary")
    timeline = simulate(STEADY, [Crash("a", at=1.0)], children=[spec], dynamic=True)

    assert ["stop"] == [entry.decision for entry in timeline.entries]


def test_what_can_not_be_simulated_is_refused_all_at_once() -> None:
    """Each fault with what is allowed."""
    with pytest.raises(BadUsage) as caught:
        simulate(STEADY, [Crash("b", at=1.0)], children=["a"], seconds=-1, chance=1.0)

    assert 3 == len(caught.value.details["errors"])
    assert "the trace speaks of 'b', which is no child" in caught.value.details["errors"]
    with pytest.raises(BadUsage, match="is nothing that can happen; allowed: Crash"):
        simulate(STEADY, ["boom"])  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("policy", "trace", "words"),
    [
        ("x", [], "policy is 'x'; allowed: a RestartPolicy"),
        (
            STEADY,
            Crash("a", 1.0),
            "trace is Crash(child='a', at=1.0, exception=RuntimeError()); allowed: a list of Crash,",
        ),
        (STEADY, [Crash("a", -1)], "at is -1; allowed: a number, 0 or more"),
        (STEADY, [Crash("a", 99)], "at is 99, and the simulation ends at 60 s; allowed: a larger seconds="),
        (
            STEADY,
            [Crash("a", 1, "ValueError")],
            "exception is 'ValueError'; allowed: an exception, or the class of one",
        ),
        (STEADY, [Crash("a", 1, int)], "exception is <class 'int'>; allowed: an exception, or the class of one"),
        (STEADY, [Outage(1, 2, "ab")], "children is 'ab'; allowed: a list of names"),
        (STEADY, [Crash(cast(Any, 5), 1)], "child is 5; allowed: a name"),
    ],
    ids=str,
)
def test_a_trace_that_can_not_be_meant_so_is_refused_in_words(policy: Any, trace: Any, words: str) -> None:
    """Also one that would never happen."""
    with pytest.raises(BadUsage) as caught:
        simulate(policy, trace)

    assert [True] == [words in error for error in caught.value.errors]


@pytest.mark.parametrize("failed", [ValueError, ValueError("boom"), UnicodeDecodeError], ids=repr)
def test_a_class_stands_for_an_exception_of_it(failed: Any) -> None:
    """As in ``decide``; its constructor is not called."""
    (entry,) = simulate(RestartPolicy(decide={ValueError: "stop"}), [Crash("a", 1, failed)]).entries

    assert ("stop", "decide[ValueError]") == (entry.decision, entry.rule)
    assert entry.what in ("ValueError", "UnicodeDecodeError")
