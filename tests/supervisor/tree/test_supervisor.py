"""Supervisors with real actors below them, under a clock that stands still."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from stentor.actors import Actor, Directory, Exited, Ignore, ManualClock
from stentor.protocol.errors import (
    ActorDied,
    ActorParked,
    AlreadyStarted,
    BadPolicy,
    BadSpec,
    BadUsage,
    ChildStartError,
    NotFound,
    Refused,
    RestartBudgetExceeded,
    StillRunning,
    WebSocketConnectionLostError,
)
from stentor.supervisor.ledger._record import Record
from stentor.supervisor.policy._backoff import Backoff
from stentor.supervisor.policy._budget import Budget
from stentor.supervisor.policy._directives import Restart
from stentor.supervisor.policy._policy import RestartPolicy
from stentor.supervisor.policy._spec import ChildSpec
from stentor.supervisor.tree._supervisor import Supervisor

AT_ONCE = Backoff(initial=0.0, jitter=0.0)


class Worker(Actor):
    """Writes down what it does, and fails on demand."""

    log: list[tuple[str, str]]

    def __init__(self, log: list[Any], name: str = "w") -> None:
        super().__init__()
        self.events = log
        self.name = name
        self.count = 0

    def on_start(self) -> None:
        self.events.append(("start", self.name))

    def on_stop(self) -> None:
        self.events.append(("stop", self.name))

    def on_receive(self, message: Any) -> Any:
        if isinstance(message, BaseException):
            raise message
        self.events.append((message, self.incarnation))
        self.count += 1
        return self.count

    def failed_before(self) -> Any:
        """Return what ended the incarnation before."""
        return self.last_failure


class Slow(Worker):
    """Starts when it is let, and does not stop."""

    gate: asyncio.Event

    async def on_start(self) -> None:
        await self.gate.wait()
        self.events.append(("start", self.name))


class Stubborn(Worker):
    """Never lets a stop come through."""

    async def on_stop(self) -> None:
        self.events.append(("asked", self.name))
        await asyncio.Event().wait()


class Broken(Worker):
    """Does not start."""

    def on_start(self) -> None:
        raise OSError("port taken")


class Flaky(Worker):
    """Starts the first time only."""

    def on_start(self) -> None:
        if self.incarnation > 1:
            raise OSError("gone")


class Declining(Worker):
    """Has nothing to do."""

    def on_start(self) -> Any:
        return Ignore


@pytest.fixture
def log() -> list[Any]:
    """What the actors did."""
    return []


@pytest.fixture
def clock() -> ManualClock:
    """Time that stands still."""
    return ManualClock()


@pytest.fixture
def spec(log: list[Any]) -> Callable[..., ChildSpec]:
    """A maker of specs."""

    def make(name: str, actor: type[Any] = Worker, **values: Any) -> ChildSpec:
        return ChildSpec(id=name, actor=actor, kwargs={"log": log, "name": name}, **values)

    return make


async def test_a_crashed_child_comes_back_after_its_backoff_and_handles_what_waited_in_order(
    spec: Any, clock: ManualClock, log: list[Any]
) -> None:
    """M1: address and mailbox survive; the crashing message is not repeated; its asker gets the exception."""
    policy = RestartPolicy(backoff=Backoff(initial=2.0, jitter=0.0), budget=Budget(1, 5.0))
    sup = (await Supervisor.start_async(policy=policy, children=[spec("a")], clock=clock)).proxy()
    ref = (await sup.which_child("a")).ref
    asked = ref.ask(ValueError("boom"), block=False)
    for number in range(3):
        ref.tell(f"m{number}")
    late = ref.ask("m3", block=False)
    await clock.run(1.9)
    assert "restarting" == (await sup.which_child("a")).state
    await clock.run(0.1)

    assert [("start", "a"), ("start", "a"), ("m0", 2), ("m1", 2), ("m2", 2), ("m3", 2)] == log
    assert 4 == await late
    with pytest.raises(ValueError, match="boom") as caught:
        await asked
    assert (await ref.proxy().failed_before()).id == caught.value.failure_id  # type: ignore[attr-defined]


async def test_the_record_has_the_failure_its_rule_and_what_came_of_it(spec: Any, clock: ManualClock) -> None:
    """Each restart is one entry, with its outcome."""
    record = Record(clock=clock)
    sup = await Supervisor.start_async(children=[spec("a")], clock=clock, recorder=record, path="/s")
    ref = (await sup.proxy().which_child("a")).ref
    ref.tell(KeyError("k"))
    await clock.run(1.0)

    entry = next(entry for entry in record.entries() if entry.kind == "failure")
    assert ("/s", "a", "/s/a", "restart", "default", 1, 1, 3, 5.0, "restarted") == (
        entry.supervisor,
        entry.child_id,
        entry.path,
        entry.decision,
        entry.rule,
        entry.attempt,
        entry.restarts_in_window,
        entry.max_restarts,
        entry.window_s,
        entry.outcome,
    )
    assert 0.08 <= (entry.delay or 0.0) <= 0.12


async def test_a_nested_supervisor_that_gives_up_escalates_with_its_causes(spec: Any, clock: ManualClock) -> None:
    """B5: it exits abnormally, so that even a transient one is heard of; causes are linked by their ids."""
    record = Record(clock=clock)
    inner = ChildSpec(
        id="sub",
        actor=Supervisor,
        kwargs={"policy": RestartPolicy(backoff=AT_ONCE, budget=Budget(1, 5.0)), "children": [spec("a")]},
        kind="supervisor",
        restart="transient",
    )
    policy = RestartPolicy(backoff=AT_ONCE)
    directory = Directory()
    top = await Supervisor.start_async(
        policy=policy, children=[inner], clock=clock, recorder=record, directory=directory, path=""
    )
    for _ in range(2):
        estate = directory.get("/sub/a")
        assert estate is not None
        estate.ref.tell(ValueError("again"))
        await clock.settle()
    crashes = [e for e in record.entries() if e.path == "/sub/a" and e.failure is not None]
    gave_up = next(e for e in record.entries() if e.path == "/sub" and e.failure is not None)

    assert ["restart", "give_up"] == [e.decision for e in crashes]
    assert RestartBudgetExceeded is type(gave_up.failure.exception)  # type: ignore[union-attr]
    assert [e.failure.id for e in crashes] == gave_up.failure.exception.failures  # type: ignore[union-attr]
    told = "gave up after 2 failures, where its budget is 1 restart in 5 s; the last was of child 'a'; mend the cause"
    assert told in str(gave_up.failure.exception)  # type: ignore[union-attr]
    assert crashes[-1].failure.id == gave_up.parent_id  # type: ignore[union-attr]
    assert ("running", 2) == ((i := await top.proxy().which_child("sub")).state, i.incarnation)
    assert "running" == directory.get("/sub/a").state  # type: ignore[union-attr]


async def test_escalate_hands_the_childs_own_exception_up(spec: Any, clock: ManualClock) -> None:
    """X1: so that the rows of the supervisor above can match it."""
    record = Record(clock=clock)
    inner = ChildSpec(
        id="sub",
        actor=Supervisor,
        kwargs={"policy": RestartPolicy(decide={LookupError: "escalate"}), "children": [spec("a")]},
        kind="supervisor",
    )
    policy = RestartPolicy(decide={KeyError: "stop"})
    directory = Directory()
    top = await Supervisor.start_async(
        policy=policy, children=[inner], clock=clock, recorder=record, directory=directory, path=""
    )
    directory.get("/sub/a").ref.tell(KeyError("k"))  # type: ignore[union-attr]
    await clock.settle()

    assert "stopped" == (await top.proxy().which_child("sub")).state
    entry = next(e for e in record.entries() if e.path == "/sub")
    assert ("decide[KeyError]", KeyError) == (entry.rule, type(entry.failure.exception))  # type: ignore[union-attr]
    assert next(e.failure.id for e in record.entries() if e.path == "/sub/a" and e.failure) == entry.parent_id


async def test_resume_keeps_the_state_of_the_child(spec: Any, clock: ManualClock, log: list[Any]) -> None:
    """X1: the same incarnation goes on with the next message."""
    policy = RestartPolicy(decide={ValueError: "resume"})
    sup = (await Supervisor.start_async(policy=policy, children=[spec("a")], clock=clock)).proxy()
    ref = (await sup.which_child("a")).ref
    await ref.ask("one", block=False)
    ref.tell(ValueError("no matter"))

    assert 2 == await ref.ask("two", block=False)
    assert [("start", "a"), ("one", 1), ("two", 1)] == log


async def test_children_stop_in_reverse_each_awaited(spec: Any, log: list[Any]) -> None:
    """S1."""
    ref = await Supervisor.start_async(children=[spec("a"), spec("b"), spec("c")])
    await ref.stop(block=False)

    assert [("stop", "c"), ("stop", "b"), ("stop", "a")] == log[3:]
    assert not ref.is_alive()


async def test_a_child_that_ignores_the_stop_is_abandoned_at_its_deadline(
    spec: Any, clock: ManualClock, log: list[Any]
) -> None:
    """T1, T2: questions are answered meanwhile."""
    sup = (await Supervisor.start_async(children=[spec("a", Stubborn, shutdown=3.0)], clock=clock)).proxy()
    ref = (await sup.which_child("a")).ref
    done = sup.terminate_child("a")
    await clock.run(2.9)
    assert "stopping" == (await sup.which_child("a")).state
    await clock.run(0.1)

    assert await done is None
    assert "stopped" == (await sup.which_child("a")).state
    assert not ref.is_alive()


async def test_a_supervisor_that_is_told_to_stop_abandons_who_ignores_it(
    spec: Any, clock: ManualClock, log: list[Any]
) -> None:
    """T3: nothing can hang a stop."""
    ref = await Supervisor.start_async(children=[spec("a"), spec("b", Stubborn, shutdown=3.0)], clock=clock)
    stopped = ref.stop(block=False)
    await clock.settle()
    assert [("asked", "b")] == log[2:]
    await clock.run(3.0)

    assert await stopped
    assert [("asked", "b"), ("stop", "a")] == log[2:]


async def test_a_start_child_that_fails_answers_its_caller_and_leaves_nothing(spec: Any) -> None:
    """I2."""
    sup = (await Supervisor.start_async()).proxy()
    with pytest.raises(OSError, match="port taken"):
        await sup.start_child(spec("x", Broken))

    assert [] == await sup.which_children()


async def test_a_first_start_that_fails_names_the_child_and_unwinds(spec: Any, log: list[Any]) -> None:
    """I1."""
    with pytest.raises(ChildStartError, match="'b' did not start: OSError: port taken") as caught:
        await Supervisor.start_async(children=[spec("a"), spec("b", Broken), spec("c")])

    assert [("start", "a"), ("stop", "a")] == log
    assert OSError is type(caught.value.__cause__)


async def test_why_a_child_did_not_start_is_told_once(spec: Any) -> None:
    """Also through a supervisor in between."""
    inner = ChildSpec("in", Supervisor, kind="supervisor", kwargs={"children": [spec("b", Broken)]})
    with pytest.raises(ChildStartError) as caught:
        await Supervisor.start_async(children=[inner])

    assert "child 'in' did not start: child 'b' did not start: OSError: port taken" == str(caught.value)


async def test_a_start_that_takes_too_long_is_told_once(spec: Any, clock: ManualClock) -> None:
    """The error of the start is that of its supervisor."""
    Slow.gate = asyncio.Event()
    starting = asyncio.ensure_future(Supervisor.start_async(children=[spec("a", Slow, start_timeout=2.0)], clock=clock))
    await clock.settle()
    await clock.run(2.0)
    with pytest.raises(ChildStartError) as caught:
        await starting

    assert "child 'a' did not start: it took longer than 2 s" == str(caught.value)


async def test_an_argument_that_no_supervisor_takes_is_refused_with_the_one_that_was_meant() -> None:
    """As a policy and a spec do it."""
    with pytest.raises(BadSpec, match=r"^supervisor\.polcy is 1, an unknown key; .*; did you mean policy\?$"):
        await Supervisor.start_async(polcy=1)


async def test_a_class_is_explained_as_an_exception_of_it_that_was_never_raised() -> None:
    """By the same rule, whatever its constructor asks for."""
    policy = RestartPolicy(decide={ValueError: "stop", LookupError: "escalate"})
    sup = (await Supervisor.start_async(policy=policy)).proxy()

    assert "decide[ValueError]" == (await sup.explain(UnicodeDecodeError)).rule
    assert await sup.explain(KeyError) == await sup.explain(KeyError("k"))
    assert "default" == (await sup.explain(ExceptionGroup)).rule


async def test_answers_print_short(spec: Any) -> None:
    """At a prompt: what is None is left out, and numbers are round."""
    sup = (await Supervisor.start_async(children=[spec("a")], path="/s")).proxy()
    (child,) = await sup.which_children()

    assert repr(child).startswith(
        "ChildInfo(id='a', path='/s/a', state='running', kind='worker', restart='permanent', "
    )
    assert "None" not in repr([child, await sup.explain(ValueError), await sup.policy()])
    assert "delay=0.08, " in repr(await sup.explain(ValueError))
    assert repr(await sup.policy()).startswith(
        "PolicyRevision(revision=1, policy=RestartPolicy(strategy='one_for_one', budget=Budget(max_restarts=3, "
    )


async def test_each_child_starts_after_the_one_before_has_started(spec: Any, log: list[Any]) -> None:
    """S1, with starts that take their time."""
    Slow.gate = asyncio.Event()
    starting = asyncio.ensure_future(Supervisor.start_async(children=[spec("a", Slow), spec("b")]))
    await ManualClock().settle()
    assert [] == log
    Slow.gate.set()
    await starting

    assert [("start", "a"), ("start", "b")] == log


async def test_questions_are_answered_while_a_child_starts_and_changes_wait(spec: Any, log: list[Any]) -> None:
    """T2, and calls in their order."""
    Slow.gate = asyncio.Event()
    sup = (await Supervisor.start_async(children=[spec("a")])).proxy()
    starting = sup.start_child(spec("b", Slow))
    ending = sup.terminate_child("a")

    assert ["running", "starting"] == [child.state for child in await sup.which_children()]
    Slow.gate.set()
    assert (await sup.which_child("b")).ref is await starting
    await ending
    assert [("start", "a"), ("start", "b"), ("stop", "a")] == log


async def test_a_start_that_takes_too_long_fails(spec: Any, clock: ManualClock) -> None:
    """start_timeout: abandoned, and the caller learns of it."""
    Slow.gate = asyncio.Event()
    sup = (await Supervisor.start_async(clock=clock)).proxy()
    starting = sup.start_child(spec("b", Slow, start_timeout=4.0))
    await clock.run(4.0)

    with pytest.raises(ChildStartError, match="longer than 4 s"):
        await starting


async def test_a_restart_that_fails_is_charged_and_tried_again_until_the_budget_is_spent(
    spec: Any, clock: ManualClock
) -> None:
    """F1, B5: and the supervisor's own end is recorded."""
    record = Record(clock=clock)
    policy = RestartPolicy(backoff=Backoff(initial=1.0, factor=1.0, jitter=0.0), budget=Budget(2, 10.0))
    ref = await Supervisor.start_async(
        policy=policy, children=[spec("a", Flaky)], clock=clock, recorder=record, path="/s"
    )
    (await ref.proxy().which_child("a")).ref.tell(ValueError())
    await clock.run(5.0)

    failures = [(e.path, e.decision) for e in record.entries() if e.failure is not None]
    assert [("/s/a", "restart"), ("/s/a", "restart"), ("/s/a", "give_up"), ("/s", None)] == failures
    assert not ref.is_alive()


async def test_a_parked_child_is_visible_and_its_callers_learn_of_it(spec: Any, clock: ManualClock) -> None:
    """B6, M3."""
    policy = RestartPolicy(backoff=AT_ONCE, child_budget=Budget(1, 60.0))
    sup = (await Supervisor.start_async(policy=policy, children=[spec("a"), spec("b")], clock=clock)).proxy()
    ref = (await sup.which_child("a")).ref
    ref.tell(ValueError(1))
    ref.tell(ValueError(2))
    waiting = ref.ask("late", block=False)
    await clock.settle()

    assert ["parked", "running"] == [child.state for child in await sup.which_children()]
    with pytest.raises(ActorParked):
        await waiting
    assert ref is await sup.unpark_child("a")
    assert 1 == await ref.ask("again", block=False)


async def test_a_lost_connection_restarts_at_once_and_free(spec: Any, clock: ManualClock) -> None:
    """B7: the default of sessions."""
    policy = RestartPolicy(decide={WebSocketConnectionLostError: Restart(charged=False)}, budget=Budget(0, 1.0))
    sup = (await Supervisor.start_async(policy=policy, children=[spec("a")], clock=clock)).proxy()
    ref = (await sup.which_child("a")).ref
    for _ in range(5):
        ref.tell(WebSocketConnectionLostError(reason="gone", close_code=1006, user_id="u", thread_id="t"))
    await clock.settle()

    assert ("running", 6, 0) == ((i := await sup.which_child("a")).state, i.incarnation, i.attempts)


async def test_a_child_stopped_from_outside_ends_normally_and_is_started_again(spec: Any, clock: ManualClock) -> None:
    """B7: to stop it for good there is terminate_child."""
    policy = RestartPolicy(backoff=AT_ONCE)
    sup = (await Supervisor.start_async(policy=policy, children=[spec("a")], clock=clock)).proxy()
    ref = (await sup.which_child("a")).ref
    await ref.stop(block=False)
    await clock.settle()

    assert ("running", 2) == ((i := await sup.which_child("a")).state, i.incarnation)
    assert ref.is_alive()


async def test_a_terminated_child_can_be_started_again_and_counts_its_lives_on(spec: Any) -> None:
    """C1."""
    sup = (await Supervisor.start_async(children=[spec("a")])).proxy()
    old = (await sup.which_child("a")).ref
    await sup.terminate_child("a")
    await sup.terminate_child("a")
    with pytest.raises(ActorDied):
        await old.ask("x", block=False)
    new = await sup.restart_child("a")

    assert 2 == (await sup.which_child("a")).incarnation
    assert 1 == await new.ask("x", block=False)
    with pytest.raises(StillRunning):
        await sup.delete_child("a")
    await sup.terminate_child("a")
    await sup.delete_child("a")
    with pytest.raises(NotFound):
        await sup.which_child("a")


async def test_wrong_calls_are_refused_and_the_supervisor_goes_on(spec: Any) -> None:
    """A wrong call never crashes it."""
    ref = await Supervisor.start_async(children=[spec("a")])
    sup = ref.proxy()
    running = (await sup.which_child("a")).ref
    for wrong, kind in (
        (lambda: sup.start_child(spec("a")), AlreadyStarted),
        (lambda: sup.start_child("a"), BadSpec),
        (lambda: sup.start_child(), BadSpec),
        (lambda: sup.terminate_child("zz"), NotFound),
        (lambda: sup.get_childspec("zz"), NotFound),
        (lambda: sup.set_policy(RestartPolicy()), BadUsage),
        (lambda: sup.set_policy(RestartPolicy(), reason="  "), BadPolicy),
        (lambda: sup.set_policy(colour="red", duration=-1, reason="x"), BadPolicy),
        (lambda: sup.terminate_child(), BadUsage),
        (lambda: sup.count_children("a"), BadUsage),
        (lambda: sup.explain("ValueError"), BadUsage),
        (lambda: sup.explain(int), BadUsage),
        (lambda: sup.set_policy(RestartPolicy(), reason="both", strategy="one_for_all"), BadPolicy),
        (lambda: sup.set_policy(reason="neither"), BadPolicy),
        (lambda: ref.ask("hello", block=False), Refused),
    ):
        with pytest.raises(kind) as caught:
            await wrong()
        if kind is AlreadyStarted:
            assert running is caught.value.ref

    assert running.is_alive()
    assert ref.is_alive()


async def test_a_dynamic_supervisor_makes_its_children_from_a_template(log: list[Any]) -> None:
    """S5."""
    template = ChildSpec(id="w", actor=Worker, kwargs={"log": log}, restart="transient")
    ref = Supervisor.dynamic(template=template, max_children=3)
    sup = ref.proxy()
    first = await sup.start_child(id="x", kwargs={"name": "x"})
    await sup.start_child()
    await sup.start_child()

    with pytest.raises(Refused, match="holds its 3 children"):
        await sup.start_child()
    assert ["x", "w-1", "w-2"] == [child.id for child in await sup.which_children()]
    await first.stop(block=False)
    await ManualClock().settle()
    assert ["w-1", "w-2"] == [child.id for child in await sup.which_children()]
    counts = await sup.count_children()
    assert (2, 2, 2, 0) == (counts.specs, counts.active, counts.workers, counts.supervisors)
    await ref.stop(block=False)


async def test_a_dynamic_supervisor_stops_all_at_once_with_one_deadline(
    spec: Any, clock: ManualClock, log: list[Any]
) -> None:
    """S5."""
    ref = Supervisor.dynamic(clock=clock)
    sup = ref.proxy()
    for name in "abc":
        await sup.start_child(spec(name, Stubborn, shutdown=2.0))
    stopped = ref.stop(block=False)
    await clock.settle()
    assert [("asked", "a"), ("asked", "b"), ("asked", "c")] == log[3:]
    assert 1 == clock.pending
    await clock.run(2.0)

    assert await stopped


async def test_a_start_may_decline(spec: Any) -> None:
    """F4."""
    sup = (await Supervisor.start_async(children=[spec("a", Declining), spec("b")])).proxy()

    assert ["stopped", "running"] == [child.state for child in await sup.which_children()]
    assert await sup.start_child(spec("t", Declining, restart="temporary")) is None
    assert ["a", "b"] == [child.id for child in await sup.which_children()]


async def test_abandoning_a_supervisor_leaves_nobody_below_it(spec: Any, clock: ManualClock) -> None:
    """T1, T4: brutal_kill of a supervisor reaches its children."""
    directory = Directory()
    inner = ChildSpec(
        id="sub", actor=Supervisor, kwargs={"children": [spec("a")]}, kind="supervisor", shutdown="brutal_kill"
    )
    top = await Supervisor.start_async(children=[inner], clock=clock, directory=directory, path="")
    below = directory.get("/sub/a")
    assert below is not None
    await top.proxy().terminate_child("sub")

    assert not below.ref.is_alive()
    assert [""] == directory.paths() or [] == directory.paths()


async def test_a_stopped_sibling_names_the_failure_that_stopped_it(spec: Any, clock: ManualClock) -> None:
    """The record's parent id, over a group restart with real actors."""
    record = Record(clock=clock)
    policy = RestartPolicy(strategy="rest_for_one", backoff=AT_ONCE)
    children = [spec("a"), spec("b"), spec("c")]
    sup = (
        await Supervisor.start_async(policy=policy, children=children, clock=clock, recorder=record, path="/s")
    ).proxy()
    (await sup.which_child("b")).ref.tell(ValueError())
    await clock.settle()

    failure = next(e for e in record.entries() if e.kind == "failure")
    sibling = next(e for e in record.entries() if e.kind == "restart")
    assert ("/s/b", "/s/c", failure.failure.id, "rest_for_one") == (  # type: ignore[union-attr]
        failure.path,
        sibling.path,
        sibling.parent_id,
        sibling.rule,
    )
    assert [1, 2, 2] == [child.incarnation for child in await sup.which_children()]


async def test_explain_tells_what_would_happen_by_which_rule(spec: Any) -> None:
    """Nothing is charged by asking."""
    policy = RestartPolicy(decide={KeyError: "stop"})
    sup = (await Supervisor.start_async(policy=policy, children=[spec("a")])).proxy()

    assert "decide[KeyError]" == (await sup.explain(KeyError(), "a")).rule
    assert ("restart", 1) == ((e := await sup.explain(ValueError(), "a")).decision, e.restarts_in_window)


async def test_a_supervisor_is_started_on_a_loop_only_if_its_children_start_at_once(spec: Any, log: list[Any]) -> None:
    """Else it says how to start it, and leaves no child behind."""
    Slow.gate = asyncio.Event()
    with pytest.raises(BadUsage, match="start_async"):
        Supervisor.start(children=[spec("a"), spec("b", Slow)])

    Slow.gate.set()
    await ManualClock().settle()
    assert [("start", "a")] == log


def test_from_a_plain_thread_a_supervisor_is_started_and_asked_by_get(spec: Any, log: list[Any]) -> None:
    """Synchronous hosts use the same objects."""
    ref = Supervisor.start(children=[spec("a")])
    sup = ref.proxy()

    assert sup.start_child(spec("b")).get(timeout=5).is_alive()
    assert 2 == sup.count_children().get(timeout=5).active
    assert ref.stop(timeout=5)
    assert [("stop", "b"), ("stop", "a")] == log[2:]


async def test_nested_budgets_are_pointed_out_in_the_record(spec: Any) -> None:
    """R2: they multiply."""
    inner = ChildSpec(id="sub", actor=Supervisor, kwargs={"policy": RestartPolicy()}, kind="supervisor")
    ref = await Supervisor.start_async(policy=RestartPolicy(), children=[inner])

    entries = (await ref.proxy().record()).entries()
    assert ["16 starts in all" in str(entry.facts) for entry in entries] == [True]


async def test_a_storm_of_crashes_is_worked_off_to_the_last(log: list[Any], clock: ManualClock) -> None:
    """More reports than the supervisor takes in at one turn; then a stop that has to hear as many."""
    policy = RestartPolicy(backoff=AT_ONCE, budget="unlimited")
    ref = Supervisor.dynamic(policy, ChildSpec(id="w", actor=Worker, kwargs={"log": log}), clock=clock)
    sup = ref.proxy()
    refs = [await sup.start_child() for _ in range(100)]
    for child in refs:
        child.tell(ValueError())
    await clock.settle()

    assert {("running", 2)} == {(child.state, child.incarnation) for child in await sup.which_children()}
    assert await asyncio.wait_for(ref.stop(block=False), 5)
    assert 100 == log.count(("stop", "w"))


async def test_what_an_incarnation_reported_that_is_replaced_concerns_nobody(spec: Any, clock: ManualClock) -> None:
    """T4: reports are fenced as everything else is."""
    ref = await Supervisor.start_async(policy=RestartPolicy(backoff=AT_ONCE), children=[spec("a")], clock=clock)
    sup = ref.proxy()
    (await sup.which_child("a")).ref.tell(ValueError())
    await clock.settle()
    supervisor: Any = ref._actor_weakref()
    supervisor._machine.children["a"].handle.parent.control(Exited("a", 1, "crash"))
    await clock.settle()

    assert ("running", 2) == ((i := await sup.which_child("a")).state, i.incarnation)


async def test_a_crash_that_meets_the_order_to_stop_does_not_hold_it_up(spec: Any, clock: ManualClock) -> None:
    """T3: the child is gone already when it would be asked."""
    ref = await Supervisor.start_async(children=[spec("a")], clock=clock)
    (await ref.proxy().which_child("a")).ref.tell(ValueError())
    ref._actor_weakref().estate.request_stop()  # type: ignore[union-attr]
    await clock.settle()

    assert (False, 0) == (ref.is_alive(), clock.pending)


async def test_a_supervisor_that_fails_itself_leaves_no_child_behind(spec: Any, clock: ManualClock) -> None:
    """A bug in it, or a message that it has no use for, must not orphan anybody."""
    directory = Directory()
    ref = await Supervisor.start_async(children=[spec("a")], clock=clock, directory=directory, path="")
    below = directory.get("/a")
    assert below is not None
    ref.control("nonsense")
    await clock.settle()

    assert (False, False, []) == (ref.is_alive(), below.ref.is_alive(), directory.paths())


async def test_questions_are_answered_while_a_supervisor_stops(spec: Any, clock: ManualClock) -> None:
    """T2: at once, however long a child takes; what would change something is refused by its end."""
    ref = await Supervisor.start_async(children=[spec("a"), spec("b", Stubborn, shutdown=3.0)], clock=clock)
    sup = ref.proxy()
    early = sup.which_child("a")
    stopped = ref.stop(block=False)
    again = ref.stop(block=False)
    await clock.settle()
    late = sup.start_child(spec("c"))

    assert ["running", "stopping"] == [c.state for c in await asyncio.wait_for(sup.which_children(), 5)]
    assert 2 == (await asyncio.wait_for(sup.count_children(), 5)).active
    with pytest.raises(NotFound):
        await asyncio.wait_for(sup.which_child("zz"), 5)
    assert "running" == (await early).state
    await clock.run(3.0)
    assert await stopped
    assert await again
    with pytest.raises(ActorDied):
        await late


async def test_questions_are_answered_while_a_supervisor_starts(spec: Any, log: list[Any]) -> None:
    """T2: and calls that change something wait, in their order."""
    Slow.gate = asyncio.Event()
    inner = ChildSpec(
        "inner", Supervisor, kwargs={"children": [spec("a"), spec("b", Slow), spec("c")]}, kind="supervisor"
    )
    top = (await Supervisor.start_async()).proxy()
    starting = top.start_child(inner)
    sub = (await top.which_child("inner")).ref.proxy()
    ending = sub.terminate_child("a")
    more = sub.start_child(spec("d"))

    assert ["running", "starting", "stopped"] == [c.state for c in await asyncio.wait_for(sub.which_children(), 5)]
    Slow.gate.set()
    await asyncio.wait_for(starting, 5)
    await ending
    await more
    assert [("start", "a"), ("start", "b"), ("start", "c"), ("stop", "a"), ("start", "d")] == log


async def test_a_question_that_breaks_while_a_supervisor_stops_is_its_crash_and_all_are_answered(
    spec: Any, clock: ManualClock
) -> None:
    """Nobody waits for ever for what a bug has cost."""

    class Buggy(Supervisor):
        def explain(self, *_args: Any, **_kwargs: Any) -> Any:
            raise ZeroDivisionError

    directory = Directory()
    ref = await Buggy.start_async(children=[spec("b", Stubborn)], clock=clock, directory=directory, path="")
    sup = ref.proxy()
    stopped = ref.stop(block=False)
    await clock.settle()
    broken, after = sup.explain(ValueError()), sup.count_children()

    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(broken, 5)
    assert 1 == (await asyncio.wait_for(after, 5)).specs
    with pytest.raises(ZeroDivisionError):
        await stopped
    assert (False, []) == (ref.is_alive(), directory.paths())
