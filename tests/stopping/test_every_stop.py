"""Whatever a child does when it is to stop: the stop ends in time, all of it is on record, and nothing follows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from stentor.actors import abandoned_threads
from stentor.protocol.errors import ActorDied

from .children import PATIENCE, Boom
from .house import DEADLINE, PAUSE, House
from .table import CELLS, Cell, why_not

POSSIBLE = [cell for cell in CELLS if why_not(cell) is None]
STOPPED = [cell for cell in POSSIBLE if cell.occasion != "group"]
RESTARTED = [cell for cell in POSSIBLE if cell.occasion == "group" and not cell.in_its_start]
BEGUN_AGAIN = [cell for cell in POSSIBLE if cell.occasion == "group" and cell.in_its_start]


@pytest.fixture
async def house(cell: Cell) -> AsyncIterator[House]:
    """The child and those around it, started."""
    house = await House(cell).start()
    yield house
    await house.close()


def test_the_table_has_a_test_or_a_reason_for_every_line() -> None:
    """No line is left out, and no line has both."""
    assert len(POSSIBLE) == len(STOPPED) + len(RESTARTED) + len(BEGUN_AGAIN)
    assert 3 * 3 * 4 * 4 * 3 == len(CELLS) == len(POSSIBLE) + sum(why_not(cell) is not None for cell in CELLS)
    assert len({str(cell) for cell in POSSIBLE}) == len(POSSIBLE)


def _slow_sibling(cell: Cell) -> str | None:
    """A plain handler can only fail during a stop while a sibling is being stopped before its own actor is."""
    if cell.kind == "sync" and cell.place == "handler":
        return "z" if cell.depth == "bare" else "y"
    return None


async def _misbehaving(house: House) -> list[Any]:
    """Bring the child to where it misbehaves before it is to stop; return what was asked of it."""
    cell = house.cell
    house.scene.slow = _slow_sibling(cell)
    if cell.in_its_start and cell.occasion != "group":
        house.arm()
        await house.crash()
        if cell.kind != "sync":
            await house.arrived()
        return [house.first.ask("waits", block=False)]
    house.arm()
    if cell.place == "handler" and house.scene.slow is None:
        asked = [house.first.ask("misbehave", block=False)]
        await house.arrived()
        return [*asked, house.first.ask("waits", block=False)]
    return []


async def _stopping(house: House) -> tuple[Any, list[Any]]:
    """Begin the stop and come to where the child misbehaves during it; return the answer, and what was asked."""
    cell, scene = house.cell, house.scene
    asked: list[Any] = []
    stopped = house.stop()
    await house.clock.settle()
    if scene.slow is not None:
        asked = [house.first.ask("misbehave", block=False), house.first.ask("waits", block=False)]
        await house.clock.settle()
        scene.gate.set()
        await house.clock.settle()
    elif cell.place == "on_stop" and cell.kind != "sync":
        await house.arrived()
        asked = [house.first.ask("waits", block=False)]
    return stopped, asked


async def _outcomes(asked: list[Any]) -> list[Any]:
    return [
        outcome if not isinstance(outcome, BaseException) else type(outcome)
        for outcome in await asyncio.wait_for(asyncio.gather(*map(_outcome, asked)), PATIENCE)
    ]


async def _outcome(answer: Any) -> Any:
    try:
        return await answer
    except (ActorDied, Boom) as error:
        return error


def _expected(house: House, waits: Any) -> list[Any]:
    """What the askers get: the one whose message was being handled, and the one that waited."""
    cell = house.cell
    if cell.place == "handler":
        return [ActorDied if cell.stays else Boom, waits]
    return [] if cell.place == "on_stop" and cell.kind == "sync" else [waits]


async def _ends(house: House, stopped: Any) -> None:
    """Let the stop end: by the deadline, and not before it; or because the child fails."""
    if not house.cell.stays:
        house.scene.release()
        await asyncio.wait_for(stopped, PATIENCE)
        assert house.clock.now() in (0.0, PAUSE)
        return
    await house.clock.run(DEADLINE - 0.5)
    assert not house.entries("abandoned")
    if house.cell.occasion == "terminate":
        assert ("starting" if house.cell.call_waits else "stopping") == (await house.top.proxy().which_child("v")).state
    await house.clock.run(0.5)
    await asyncio.wait_for(stopped, PATIENCE)


def _waits_for_its_restart(cell: Cell) -> bool:
    """A plain start has failed before anybody could stop it."""
    return cell.kind == "sync" and cell.in_its_start


def _check_record(house: House) -> None:
    """The end of the child is on record with the rule, once, and nobody paid for it."""
    cell = house.cell
    given_up = [(entry.path, entry.rule, entry.charged) for entry in house.entries("abandoned") if entry.rule]
    during = [entry for entry in house.entries("failure") if entry.rule == "exit_while_stopping"]
    holder = "/v" if cell.depth == "cut" else house.path
    rule = "start_timeout" if cell.call_waits else "shutdown"
    assert ([(holder, rule, False)] if cell.stays else []) == given_up
    if cell.stays or cell.call_waits or _waits_for_its_restart(cell):
        assert [] == during
        return
    [failure] = during
    assert (house.path, "stop", False, Boom) == (
        failure.path,
        failure.decision,
        failure.charged,
        type(failure.failure.exception),  # type: ignore[union-attr]
    )


async def _check_the_dead(house: House) -> None:
    """What was given up and goes on all the same gets through no door."""
    cell, scene = house.cell, house.scene
    if not cell.stays:
        return
    scene.release()
    assert await asyncio.to_thread(scene.over.wait, PATIENCE)
    await house.clock.settle()
    if cell.deed == "swallows":
        assert 1 == scene.cancelled
    if cell.deed != "hangs":
        assert dict.fromkeys(("tell", "take", "timer", "reply"), "fenced") == scene.tried


@pytest.mark.parametrize("cell", STOPPED, ids=str)
async def test_a_stop_ends_in_time_whatever_the_child_does(house: House, cell: Cell) -> None:
    """T1, T3: nothing follows: no restart, no charge; the siblings are stopped, askers answered, watchers told once.

    A call has to wait for a start that goes on: that ends in time as well, and is charged as any failed restart.
    """
    asked = await _misbehaving(house)
    charged, starts, began = house.charged(), house.scene.starts, abandoned_threads()
    stopped, more = await _stopping(house)
    await _ends(house, stopped)
    hung = abandoned_threads() - began
    await house.clock.settle()

    _check_record(house)
    assert _expected(house, ActorDied) == await _outcomes(asked + more)
    assert (1 if cell.deed == "blocks" else 0) == hung
    inner = {"bare": [], "nested": ["y", "x"], "cut": ["y"]}[cell.depth]
    assert (["z", *inner, "a"] if cell.occasion == "own" else inner) == house.scene.log
    await _check_the_dead(house)
    await house.clock.run(60.0)
    assert (charged + cell.call_waits, starts) == (house.charged(), house.scene.starts)
    assert (["", "/a", "/z"] if cell.occasion == "terminate" else []) == sorted(house.directory.paths())
    assert len({house.first, *house.ends}) == len(house.ends) == (2 if house.nested else 1)
    if cell.occasion == "terminate":
        states = [(child.id, child.state) for child in await house.top.proxy().which_children()]
        assert [("a", "running"), ("v", "stopped"), ("z", "running")] == states


@pytest.mark.parametrize("cell", RESTARTED, ids=str)
async def test_a_group_restart_goes_on_whatever_the_child_does(house: House, cell: Cell) -> None:
    """T3, W4: the others are stopped, one new incarnation of each is there, only the first failure was charged."""
    asked = await _misbehaving(house)
    _, more = await _stopping(house)
    if cell.stays:
        await house.clock.run(DEADLINE - 0.5)
        assert not house.entries("abandoned")
        await house.clock.run(0.5)
    else:
        house.scene.release()
        await house.record.until(lambda: any(e.rule == "exit_while_stopping" for e in house.entries("failure")))
        await house.clock.run(PAUSE)
    await house.alive()

    _check_record(house)
    assert 1 == house.charged()
    assert _expected(house, ActorDied if house.nested else ("waits", 2)) == await _outcomes(asked + more)
    inner = {"bare": [], "nested": ["y", "x"], "cut": ["y"]}[cell.depth]
    assert ["z", *inner] == house.scene.log
    await _check_the_dead(house)
    await _check_the_living(house)
    assert [house.first] * house.nested == house.ends


async def _check_the_living(house: House) -> None:
    """There is one incarnation, its second life, and it answers."""
    assert 2 == house.scene.starts
    life = 1 if house.nested else 2
    assert ("hello", life) == await asyncio.wait_for(house.leaf.ask("hello", block=False), PATIENCE)
    children = await house.top.proxy().which_children()
    assert ["running"] * 3 == [child.state for child in children]


@pytest.mark.parametrize("cell", BEGUN_AGAIN, ids=str)
async def test_a_group_whose_start_fails_is_begun_again(house: House, cell: Cell) -> None:
    """F2: under one_for_all a start is its group's: it fails or is given up by itself, is charged, and tried again."""
    await _misbehaving(house)
    await _stopping(house)
    await house.clock.run(PAUSE)
    asked: list[Any] = []
    if cell.kind != "sync":
        await house.arrived()
        asked = [house.leaf.ask("waits", block=False)]
    if cell.stays:
        await house.clock.run(DEADLINE - 0.5)
        assert not house.entries("abandoned")
        await house.clock.run(0.5)
    else:
        house.scene.release()
        await house.record.until(lambda: 2 == house.charged())
    await house.clock.run(PAUSE)
    await house.alive()

    holder = "/v" if cell.depth == "cut" else house.path
    given_up = [(entry.path, entry.rule, entry.charged) for entry in house.entries("abandoned") if entry.rule]
    assert ([(holder, "start_timeout", False)] if cell.stays else []) == given_up
    assert 2 == house.charged()
    waited = ActorDied if house.nested else ("waits", 3)
    assert [waited] * len(asked) == await _outcomes(asked)
    await _check_the_dead(house)
    await _check_the_living_again(house)
    assert [house.first] * house.nested == house.ends


async def _check_the_living_again(house: House) -> None:
    assert 2 == house.scene.starts
    life = 1 if house.nested else 3
    assert ("hello", life) == await asyncio.wait_for(house.leaf.ask("hello", block=False), PATIENCE)
    assert ["running"] * 3 == [child.state for child in await house.top.proxy().which_children()]
