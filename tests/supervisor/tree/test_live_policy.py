"""Policies that change, incidents and significant children, with real actors."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from stentor.actors import Actor, Directory, ManualClock
from stentor.protocol.errors import BadPolicy, BadSpec
from stentor.supervisor.ledger._record import Record
from stentor.supervisor.policy._backoff import Backoff
from stentor.supervisor.policy._budget import Budget
from stentor.supervisor.policy._hold import Hold
from stentor.supervisor.policy._policy import RestartPolicy
from stentor.supervisor.policy._spec import ChildSpec
from stentor.supervisor.tree._snapshot import snapshot
from stentor.supervisor.tree._supervisor import Supervisor

AT_ONCE = Backoff(initial=0.0, jitter=0.0)


class Worker(Actor):
    """Fails, ends or counts on demand."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def on_receive(self, message: Any) -> Any:
        match message:
            case BaseException():
                raise message
            case "end":
                self.stop()
            case "provider":
                call_provider()
            case "rung":
                return self.estate.rung
        self.count += 1
        return self.count


class Slow(Worker):
    """Starts when it is let."""

    gate: asyncio.Event

    async def on_start(self) -> None:
        await self.gate.wait()


def call_provider() -> None:
    """Fail, always at the same place, with a message that is never the same."""
    raise ConnectionRefusedError(object())


@pytest.fixture
def clock() -> ManualClock:
    """Time that stands still."""
    return ManualClock()


async def started(clock: ManualClock, *specs: ChildSpec, **options: Any) -> tuple[Any, Any, Record]:
    """Return a supervisor's address and proxy, and its record."""
    record = Record(clock=clock)
    ref = await Supervisor.start_async(children=specs, clock=clock, recorder=record, **{"path": "/s", **options})
    return ref, ref.proxy(), record


async def test_some_fields_of_the_policy_are_changed_and_the_rest_stays(clock: ManualClock) -> None:
    """The answer, the question, the entries and the views all name the revision."""
    policy = RestartPolicy(backoff=AT_ONCE, budget=Budget(1, 5.0))
    directory = Directory()
    _, sup, record = await started(clock, ChildSpec("a", Worker), policy=policy, directory=directory)
    answer = await sup.set_policy(reason="a bad day", budget=Budget(2, 60.0))
    (await sup.which_child("a")).ref.tell(ValueError())
    await clock.settle()

    assert answer == await sup.policy()
    assert (2, AT_ONCE, Budget(2, 60.0)) == (answer.revision, answer.policy.backoff, answer.policy.budget)
    entry, failure = [e for e in record.entries() if e.kind in ("policy", "failure")]
    assert ("/s", "set", 2, "a bad day") == (entry.path, entry.decision, entry.policy_rev, entry.facts["reason"])
    assert (
        "Budget(max_restarts=1, max_seconds=5.0) -> Budget(max_restarts=2, max_seconds=60.0)" == entry.facts["budget"]
    )
    assert 2 == failure.policy_rev == (await sup.which_child("a")).policy_rev == snapshot(directory)["/s"].policy_rev


async def test_a_policy_for_a_while_ends_by_the_supervisors_clock(clock: ManualClock) -> None:
    """And its end is one entry more."""
    _, sup, record = await started(clock)
    await sup.set_policy(reason="for now", duration=10.0, budget="unlimited")
    await clock.run(10.0)

    assert (3, Budget()) == ((revision := await sup.policy()).revision, revision.policy.budget)
    assert ["set", "revert"] == [e.decision for e in record.entries() if e.kind == "policy"]


async def test_all_faults_of_a_change_come_in_one_refusal_and_nothing_changes(clock: ManualClock) -> None:
    """Reason, duration, values and unknown fields."""
    ref, sup, _ = await started(clock)
    with pytest.raises(BadPolicy) as caught:
        await sup.set_policy(reason=" ", duration=0, strategy="all", colour="red")

    assert ["set_policy.reason", "set_policy.duration", "policy.strategy", "policy.colour"] == [
        text.split(" ")[0] for text in caught.value.errors
    ]
    assert (True, 1) == (ref.is_alive(), (await sup.policy()).revision)


async def test_a_change_that_the_children_do_not_fit_is_refused(clock: ManualClock) -> None:
    """G1 on the running supervisor."""
    spec = ChildSpec("a", Worker, restart="transient", significant=True)
    _, sup, _ = await started(clock, spec, policy=RestartPolicy(auto_shutdown="any_significant"))
    with pytest.raises(BadSpec):
        await sup.set_policy(reason="stay", auto_shutdown="never")

    assert "any_significant" == (await sup.policy()).policy.auto_shutdown


async def test_a_row_that_says_resume_counts_for_children_that_run_already(clock: ManualClock) -> None:
    """Their state is kept from then on."""
    _, sup, _ = await started(clock, ChildSpec("a", Worker))
    ref = (await sup.which_child("a")).ref
    assert 1 == await ref.ask("one", block=False)
    await sup.set_policy(reason="keep it", decide={ValueError: "resume"})
    ref.tell(ValueError())

    assert 2 == await ref.ask("two", block=False)
    assert 1 == (await sup.which_child("a")).incarnation


async def test_the_policy_is_told_while_the_supervisor_starts(clock: ManualClock) -> None:
    """It is a question."""
    Slow.gate = asyncio.Event()
    directory = Directory()
    starting = asyncio.ensure_future(started(clock, ChildSpec("a", Slow), directory=directory))
    await clock.settle()
    asked = directory.get("/s").ref.proxy().policy()  # type: ignore[union-attr]

    assert 1 == (await asked).revision
    Slow.gate.set()
    await starting


async def test_a_child_finds_its_rung(clock: ManualClock) -> None:
    """In its estate: 0 at first, then as many as its charged failures."""
    policy = RestartPolicy(backoff=AT_ONCE, ladder=True, child_budget=Budget(3, 60.0))
    _, sup, record = await started(clock, ChildSpec("a", Worker), policy=policy)
    ref = (await sup.which_child("a")).ref
    rungs = [await ref.ask("rung", block=False)]
    for _ in range(3):
        ref.tell(ValueError())
        rungs.append(await ref.ask("rung", block=False))

    assert [0, 1, 2, 3] == rungs
    assert [1, 2, 3] == [e.rung for e in record.entries() if e.kind == "failure"]


async def test_children_that_lose_one_provider_are_one_incident_and_one_of_them_probes(clock: ManualClock) -> None:
    """By the place where they fail, not by what the message says; the entries are linked to the first failure."""
    policy = RestartPolicy(hold=Hold(3, 5.0), child_budget=Budget(3, 60.0), backoff=Backoff(1.0, jitter=0.0))
    _, sup, record = await started(clock, *(ChildSpec(name, Worker) for name in "abcd"), policy=policy)
    for name in "abcd":
        (await sup.which_child(name)).ref.tell("provider")
        await clock.settle()
    first = next(e for e in record.entries() if e.kind == "failure")
    hold = next(e for e in record.entries() if e.kind == "hold")

    assert {first.id} == {child.held for child in await sup.which_children()}
    assert (first.id, first.id, "warn") == (hold.parent_id, hold.facts["incident"], hold.severity)
    held = [e for e in record.entries() if e.decision == "hold" and e.kind == "failure"]
    assert [("c", first.id, "error"), ("d", first.id, "error")] == [(e.child_id, e.parent_id, e.severity) for e in held]
    await clock.run(1.0)
    assert ["a"] == [child.id for child in await sup.which_children() if child.state == "running"]
    await clock.run(10.0)
    assert {("running", None)} == {(child.state, child.held) for child in await sup.which_children()}
    assert "a" == next(e for e in record.entries() if e.kind == "release").facts["probe"]
    assert ["restarted"] * 2 == [e.outcome for e in record.entries() if e.decision == "hold" and e.kind == "failure"]


async def test_explain_knows_of_the_incident_that_a_failure_would_join(clock: ManualClock) -> None:
    """An exception that was never raised stands for the newest failure of its type."""
    policy = RestartPolicy(hold=Hold(2, 5.0), child_budget=Budget(3, 60.0))
    _, sup, _ = await started(clock, *(ChildSpec(name, Worker) for name in "ab"), policy=policy)
    for name in "ab":
        told = await sup.explain(ConnectionRefusedError(), "b")
        (await sup.which_child(name)).ref.tell("provider")
        await clock.settle()
    joined = await sup.explain(ConnectionRefusedError(), "a")

    assert [("hold", 2, None), ("hold", 1, joined.incident)] == [
        (it.decision, it.alike, it.incident) for it in (told, joined)
    ]
    assert {joined.incident} == {child.held for child in await sup.which_children()}


async def test_the_end_of_a_significant_child_ends_its_supervisor_as_planned(clock: ManualClock) -> None:
    """G3: a transient supervisor above it stays down, and nothing failed."""
    inner = ChildSpec(
        "sub",
        Supervisor,
        kwargs={
            "policy": RestartPolicy(auto_shutdown="any_significant"),
            "children": [ChildSpec("job", Worker, restart="transient", significant=True), ChildSpec("b", Worker)],
        },
        kind="supervisor",
        restart="transient",
    )
    directory = Directory()
    ref, sup, record = await started(clock, inner, ChildSpec("c", Worker), directory=directory)
    directory.get("/s/sub/job").ref.tell("end")  # type: ignore[union-attr]
    await clock.settle()

    assert ("stopped", True) == ((await sup.which_child("sub")).state, ref.is_alive())
    assert {"/s", "/s/c"} == set(directory.snapshot())
    assert [] == [e for e in record.entries() if e.failure is not None]


async def test_an_auto_shutdown_goes_up_where_the_supervisor_is_significant_itself(clock: ManualClock) -> None:
    """G3."""
    ends = RestartPolicy(auto_shutdown="any_significant")
    inner = ChildSpec(
        "sub",
        Supervisor,
        kwargs={"policy": ends, "children": [ChildSpec("job", Worker, restart="transient", significant=True)]},
        kind="supervisor",
        restart="transient",
        significant=True,
    )
    directory = Directory()
    ref, _, _ = await started(clock, inner, policy=ends, directory=directory)
    directory.get("/s/sub/job").ref.tell("end")  # type: ignore[union-attr]
    await clock.settle()

    assert (False, {}) == (ref.is_alive(), directory.snapshot())


async def test_a_permanent_supervisor_that_shuts_itself_down_is_warned_about_and_started_again(
    clock: ManualClock,
) -> None:
    """R2."""
    inner = ChildSpec(
        "sub",
        Supervisor,
        kwargs={
            "policy": RestartPolicy(auto_shutdown="all_significant"),
            "children": [ChildSpec("job", Worker, restart="transient", significant=True)],
        },
        kind="supervisor",
    )
    directory = Directory()
    _, sup, record = await started(clock, inner, policy=RestartPolicy(backoff=AT_ONCE), directory=directory)
    directory.get("/s/sub/job").ref.tell("end")  # type: ignore[union-attr]
    await clock.settle()

    assert ("running", 2) == ((i := await sup.which_child("sub")).state, i.incarnation)
    warned = [e.facts["text"] for e in record.entries() if (e.facts or {}).get("note") == "warning"]
    assert any("for it is permanent" in text for text in warned)


async def test_a_significant_temporary_child_in_a_group_is_warned_about(clock: ManualClock) -> None:
    """R2."""
    spec = ChildSpec("job", Worker, restart="temporary", significant=True)
    policy = RestartPolicy(strategy="one_for_all", auto_shutdown="any_significant")
    _, _, record = await started(clock, spec, policy=policy)

    assert any("its end never counts" in str(e.facts) for e in record.entries() if e.kind == "note")
