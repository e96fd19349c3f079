"""Agents that can not be, that say nothing, and scopes that are opened outside of one."""

from __future__ import annotations

import functools
from typing import Any

import pytest
import stentor
from stentor.protocol import Text

from .conftest import Start, until


def plain(session: stentor.Session, message: stentor.Message) -> int:
    """No coroutine function."""
    return 1


async def silent(session: stentor.Session, message: stentor.Message) -> None:
    """Say nothing."""


async def three(prefix: str, session: stentor.Session, message: stentor.Message) -> None:
    """Take one argument more."""


class Plain:
    """Called, and no coroutine."""

    def __call__(self, session: stentor.Session, message: stentor.Message) -> int:
        return 1


class Async:
    """Called, and awaited."""

    async def __call__(self, session: stentor.Session, message: stentor.Message) -> None:
        """Say nothing."""

    async def method(self, session: stentor.Session, message: stentor.Message) -> None:
        """Likewise."""


@functools.wraps(silent)
def decorated(*args: Any) -> Any:
    """Return what the wrapped one returns."""
    return silent(*args)


@pytest.mark.parametrize("agent", [plain, Plain(), functools.partial(plain), lambda _session, _message: None])
def test_an_agent_that_is_a_plain_function_is_refused(agent: Any) -> None:
    """At once, and not at the first prompt."""
    with pytest.raises(stentor.BadUsage) as caught:
        stentor.Runtime(on_message=agent, says={"wait": agent})

    assert caught.value.errors == [
        f"{name} is a plain function; allowed: async def (session, message)" for name in ("on_message", "says['wait']")
    ]


@pytest.mark.parametrize("agent", [silent, Async(), Async().method, functools.partial(three, "x"), decorated])
def test_an_agent_that_can_be_awaited_is_taken(agent: Any) -> None:
    """Whatever it looks like."""
    assert stentor.Runtime(on_message=agent, says={"wait": agent})


async def test_an_agent_that_emits_nothing_is_noted(start: Start) -> None:
    """Its client gets nothing at all, and nothing else would say so."""
    host = await start(on_message=silent)
    session = await host.session()
    run = await session.say("prompt", "")
    await until(lambda: host.notes("emitted_nothing"))
    [entry] = [it for it in host.runtime.record.entries() if it.kind == "note"]

    assert (f"/runs/{run}", "ada/t1") == (entry.path, (entry.facts or {})["session"])
    assert "the agent emitted nothing" in str((entry.facts or {})["text"])


async def test_an_agent_that_emits_without_a_scope_is_not_noted(start: Start) -> None:
    """Nor is one that answers a message of the host's own type: that one is told."""

    async def speaks(session: stentor.Session, message: stentor.Message) -> None:
        session.emit(Text("r1", "x"))

    host = await start(on_message=speaks, says={"wait": silent})
    probe, session = await host.probe(), await host.session()
    cid = probe.say("wait")
    await session.say("prompt", "")
    await probe.until(lambda it: it.handled and cid in it.said)
    await until(lambda: host.runtime._core.book.count() == (0, 0))  # type: ignore[union-attr]

    assert [] == host.notes("emitted_nothing")


async def test_a_scope_outside_of_an_agent_records_its_failure_as_its_runs(start: Start) -> None:
    """At the path of the run, and found by its kind."""
    host = await start()
    session = await host.session()
    with pytest.raises(LookupError):
        async with session.run(run_id="r7"):
            raise LookupError("no")

    [failure] = host.runtime.failures(kind="run", session_id="ada/t1")
    assert "/runs/r7" == failure["actor"]["path"]


async def test_a_scope_that_is_entered_by_a_plain_with_says_how(start: Start) -> None:
    """No TypeError of Python's own."""
    host = await start()
    session = await host.session()

    with pytest.raises(stentor.BadUsage, match=r"async with .*with runtime\.run\(session"), session.run():
        pass
