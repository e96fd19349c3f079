"""A fault between any two effects of a session's step leaves the estate whole."""

from __future__ import annotations

import asyncio

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stentor.protocol import ClientState
from stentor.protocol.errors import StentorError, StoreUnavailable

from .faults import POINTS, STORE_POINTS, Nth, broken_store
from .whole import check_end, check_now
from .world import World


async def step(world: World, seconds: float = 0.3) -> None:
    """Let things happen; look at the estate before time passes, so also while the session is down."""
    await world.settle()
    check_now(world)
    await world.run(seconds)
    check_now(world)


async def emit(world: World, *words: str) -> None:
    """Emit each of *words*; one that is refused because the store is down is emitted again a little later."""
    for each in words:
        for _ in range(20):
            if world.emit(each):
                break
            assert isinstance(world.refused[-1][1], StoreUnavailable)
            await world.run(0.2)
        else:
            raise AssertionError("the gate does not open again")
    await step(world)


async def scenario(world: World) -> None:
    """A burst, a resume, a prompt, a refused event, a lost line, a takeover, the end."""
    first = world.reader("first")
    await step(world)
    await emit(world, "a1", "a2", "a3", "a4", "a5")
    first.probe.say("prompt", "question 1")
    await step(world)
    first.probe.reject()
    await emit(world, "b1", "b2")
    first.probe.cut()
    await emit(world, "c1", "c2")
    await step(world, 1.5)
    first.probe.say("prompt", "question 2")
    await emit(world, "d1")
    await world.until(lambda: len(first.probe.said) == 2)
    await step(world, 0.5)
    second = world.reader("second", resume=first.probe.position)
    await world.settle()
    if first.probe.state is not ClientState.ENDED:
        # Its line broke before it could be told, or the host has not done it yet: the user closes the old tab.
        await first.probe.stop()
    await step(world, 1.5)
    await emit(world, "e1", "e2", "e3")
    await world.until(lambda: all(it.receipt.state in ("acked", "failed") for it in world.emitted))
    await step(world, 1.0)
    check_end(world)
    (audit,) = world.audits()
    await world.finish(world.sessions[0].close())
    await world.run(2.0)
    # The session is gone, and its log with it: what became of each event stays told.
    assert audit == evolve(world.audits()[0], sessions=audit.sessions)
    assert {it.receipt.state for it in world.emitted} <= {"acked", "failed"}
    taken = [f"question {cid}" for cid in (1, 2) if first.probe.said[cid] is None]
    assert taken == [data for _, data in world.prompts]
    assert first.closed_with[-1] in (4504, 1000)
    # A line that broke at its goodbye, or was closed because the store was down, comes back to a new session.
    assert second.closed_with[-1] in (4505, 1006, 4107)


async def play(faults: Nth, *, store: bool = False) -> Nth:
    """Run the scenario, check everything, return the faults."""
    async with World(faults=faults, store=(lambda it: broken_store(it, faults)) if store else None) as world:
        try:
            await scenario(world)
            assert ["question 1", "question 2"] == [data for _, data in world.prompts]
            assert len(world.failures()) >= len(faults.struck)
            assert not any(4103 in reader.closed_with for reader in world.readers), "a client found a hole"
            assert store or "connection" in str(list(world.failures()))
        except (AssertionError, StentorError) as error:
            error.add_note(f"faults at {sorted(faults.at)} of {sorted(faults.points)}, struck {faults.struck}")
            raise
    return faults


@pytest.mark.parametrize("point", POINTS)
async def test_a_fault_between_any_two_effects_of_a_step_loses_nothing_and_doubles_nothing(point: str) -> None:
    """Every hit of every fault point, one by one, until the scenario has no further one."""
    hit = 1
    while (await play(Nth({point}, {hit}))).struck:
        hit += 1

    assert hit > 5


@pytest.mark.parametrize("point", ["append", "send"])
async def test_a_bug_in_the_store_or_the_socket_is_no_worse_than_their_own_errors(point: str) -> None:
    """An exception that nobody foresaw, at each hit."""
    hit = 1
    while (await play(Nth({point}, {hit}, make=RuntimeError))).struck:
        hit += 1

    assert hit > 5


async def test_a_store_that_refuses_any_one_operation_or_loses_its_answer_loses_nothing_and_doubles_nothing() -> None:
    """Each operation of each port, one by one: before it was done, and after it."""
    hit = 1
    while (await play(Nth(STORE_POINTS, {hit}), store=True)).struck:
        hit += 1

    assert hit > 40


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    points=st.sets(st.sampled_from([*POINTS, *STORE_POINTS]), min_size=3),
    at=st.sets(st.integers(1, 60), max_size=4),
)
def test_several_faults_on_one_way_leave_each_event_its_one_outcome(points: set[str], at: set[int]) -> None:
    """Also while the session recovers from the one before."""
    asyncio.run(play_any(points, at))


async def play_any(points: set[str], at: set[int]) -> None:
    """Run the scenario with any faults: what two lives died of may fail, but then it says so."""
    faults = Nth(points, at)
    async with World(faults=faults, store=lambda it: broken_store(it, faults)) as world:
        await scenario(world)
