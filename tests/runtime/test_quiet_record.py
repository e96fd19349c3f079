"""The record says what happened, once, and nothing of what a runtime decided for itself."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
import stentor
from stentor.actors import Actor
from stentor.protocol.errors import Killed

from .conftest import Start, until


class Worker(Actor):
    """Runs."""


def warnings(runtime: stentor.Runtime) -> list[str]:
    """Return the texts of all warnings on record."""
    facts = [dict(entry.facts or {}) for entry in runtime.record.entries()]
    return [str(fact["text"]) for fact in facts if fact.get("note") == "warning"]


async def test_a_runtime_does_not_warn_of_its_own_tree() -> None:
    """Its budgets were chosen by those who made it, and nobody can do anything about them."""
    async with stentor.Runtime(drain=0.1) as runtime:
        assert [] == runtime.record.entries()


async def test_a_runtime_warns_of_a_hosts_nested_supervisors() -> None:
    """Theirs multiply, and they may not know."""
    nested = stentor.ChildSpec(
        "mine", stentor.Supervisor, kwargs={"policy": stentor.RestartPolicy()}, kind="supervisor"
    )

    async with stentor.Runtime(drain=0.1, children=[nested]) as runtime:
        (text,) = warnings(runtime)

    assert text.startswith("mine may give up 4 times before this supervisor does")


async def test_a_kill_is_one_failure_and_one_line(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    """It says who was killed and why; that the incarnation was fenced goes without saying."""
    host = await start(children=[stentor.ChildSpec("worker", Worker)])
    caplog.set_level(logging.INFO, "stentor")
    before = len(host.runtime.record.entries())

    host.runtime.kill("/children/worker", "it hung")
    await until(lambda: host.life("/children/worker") == ("running", 2))

    (entry,) = host.runtime.record.entries()[before:]
    error: Any = entry.failure and entry.failure.exception
    assert ("failure", "/children/worker", Killed) == (entry.kind, entry.path, type(error))
    assert "it hung" in str(error)
    assert 1 == len([line for line in caplog.records if line.name == "stentor"])


async def test_who_waits_for_a_killed_actor_reads_that_it_was_killed(start: Start) -> None:
    """Not that it was abandoned."""
    host = await start(on_message=None, children=[stentor.ChildSpec("slow", Slow)])
    record: Any = host.runtime.record
    asked = record.ref("/children/slow").ask("x", block=False)
    await until(lambda: Slow.begun)

    host.runtime.kill("/children/slow", "it hung")
    with pytest.raises(stentor.ActorDied) as caught:
        await asked

    assert "killed" == caught.value.reason


class Slow(Actor):
    """Never answers."""

    begun = False

    async def on_receive(self, message: object) -> None:
        """Wait for what never comes."""
        Slow.begun = True
        await asyncio.Event().wait()
