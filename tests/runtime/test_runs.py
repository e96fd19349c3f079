"""Runs: their turns, their cancels, their scopes; what a parked or closed session does to them."""

from __future__ import annotations

import asyncio

import pytest
import stentor
from stentor.protocol import Text
from stentor.protocol.errors import ActorParked, ConcurrencyRejected, EmitTimeout, FlushTimeout, NotFound, SessionClosed

from .conftest import FAST, Start, until


async def say(session: stentor.Session, message: stentor.Message) -> None:
    """Say what the message says, after a moment for each letter."""
    async with session.run() as run:
        for letter in message.data:
            await asyncio.sleep(0)
            await run.text(letter)


async def forever(session: stentor.Session, message: stentor.Message) -> None:
    """Never end by itself."""
    async with session.run():
        await asyncio.Event().wait()


async def test_prompts_are_answered_one_after_the_other(start: Start) -> None:
    """Concurrency "queue": the words of two answers never mix."""
    host = await start(on_message=say)
    probe = await host.probe()
    probe.say("prompt", "abc")
    probe.say("prompt", "xyz")
    await probe.until(lambda it: [d.event.type for d in it.handled].count("agent_completed") == 2)

    assert "abcxyz" == "".join(d.event.delta for d in probe.handled if d.event.type == "text")
    assert {1: None, 2: None} == probe.said


async def test_a_prompt_during_a_run_is_refused_where_the_host_takes_one_at_a_time(start: Start) -> None:
    """Concurrency "reject": the client reads why."""
    host = await start(on_message=forever, concurrency="reject")
    probe, session = await host.probe(), await host.session()
    probe.say("prompt", "")
    await probe.until(lambda it: it.handled)
    cid = probe.say("prompt", "")
    await probe.until(lambda it: cid in it.said)
    with pytest.raises(ConcurrencyRejected):
        await session.say("prompt", "")

    refused = probe.said[cid]
    assert refused is not None
    assert "run_in_progress" == refused[0]


async def test_stop_ends_the_run_and_takes_out_what_waits(start: Start) -> None:
    """Both end as agent_cancelled; nothing failed."""
    host = await start(on_message=forever)
    probe = await host.probe()
    probe.say("prompt", "")
    probe.say("prompt", "")
    await probe.until(lambda it: it.handled and len(it.said) == 2)
    probe.say("cancel")
    await probe.until(lambda it: [d.event.type for d in it.handled].count("agent_cancelled") == 2)

    ended = [d.event for d in probe.handled if d.event.type == "agent_cancelled"]
    assert 2 == len({event.run_id for event in ended})
    assert (["stopped by the user"] * 2, []) == ([event.reason for event in ended], host.codes())


async def test_a_message_of_the_hosts_own_type_is_answered_at_once(start: Start) -> None:
    """It waits for no run; a refusal is its answer."""

    async def shout(session: stentor.Session, message: stentor.Message) -> None:
        if message.data != "please":
            raise stentor.Refused("say please")

    host = await start(on_message=forever, says={"shout": shout})
    probe = await host.probe()
    probe.say("prompt", "")
    await probe.until(lambda it: it.handled)
    polite, rude, unknown = probe.say("shout", "please"), probe.say("shout"), probe.say("whisper")
    await probe.until(lambda it: len(it.said) == 4)

    assert (None, ("refused", "say please")) == (probe.said[polite], probe.said[rude])
    assert "whisper" in str(probe.said[unknown])
    assert ([], ["agent_started"]) == (host.codes(), [d.event.type for d in probe.handled])


async def test_a_scope_of_a_parked_session_fails_and_its_clients_are_told(start: Start) -> None:
    """Its emits raise, its runs end, its connection is closed with 4109, and so is a new one."""
    ended: list[type[BaseException]] = []

    async def agent(session: stentor.Session, message: stentor.Message) -> None:
        try:
            async with session.run():
                await asyncio.Event().wait()
        except ActorParked as parked:
            ended.append(type(parked))
            raise

    host = await start(on_message=agent)
    session, probe = await host.session(), await host.probe()
    probe.say("prompt", "")
    await probe.until(lambda it: it.handled)
    host.faults.arm("before_step", session.id, times=10)
    session.emit(Text("r1", "x"))
    await probe.until(lambda it: any(frame["t"] == "bye" for frame in it.frames_in))
    with pytest.raises(ActorParked):
        session.emit(Text("r1", "y"))
    with pytest.raises(ActorParked):
        await host.session()
    await until(lambda: ended)

    byes = {(frame["code"], frame["after_ms"] > 0) for frame in probe.frames_in if frame["t"] == "bye"}
    assert ({(4109, True)}, ("parked", 6)) == (byes, host.life())
    assert 2 == host.runtime.audit().refused["actor_parked"]  # this test's event, and the last words of the run


async def test_an_unparked_session_delivers_what_waited(start: Start) -> None:
    """Parked events are buffered, not lost."""
    host = await start()
    session = await host.session()
    host.faults.arm("before_step", session.id, times=6)
    receipt = session.emit(Text("r1", "kept"))
    await until(lambda: host.life()[0] == "parked")
    host.faults.clear()
    await host.runtime.record.ref("/sessions").proxy().unpark_child("ada/t1")  # type: ignore[attr-defined]
    await host.probe()

    assert 1 == await receipt.acked(timeout=10)


async def test_a_closed_session_accepts_nothing_and_begins_anew_by_name(start: Start) -> None:
    """What had no ack fails, and the audit knows it."""
    host = await start()
    session = await host.session()
    receipt = session.emit(Text("r1", "nobody came"))
    with pytest.raises(FlushTimeout):
        await session.close(timeout=0.0)
    with pytest.raises(SessionClosed):
        session.emit(Text("r1", "late"))
    again = await host.session()
    again.emit(Text("r1", "new"))

    audit = host.runtime.audit()
    assert "failed" == receipt.state
    assert (2, 0, 1, {"flush_timeout": 1}) == (audit.accepted, audit.acked, audit.buffered, audit.failed)


async def test_an_awaited_emit_waits_for_room_and_then_times_out(start: Start) -> None:
    """Backpressure, with a bound; the run's scope fails by it."""
    host = await start(limits=stentor.Limits(buffer_events=2))
    session = await host.session()
    with pytest.raises(EmitTimeout):
        async with session.run(emit_timeout=0.05) as run:
            await run.text("fits")
            await run.text("does not")

    assert 1 == host.runtime.audit().refused["emit_timeout"]


async def test_the_sessions_begin_anew_when_their_supervisor_gave_up(start: Start) -> None:
    """Events that were accepted meanwhile are delivered; the estate outlives even that."""
    host = await start(sessions=stentor.RestartPolicy(budget="unlimited", decide={ZeroDivisionError: "escalate"}))
    session, probe = await host.session(), await host.probe()
    host.faults.arm("before_step", session.id, exception=ZeroDivisionError())
    receipt = session.emit(Text("r1", "kept"))

    assert 1 == await receipt.acked(timeout=10)
    assert ["kept"] == [d.event.delta for d in probe.handled]
    assert ("running", 2) == host.life("/sessions")


async def test_a_tree_that_gave_up_is_fatal_and_said_so(start: Start) -> None:
    """The host learns it; nothing is accepted any more."""
    host = await start(sessions=stentor.RestartPolicy(budget="unlimited", decide={ZeroDivisionError: "escalate"}))
    session = await host.session()
    waiting = asyncio.create_task(host.runtime.fatal())
    host.faults.arm("before_step", session.id, times=100, exception=ZeroDivisionError())
    session.emit(Text("r1", "x"))
    error = await waiting

    assert ("restart_budget_exceeded", False) == (getattr(error, "code", None), host.runtime.ready)
    with pytest.raises(stentor.StentorError):
        session.emit(Text("r1", "y"))


async def test_to_kill_what_is_not_there_is_refused(start: Start) -> None:
    """In words."""
    host = await start()
    with pytest.raises(NotFound):
        host.runtime.kill("/sessions/nobody/t1", "x")


def test_a_synchronous_host_uses_the_same_objects() -> None:
    """Everything has a ``get``; a receipt waits in its thread."""
    with stentor.Runtime.in_thread(sessions=FAST, drain=0.2) as runtime:
        session = runtime.session(user_id="ada", thread_id="t1").get(10)
        receipt = session.emit(Text("r1", "hello"))
        first = receipt.wait(10, "buffered")
        runtime.kill(f"/sessions/{session.id}", "asked for by the test")
        audit = runtime.audit()

    assert (1, (1, 1)) == (first, (audit.accepted, audit.buffered))
