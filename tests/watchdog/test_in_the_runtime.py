"""A runtime watches its own loop."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from stentor.actors import Actor
from stentor.protocol.errors import BadUsage
from stentor.supervisor import ChildSpec, Runtime

PATIENCE = 30.0


class Greedy(Actor):
    """Keeps the loop until the record has it."""

    def __init__(self, go: threading.Event, refs: list[Any]) -> None:
        super().__init__()
        self.go = go
        refs.append(self.actor_ref)

    def on_receive(self, message: Any) -> Any:
        """Block."""
        return self.go.wait(PATIENCE)


async def test_an_actor_of_the_host_that_blocks_the_loop_stands_in_the_record_while_it_does() -> None:
    """It is read from another thread, for the loop can not answer."""
    go = threading.Event()
    refs: list[Any] = []
    children = [ChildSpec(id="greedy", actor=Greedy, args=(go, refs))]
    async with Runtime(children=children, blocked_after=0.05) as runtime:

        def look() -> list[Any]:
            stalls: list[Any] = []
            while not stalls and not go.is_set():
                stalls = [entry for entry in runtime.record.entries() if entry.kind == "stall"]
            go.set()
            return stalls

        looking = asyncio.ensure_future(asyncio.to_thread(look))
        assert await refs[0].ask("block", block=False)
        [stall] = await looking

    assert "/children/greedy" == stall.path
    assert ("Greedy.on_receive", True) == (stall.facts["function"], "test_in_the_runtime.py:" in stall.facts["line"])


async def test_without_a_limit_there_is_no_watchdog() -> None:
    """None is a choice."""
    before = {thread.name for thread in threading.enumerate()}
    async with Runtime(blocked_after=None):
        during = {thread.name for thread in threading.enumerate()}

    assert "stentor-watchdog" not in during - before


def test_a_limit_that_is_none_is_refused_with_the_other_options() -> None:
    """Seconds, more than 0."""
    with pytest.raises(BadUsage, match=r"blocked_after is 0; allowed: seconds, more than 0"):
        Runtime(blocked_after=0)
