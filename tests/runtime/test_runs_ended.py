"""Runs that are ended from outside: their session goes on, and their page learns it, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
import stentor
from stentor.protocol import Text
from stentor.protocol.clients import ProbeClient
from stentor.protocol.errors import ActorParked

from .conftest import Host, Start, until


@pytest.fixture
async def deaf() -> AsyncGenerator[Any]:
    """An agent that ignores every cancel, if its message says so, until the test is over; else it says something."""
    over = asyncio.Event()

    async def agent(session: stentor.Session, message: stentor.Message) -> None:
        if message.data != "deaf":
            session.emit(Text("r1", f"ran {message.data}"))
            return
        async with session.run() as run:
            await run.text("begun")
            while not over.is_set():
                try:
                    await over.wait()
                except asyncio.CancelledError:
                    continue

    yield agent
    over.set()


async def forever(session: stentor.Session, message: stentor.Message) -> None:
    """Never end by itself."""
    async with session.run() as run:
        await run.text("begun")
        await asyncio.Event().wait()


async def bare(session: stentor.Session, message: stentor.Message) -> None:
    """Likewise, and open no scope."""
    session.emit(Text("r1", "begun"))
    await asyncio.Event().wait()


def ends(probe: ProbeClient) -> list[tuple[str, str | None]]:
    """Type, and code or reason, of every end that the page was told."""
    return [
        (d.event.type, getattr(d.event, "code", None) or getattr(d.event, "reason", None))
        for d in probe.handled
        if d.event.type in ("agent_completed", "agent_failed", "agent_cancelled")
    ]


def book(host: Host) -> Any:
    """The book of runs."""
    return host.runtime._core.book  # type: ignore[union-attr]


async def test_a_run_that_ignores_its_end_does_not_block_its_session(start: Start, deaf: Any) -> None:
    """What waits behind it has its turn as soon as the run is fenced."""
    host = await start(on_message=deaf)
    probe, session = await host.probe(), await host.session()
    stuck = await session.say("prompt", "deaf")
    await session.say("prompt", "next")
    await probe.until(lambda it: it.handled)
    await session.cancel(stuck, "enough")
    host.runtime.kill(f"/runs/{stuck}", "it is stuck")
    await probe.until(lambda it: any(getattr(d.event, "delta", "") == "ran next" for d in it.handled))
    await until(lambda: book(host).count() == (0, 0))

    assert [("agent_cancelled", "enough")] == ends(probe)


@pytest.mark.parametrize("agent", [forever, bare])
async def test_a_run_that_is_killed_ends_in_band_once(start: Start, agent: Any) -> None:
    """Its page reads why; so does the record."""
    host = await start(on_message=agent)
    probe, session = await host.probe(), await host.session()
    run = await session.say("prompt", "")
    await probe.until(lambda it: any(getattr(d.event, "delta", "") == "begun" for d in it.handled))
    host.runtime.kill(f"/runs/{run}", "asked for by the test")
    await probe.until(lambda it: ends(it))
    session.emit(Text("r1", "after"))
    await probe.until(lambda it: getattr(it.handled[-1].event, "delta", "") == "after")

    (failure,) = host.runtime.failures(kind="run")
    told = next(d.event for d in probe.handled if d.event.type == "agent_failed")
    assert ([("agent_failed", "killed")], failure["id"]) == (ends(probe), told.failure_id)
    assert (0, 0) == book(host).count()


async def test_a_run_whose_supervisor_is_killed_ends_in_band_and_the_next_one_runs(start: Start, deaf: Any) -> None:
    """What waits survives a crash of /runs."""
    host = await start(on_message=deaf)
    probe, session = await host.probe(), await host.session()
    await session.say("prompt", "deaf")
    await session.say("prompt", "next")
    await probe.until(lambda it: it.handled)
    host.runtime.kill("/runs", "asked for by the test")
    await probe.until(lambda it: any(getattr(d.event, "delta", "") == "ran next" for d in it.handled))

    assert [("agent_failed", "killed")] == ends(probe)


async def test_a_fenced_run_can_tell_nothing_more(start: Start) -> None:
    """Its end was told; what its agent still says is refused."""
    refused: list[BaseException] = []

    async def talks_on(session: stentor.Session, message: stentor.Message) -> None:
        async with session.run() as run:
            await run.text("begun")
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                try:
                    await run.text("still here")
                except stentor.StentorError as error:
                    refused.append(error)
                raise

    host = await start(on_message=talks_on)
    probe, session = await host.probe(), await host.session()
    run = await session.say("prompt", "")
    await probe.until(lambda it: len(it.handled) == 2)
    host.runtime.kill(f"/runs/{run}", "asked for by the test")
    await until(lambda: refused)
    await probe.until(lambda it: ends(it))

    assert ["run_ended"] == [getattr(error, "code", None) for error in refused]
    assert ["agent_started", "text", "agent_failed"] == [d.event.type for d in probe.handled]


async def test_the_end_of_a_run_reaches_the_page_of_a_full_buffer(start: Start) -> None:
    """The run filled the buffer while nobody read, and fails by that: the page learns it when it is back."""

    async def talks(session: stentor.Session, message: stentor.Message) -> None:
        async with session.run() as run:
            while True:
                run.emit(Text(run.id, "x"))

    host = await start(on_message=talks, limits=stentor.Limits(buffer_events=5))
    session = await host.session()
    await session.say("prompt", "")
    await until(lambda: book(host).count() == (0, 0))
    probe = await host.probe()
    await probe.until(lambda it: ends(it))

    assert [("agent_failed", "buffer_full")] == ends(probe)
    assert 6 == len(probe.handled)


async def test_a_run_that_completes_with_a_full_buffer_says_so(start: Start) -> None:
    """It does not wait for a client that is away."""

    async def fills(session: stentor.Session, message: stentor.Message) -> None:
        async with session.run() as run:
            for _ in range(4):
                run.emit(Text(run.id, "x"))

    host = await start(on_message=fills, limits=stentor.Limits(buffer_events=5), emit_timeout=None)
    session = await host.session()
    await session.say("prompt", "")
    await until(lambda: book(host).count() == (0, 0))

    assert ([], {}) == (host.codes(), host.runtime.audit().refused)


async def test_the_end_of_a_run_of_a_parked_session_is_told_when_it_is_tried_again(start: Start) -> None:
    """Its page would show it as going on for ever."""
    host = await start(on_message=forever)
    probe, session = await host.probe(), await host.session()
    await session.say("prompt", "")
    await probe.until(lambda it: len(it.handled) == 2)
    host.faults.arm("before_step", session.id, times=6)
    session.emit(Text("r1", "x"))
    await until(lambda: host.life()[0] == "parked" and book(host).count() == (0, 0))
    with pytest.raises(ActorParked):
        session.emit(Text("r1", "y"))
    await host.runtime.record.ref("/sessions").proxy().unpark_child("ada/t1")  # type: ignore[attr-defined]
    probe = await host.probe()
    await probe.until(lambda it: ends(it))

    assert [("agent_failed", "actor_parked")] == ends(probe)


async def test_a_run_that_can_not_be_started_is_told_and_its_session_goes_on(start: Start, deaf: Any) -> None:
    """Whatever kept it from starting, a bug of ours included."""
    host = await start(on_message=deaf)
    probe, session = await host.probe(), await host.session()
    runs = host.runtime._core.runs  # type: ignore[union-attr]
    opens = runs._store.runs.open

    def broken(*args: Any) -> Any:
        runs._store.runs.open = opens
        raise ZeroDivisionError("a bug")

    runs._store.runs.open = broken
    await session.say("prompt", "first")
    await session.say("prompt", "second")
    await probe.until(lambda it: any(getattr(d.event, "delta", "") == "ran second" for d in it.handled))

    assert [("agent_failed", "exception.zero_division_error")] == ends(probe)
    assert ["exception.zero_division_error"] == host.codes()


async def test_a_deaf_run_is_told_to_be_over_when_the_host_goes_down(start: Start, deaf: Any) -> None:
    """Before its session is closed."""
    host = await start(on_message=deaf)
    probe, session = await host.probe(), await host.session()
    await session.say("prompt", "deaf")
    await probe.until(lambda it: len(it.handled) == 2)
    await host.runtime.drain(1.0)
    await probe.until(lambda it: ends(it))

    assert [("agent_cancelled", "the host is going down")] == ends(probe)


async def test_a_message_whose_run_is_killed_is_answered_once(start: Start) -> None:
    """By a refusal; nothing of it is told in band."""

    async def hangs(session: stentor.Session, message: stentor.Message) -> None:
        await asyncio.Event().wait()

    host = await start(says={"wait": hangs})
    probe = await host.probe()
    cid = probe.say("wait")
    runs: list[str] = []

    def begun() -> bool:
        runs[:] = [info.path for info in host.runtime.tree() if info.kind == "run"]
        return bool(runs)

    await until(begun)
    host.runtime.kill(runs[0], "asked for by the test")
    await probe.until(lambda it: cid in it.said)

    refused = probe.said[cid]
    assert refused is not None
    assert ("killed", []) == (refused[0], probe.handled)
