"""Many that can not be stopped in peace, below one dynamic supervisor; and those who are not even asked."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from stentor.actors import Directory, ManualClock, abandoned_threads
from stentor.supervisor import ChildSpec, RestartPolicy, Supervisor

from .children import LEAVES, PATIENCE, Scene
from .house import DEADLINE, Heard
from .table import CELLS, Cell, why_not

MANY = [
    cell
    for cell in CELLS
    if why_not(cell) is None and (cell.depth, cell.occasion) == ("bare", "own") and cell.place in ("handler", "on_stop")
]


async def _arrive(cell: Cell, scene: Scene, place: str) -> None:
    if cell.place == place and cell.kind != "sync":
        assert await asyncio.to_thread(scene.arrived.wait, PATIENCE)


async def test_a_dynamic_supervisor_stops_them_all_at_once_with_one_deadline() -> None:
    """S5, T3: some fail, some hang, some block; each is on record by itself, nobody waits for another."""
    clock, directory, before = ManualClock(), Directory(), abandoned_threads()
    record = Heard(clock)
    top = Supervisor.dynamic(RestartPolicy(), clock=clock, directory=directory, recorder=record, path="")
    scenes = {
        str(cell): Scene(cell.place, cell.deed) for cell in MANY if (cell.kind, cell.place) != ("sync", "handler")
    }
    cells = [cell for cell in MANY if str(cell) in scenes]
    for cell in cells:
        scene = scenes[str(cell)]
        spec = ChildSpec(str(cell), LEAVES[cell.kind], (scene,), shutdown=DEADLINE)
        ref = await asyncio.wait_for(top.proxy().start_child(spec), PATIENCE)
        scene.armed = True
        if cell.place == "handler":
            ref.tell("misbehave")
        await _arrive(cell, scene, "handler")
    stopped = top.stop(block=False)
    await clock.settle()
    for cell in cells:
        await _arrive(cell, scenes[str(cell)], "on_stop")
        if not cell.stays:
            scenes[str(cell)].release()
    failing = {str(cell) for cell in cells if not cell.stays}
    await record.until(
        lambda: failing == {it.child_id for it in record.entries() if it.rule == "exit_while_stopping"},
    )
    await clock.run(DEADLINE - 0.5)
    assert not [it for it in record.entries() if it.kind == "abandoned"]
    await clock.run(0.5)
    await asyncio.wait_for(stopped, PATIENCE)

    given_up = [(it.child_id, it.rule) for it in record.entries() if it.kind == "abandoned" and it.rule]
    assert sorted((str(cell), "shutdown") for cell in cells if cell.stays) == sorted(given_up)
    assert sum(cell.deed == "blocks" for cell in cells) == abandoned_threads() - before
    assert not [it for it in record.entries() if it.restarts_in_window is not None]
    assert [] == directory.paths()
    for cell in cells:
        if cell.stays:
            scenes[str(cell)].release()
            assert await asyncio.to_thread(scenes[str(cell)].over.wait, PATIENCE)


UNASKED: list[tuple[Any, str]] = [("brutal_kill", "brutal_kill"), (0.0, "shutdown")]


@pytest.mark.parametrize(("shutdown", "rule"), UNASKED)
@pytest.mark.parametrize(("kind", "deed"), [("async", "hangs"), ("async", "swallows"), ("thread", "blocks")])
async def test_one_that_gets_no_time_is_given_up_at_once(shutdown: Any, rule: str, kind: str, deed: str) -> None:
    """T1: 0 seconds are allowed, and so is not to ask."""
    clock, directory = ManualClock(), Directory()
    record = Heard(clock)
    scene = Scene("handler", deed)
    spec = ChildSpec("v", LEAVES[kind], (scene,), shutdown=shutdown)
    top = await Supervisor.start_async(children=[spec], clock=clock, directory=directory, recorder=record, path="")
    scene.armed = True
    directory.get("/v").ref.tell("misbehave")  # type: ignore[union-attr]
    assert await asyncio.to_thread(scene.arrived.wait, PATIENCE)
    stopped = top.proxy().terminate_child("v")
    await clock.run(0.0)
    await asyncio.wait_for(stopped, PATIENCE)

    assert [("v", rule)] == [(it.child_id, it.rule) for it in record.entries() if it.kind == "abandoned" and it.rule]
    assert [""] == directory.paths()
    scene.release()
    assert await asyncio.to_thread(scene.over.wait, PATIENCE)
    await asyncio.wait_for(top.stop(block=False), PATIENCE)
