"""The watchdog beside a real loop in a real thread: who blocks it is named, with the line."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from attrs import define, field
from stentor.actors import Actor, Directory, RingRecorder
from stentor.protocol.errors import BadUsage
from stentor.supervisor import ChildSpec, Record, Supervisor
from stentor.supervisor.watchdog._watchdog import Watchdog

PATIENCE = 30.0
"""Seconds after which a test gives up; none of them waits for so long if it is green."""


@define
class Waiting(RingRecorder):
    """A recorder that lets the blocked handler go on as soon as it was told on."""

    told: threading.Event = field(factory=threading.Event)
    over: threading.Event = field(factory=threading.Event)
    notes: list[tuple[str, dict[str, Any]]] = field(factory=list[tuple[str, dict[str, Any]]])

    def note(self, kind: str, **facts: Any) -> None:
        """Keep it."""
        self.notes.append((kind, facts))
        (self.told if kind == "stall" else self.over).set()


class Blocker(Actor):
    """Holds its loop until it was told on."""

    def __init__(self, told: threading.Event) -> None:
        super().__init__()
        self.told = told

    def on_receive(self, message: Any) -> Any:
        """Block, in a synchronous handler or after a suspension."""
        return self.blocks_later() if message == "later" else self.blocks()

    def blocks(self) -> bool:
        """Block now."""
        return self.told.wait(PATIENCE)  # This is the line.

    async def blocks_later(self) -> bool:
        """Give the loop its turn first."""
        await asyncio.sleep(0)
        return self.blocks()


async def _tells_on(recorder: Waiting, block: Callable[[], Awaitable[Any]]) -> dict[str, Any]:
    watchdog = Watchdog(recorder, limit=0.05).start()
    try:
        assert await asyncio.wait_for(asyncio.to_thread(lambda: True), PATIENCE)
        assert await block()
        assert await asyncio.to_thread(recorder.over.wait, PATIENCE)
    finally:
        watchdog.stop()
    return next(facts for kind, facts in recorder.notes if kind == "stall")


@pytest.mark.parametrize("message", ["now", "later"])
async def test_a_handler_that_blocks_its_loop_is_named_with_its_line(message: str) -> None:
    """Path, incarnation, function, file and line: also for a handler that was suspended before it blocked."""
    recorder = Waiting()
    directory = Directory()
    supervisor = await Supervisor.start_async(
        children=[ChildSpec(id="blocker", actor=Blocker, args=(recorder.told,))], path="", directory=directory
    )
    estate = directory.get("/blocker")
    assert estate is not None

    async def block() -> Any:
        return await estate.ref.ask(message, block=False)

    facts = await _tells_on(recorder, block)

    assert ("/blocker", 1, "Blocker.blocks") == (facts["path"], facts["incarnation"], facts["function"])
    file, _, line = facts["line"].rpartition(":")
    source, first = inspect.getsourcelines(Blocker.blocks)
    assert "# This is the line." in source[int(line) - first]
    assert file.endswith("test_watchdog.py")
    assert facts["seconds"] > 0.05
    await supervisor.stop(block=False)


async def test_what_blocks_the_loop_and_is_no_actor_is_named_too() -> None:
    """A callback of the host's own blocks the actors just as well."""
    recorder = Waiting()

    async def block() -> bool:
        return recorder.told.wait(PATIENCE)

    facts = await _tells_on(recorder, block)

    assert "" == facts["path"]
    assert facts["function"].endswith("block")


class Lazy:
    """Loads what it stands for as soon as anybody asks what it is."""

    @property  # type: ignore[misc]
    def __class__(self) -> type:  # pyright: ignore[reportIncompatibleMethodOverride]
        raise RuntimeError("not here, and not in this thread")

    def block(self, recorder: Waiting) -> bool:
        """Block."""
        return recorder.told.wait(PATIENCE)


async def test_an_object_on_the_stack_is_not_asked_what_it_is() -> None:
    """Its own code would run in the watchdog's thread, and could end it."""
    recorder = Waiting()
    lazy = Lazy()

    async def block() -> bool:
        return lazy.block(recorder)

    facts = await _tells_on(recorder, block)

    assert ("", "Lazy.block") == (facts["path"], facts["function"])


async def test_its_end_is_recorded_with_the_seconds() -> None:
    """Whoever reads the record sees for how long everything stood still."""
    recorder = Waiting()

    async def block() -> bool:
        return recorder.told.wait(PATIENCE)

    await _tells_on(recorder, block)

    seconds = [facts["seconds"] for kind, facts in recorder.notes if kind == "stall_over"]
    assert len(seconds) == 1
    assert seconds[0] > 0.05


async def test_a_stall_is_a_warning_in_the_record() -> None:
    """It is no failure, and more than a note."""
    record = Record()

    record.note("stall", path="/blocker", seconds=1.5, line="agent.py:7")

    [entry] = record.entries()
    assert ("stall", "warn", "/blocker") == (entry.kind, entry.severity, entry.path)


async def test_a_limit_that_is_none_is_refused() -> None:
    """Seconds, more than 0."""
    with pytest.raises(BadUsage, match="more than 0"):
        Watchdog(RingRecorder(), limit=0.0)


def test_its_thread_ends_with_the_loop() -> None:
    """A loop that is closed under it is nothing to watch; the thread does not stay."""

    async def begin() -> Watchdog:
        return Watchdog(RingRecorder(), limit=0.02).start()

    watchdog = asyncio.run(begin())

    watchdog._thread.join(PATIENCE)  # pyright: ignore[reportPrivateUsage]
    assert not watchdog._thread.is_alive()  # pyright: ignore[reportPrivateUsage]
