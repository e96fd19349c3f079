"""A loop actor that blocks its loop when it is to stop: nobody can give it up, so the watchdog's thread names it."""

from __future__ import annotations

import asyncio
import inspect
import threading
from itertools import product
from typing import Any

import pytest
from stentor.actors import Actor, Directory, ManualClock
from stentor.supervisor import Backoff, ChildSpec, Record, RestartPolicy, Supervisor
from stentor.supervisor.watchdog._watchdog import Watchdog

from .children import PATIENCE, Boom

LIMIT = 0.05
"""Real seconds that a loop may be busy with one thing."""


class Waiting(Record):
    """A record that lets the blocked actor go on as soon as it was told on."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock=clock)
        self.told = threading.Event()
        self.over = threading.Event()

    def note(self, kind: str, **facts: Any) -> None:
        """Keep it; the watchdog's thread, or the loop."""
        super().note(kind, **facts)
        if kind in ("stall", "stall_over"):
            (self.told if kind == "stall" else self.over).set()


class Blocker(Actor):
    """Blocks its loop in one place, once it is armed."""

    def __init__(self, told: threading.Event, place: str, armed: threading.Event) -> None:
        super().__init__()
        self.told = told
        self.place = place
        self.armed = armed
        self.at("init")

    def on_start(self) -> Any:
        self.at("on_start")
        return self._later("on_start, later")

    def on_stop(self) -> Any:
        self.at("on_stop")
        return self._later("on_stop, later")

    async def on_receive(self, message: Any) -> None:
        if isinstance(message, BaseException):
            raise message
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.at("handler, cancelled")
            raise

    async def _later(self, place: str) -> None:
        await asyncio.sleep(0)
        self.at(place)

    def at(self, place: str) -> None:
        """Block, if this is the place."""
        if self.armed.is_set() and place == self.place:
            self.armed.clear()
            self.told.wait(PATIENCE)  # This is the line.


STOPS = ["on_stop", "on_stop, later", "handler, cancelled"]
STARTS = ["init", "on_start", "on_start, later"]
CASES = [
    *product(STOPS, ["/v", "/v/leaf"], ["terminate", "own", "group"]),
    # A start belongs to a stop only where a group is stopped and started again.
    *product(STARTS, ["/v", "/v/leaf"], ["group"]),
]


def _specs(path: str, args: tuple[Any, ...]) -> list[ChildSpec]:
    if path == "/v":
        return [ChildSpec("a", Sibling), ChildSpec("v", Blocker, args)]
    inner = {"children": [ChildSpec("leaf", Blocker, args)]}
    return [ChildSpec("a", Sibling), ChildSpec("v", Supervisor, kwargs=inner, kind="supervisor")]


class Sibling(Actor):
    """Fails when it is told to."""

    def on_receive(self, message: Any) -> Any:
        raise message


@pytest.mark.parametrize(("place", "path", "occasion"), CASES)
async def test_who_blocks_its_loop_in_a_stop_is_named_with_its_line_and_the_stop_goes_on(
    place: str, path: str, occasion: str
) -> None:
    """T3: it is reported while it blocks; afterwards the stop ends as if nothing had been."""
    clock, directory, armed = ManualClock(), Directory(), threading.Event()
    record = Waiting(clock)
    policy = RestartPolicy(strategy="one_for_all", backoff=Backoff(initial=0.0, jitter=0.0))
    top = await Supervisor.start_async(
        policy,
        _specs(path, (record.told, place, armed)),
        clock=clock,
        directory=directory,
        recorder=record,
        path="",
    )
    leaf = directory.get(path)
    assert leaf is not None
    if place.startswith("handler"):
        leaf.ref.tell("wait")
        await clock.settle()
    watchdog = Watchdog(record, limit=LIMIT).start()
    try:
        armed.set()
        stopped: Any = None
        match occasion:
            case "terminate":
                stopped = top.proxy().terminate_child("v")
            case "own":
                stopped = top.stop(block=False)
            case _:
                directory.get("/a").ref.tell(Boom())  # type: ignore[union-attr]
        await clock.run(5.0)
        assert await asyncio.to_thread(record.over.wait, PATIENCE)
    finally:
        watchdog.stop()

    stall = next(it for it in record.entries() if it.kind == "stall")
    assert stall.facts is not None
    life = 2 if place in STARTS and path == "/v" else 1
    assert (path, life, "Blocker.at") == (stall.path, stall.facts["incarnation"], stall.facts["function"])
    file, _, line = stall.facts["line"].rpartition(":")
    source, first = inspect.getsourcelines(Blocker.at)
    assert "# This is the line." in source[int(line) - first]
    assert file.endswith("test_blocked_loop.py")
    if stopped is not None:
        await asyncio.wait_for(stopped, PATIENCE)
        assert directory.get(path) is None
    else:
        await clock.settle()
        assert ["running"] * 2 == [child.state for child in await top.proxy().which_children()]
    if top.is_alive():
        await clock.settle()
        await asyncio.wait_for(top.stop(block=False), PATIENCE)
