"""What must hold for every machine, whatever happens and in whatever order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stentor.supervisor.core._effects import Decided, Start
from stentor.supervisor.policy._backoff import Backoff
from stentor.supervisor.policy._budget import Budget, Window
from stentor.supervisor.policy._directives import Restart
from stentor.supervisor.policy._policy import RestartPolicy

pytestmark = pytest.mark.filterwarnings("ignore::stentor.supervisor.policy._policy.PolicyWarning")

NAMES = ("a", "b", "c", "d")


class Uncharged(Exception):
    """A failure that costs nothing."""


class Resumed(Exception):
    """A failure after which the child goes on."""


class Escalated(Exception):
    """A failure that fails the supervisor."""


policies = st.builds(
    RestartPolicy,
    strategy=st.sampled_from(["one_for_one", "one_for_all", "rest_for_one"]),
    budget=st.builds(Budget, st.integers(0, 4), st.sampled_from([1.0, 5.0, 50.0])),
    child_budget=st.none() | st.builds(Budget, st.integers(0, 3), st.sampled_from([1.0, 20.0])),
    backoff=st.builds(Backoff, initial=st.sampled_from([0.0, 0.01]), jitter=st.sampled_from([0.0, 0.5])),
    unpark_after=st.sampled_from([None, 0.3, 30.0]),
    decide=st.just({Uncharged: Restart(charged=False), Resumed: "resume", Escalated: "escalate", OSError: "stop"}),
)
children = st.lists(
    st.tuples(
        st.sampled_from(["permanent", "transient", "temporary"]), st.sampled_from([0, 2.0, "brutal_kill", "infinity"])
    ),
    min_size=1,
    max_size=4,
)
names = st.sampled_from(NAMES)
outcomes = st.sampled_from(["ok", "ok", "ok", "pending", "ignore", OSError("start"), ValueError("start")])
failures = st.sampled_from([ValueError(), ValueError(), Uncharged(), Resumed(), Escalated(), OSError()])
happenings = st.lists(
    st.one_of(
        st.tuples(st.just("crash"), names, failures),
        st.tuples(st.just("exit"), names, st.sampled_from(["normal", "shutdown", "killed", "planned"])),
        st.tuples(st.just("advance"), st.sampled_from([0.0, 0.01, 0.5, 3.0, 40.0]), st.none()),
        st.tuples(st.just("starts"), names, st.lists(outcomes, max_size=3)),
        st.tuples(st.just("started"), names, st.none()),
        st.tuples(st.just("stubborn"), names, st.booleans()),
        st.tuples(st.sampled_from(["terminate", "delete", "park", "unpark", "restart"]), names, st.booleans()),
        st.tuples(st.just("start_child"), names, st.sampled_from(["permanent", "transient", "temporary"])),
    ),
    max_size=40,
)


def happen(w: Any, spec: Any, what: str, subject: Any, detail: Any) -> None:
    """Let one thing happen, if it can."""
    match what:
        case "crash" if subject in w.live:
            w.crash(subject, detail)
        case "exit" if subject in w.live:
            w.exits(subject, detail)
        case "advance":
            w.advance(subject)
        case "starts":
            w.starts[subject] = [*detail]
        case "started" if w.state(subject) == "starting":
            w.started(subject)
        case "stubborn":
            (w.stubborn.add if detail else w.stubborn.discard)(subject)
        case "restart":
            w.restart(subject, detail)
        case "terminate" | "delete" | "park" | "unpark":
            getattr(w, what)(subject)
        case "start_child":
            w.start_child(spec(subject, restart=detail))
        case _:
            pass


def run(w: Any, spec: Any, events: Any) -> None:
    """Let everything happen until the supervisor has ended. The world itself checks for two live incarnations."""
    w.boot()
    for event in events:
        if w.exit is not None:
            return
        happen(w, spec, *event)
        agree(w)


def agree(w: Any) -> None:
    """The machine believes of its children what is the case."""
    believed = {child.id: child.life for child in w.machine.children.values() if child.live}
    if w.exit is None:
        assert w.live == believed
        for child in w.machine.children.values():
            waits = child.state == "restarting" and not w.machine.grouped
            assert child.timer in w.timers if waits else child.timer == 0 or child.timer in w.timers


def a_world(world: Any, spec: Any, policy: RestartPolicy, listed: Any) -> Any:
    """Return a world with the drawn children."""
    specs = [spec(name, restart=kind, shutdown=limit) for name, (kind, limit) in zip(NAMES, listed, strict=False)]
    return world(*specs, policy=policy)


@settings(max_examples=400, deadline=None)
@given(policy=policies, listed=children, events=happenings)
def test_no_child_ever_has_two_live_incarnations(
    world: Any, spec: Any, policy: RestartPolicy, listed: Any, events: Any
) -> None:
    """W4, and the machine's books agree with the world after each event."""
    run(a_world(world, spec, policy, listed), spec, events)


@settings(max_examples=300, deadline=None)
@given(policy=policies, listed=children, events=happenings)
def test_a_stop_always_ends_and_answers_every_call(
    world: Any, spec: Any, policy: RestartPolicy, listed: Any, events: Any
) -> None:
    """T3: whatever happened before, and whoever ignores it, as long as each has a deadline."""
    finite = [(kind, 5.0 if limit == "infinity" else limit) for kind, limit in listed]
    w = a_world(world, spec, policy, finite)
    run(w, spec, events)
    if w.exit is None:
        w.stop()
        w.advance(200.0)

    assert w.exit is not None
    assert {} == w.live
    assert len(w.answers) == w.asked


@settings(max_examples=300, deadline=None)
@given(policy=policies, listed=children, events=happenings)
def test_no_automatic_restart_comes_without_its_record_before_it(
    world: Any, spec: Any, policy: RestartPolicy, listed: Any, events: Any
) -> None:
    """Record first, then do: each automatic start follows an entry for that child or its group."""
    w = a_world(world, spec, policy, listed)
    recorded: dict[str, int] = {}
    carry_out = w.machine.step

    def watched(event: Any, now: float, chance: float = 0.5) -> Any:
        effects = carry_out(event, now, chance)
        for effect in effects:
            if isinstance(effect, Decided):
                recorded[effect.child.id] = recorded.get(effect.child.id, 0) + 1
            elif isinstance(effect, Start) and effect.child.retry:
                grouped = w.machine.grouped and sum(recorded.values()) > 0
                assert recorded.get(effect.child.id, 0) > 0 or grouped
        return effects

    w.machine.step = watched
    run(w, spec, events)


@settings(max_examples=300, deadline=None)
@given(policy=policies, listed=children, events=happenings)
def test_no_budget_is_ever_overrun(world: Any, spec: Any, policy: RestartPolicy, listed: Any, events: Any) -> None:
    """B2, B6: within any window there are at most max_restarts charged restarts of whoever pays."""
    w = a_world(world, spec, policy, listed)
    charged: dict[Any, list[float]] = {}
    step = w.machine.step

    def watched(event: Any, now: float, chance: float = 0.5) -> Any:
        effects = step(event, now, chance)
        for effect in effects:
            if isinstance(effect, Decided) and effect.decision in ("restart", "resume") and effect.in_window:
                payer = effect.child if policy.child_budget else None
                charged.setdefault(payer, []).append(now)
                assert effect.in_window <= effect.max_restarts
        return effects

    w.machine.step = watched
    run(w, spec, events)
    budget = policy.child_budget or policy.budget

    for times in charged.values():
        for at in times:
            assert len([t for t in times if at - budget.max_seconds <= t <= at]) <= budget.max_restarts


@given(
    gaps=st.lists(st.floats(0, 10) | st.sampled_from([0.0, 5.0]), max_size=200),
    seconds=st.sampled_from([0.5, 5.0, 20.0]),
)
def test_the_window_counts_exactly_what_is_not_older_than_it(gaps: list[float], seconds: float) -> None:
    """B2: entries of exactly the window's age are kept; cutting the list changes nothing."""
    window, times, now = Window(), [], 0.0
    for gap in gaps:
        now += gap
        times.append(now)

        assert len([t for t in times if t >= now - seconds]) == window.charge(now, seconds) == window.peek(now, seconds)


@given(
    st.integers(0, 10_000),
    st.floats(0, 1, exclude_max=True),
    st.floats(0, 5),
    st.floats(1, 10),
    st.floats(0, 1),
)
def test_no_wait_exceeds_the_maximum_or_falls_below_the_jitter(
    attempt: int, chance: float, initial: float, factor: float, jitter: float
) -> None:
    """W1: a hard cap, and no overflow for large n."""
    backoff = Backoff(initial=initial, factor=factor, maximum=30.0, jitter=jitter)

    low, drawn = backoff.delay(attempt, 0.0), backoff.delay(attempt, chance)
    assert 0.0 <= low <= drawn + 1e-9
    assert drawn <= 30.0


@given(
    st.integers(0, 300), st.sampled_from([0.0, 0.1, 3.0]), st.sampled_from([1.0, 1.5, 2.0]), st.sampled_from([0.0, 0.3])
)
def test_the_shortest_sum_is_the_sum_of_the_shortest_waits(
    attempts: int, initial: float, factor: float, jitter: float
) -> None:
    """R1's arithmetic, also where it takes the short way."""
    backoff = Backoff(initial=initial, factor=factor, maximum=30.0, jitter=jitter)
    expected = sum(backoff.delay(n, 0.0) for n in range(attempts))

    assert abs(expected - backoff.shortest(attempts)) <= 1e-9 * max(1.0, expected)


dynamic_happenings = st.lists(
    st.one_of(
        st.tuples(st.just("crash"), names, failures),
        st.tuples(st.just("exit"), names, st.sampled_from(["normal", "shutdown", "killed"])),
        st.tuples(st.just("advance"), st.sampled_from([0.0, 0.01, 0.5, 40.0]), st.none()),
        st.tuples(st.just("starts"), names, st.lists(outcomes, max_size=3)),
        st.tuples(st.just("started"), names, st.none()),
        st.tuples(st.just("stubborn"), names, st.booleans()),
        st.tuples(st.sampled_from(["terminate", "delete", "park", "unpark", "restart"]), names, st.booleans()),
        st.tuples(st.just("start_child"), names, st.sampled_from(["permanent", "transient", "temporary"])),
    ),
    max_size=40,
)


@settings(max_examples=300, deadline=None)
@given(policy=policies.filter(lambda policy: policy.strategy == "one_for_one"), events=dynamic_happenings)
def test_a_dynamic_supervisor_keeps_the_same_promises(
    world: Any, spec: Any, policy: RestartPolicy, events: Any
) -> None:
    """S5: one incarnation each, every call answered, the stop ends."""
    w = world(policy=policy, dynamic=True)
    run(w, spec, events)
    if w.exit is None:
        w.stop()
        w.advance(200.0)

    assert w.exit is not None
    assert len(w.answers) == w.asked
