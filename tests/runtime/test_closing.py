"""The end of a session: it comes within its bound and tells what was left, whatever fails on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import stentor
from stentor.actors.stores import MemoryStore
from stentor.protocol import Text
from stentor.protocol.clients import ProbeClient, dial_websocket
from stentor.protocol.errors import (
    ActorParked,
    EventUnconfirmed,
    FlushTimeout,
    SessionClosed,
    StoreUnavailable,
)
from stentor.testing import ManualClock

from .conftest import FAST, Host, Start, until

STOPS = stentor.RestartPolicy(budget="unlimited", decide={ZeroDivisionError: "stop"})


def outbox(host: Host) -> Any:
    """The outbox of ada/t1."""
    place = host.runtime._core.cells.find("ada/t1")  # type: ignore[union-attr]
    assert place is not None
    return place.cell.outbox


@pytest.mark.parametrize("point", ["before_step", "append"])
async def test_a_session_that_crashes_at_its_end_is_closed_by_its_next_life(start: Start, point: str) -> None:
    """The wish to close outlives the incarnation that was told of it."""
    host = await start()
    session, probe = await host.session(), await host.probe()
    host.faults.arm(point, session.id, exception=StoreUnavailable("x"))
    receipt = session.emit(Text("r1", "last words"))
    await session.close(5.0)

    assert ("acked", ["last words"]) == (receipt.state, [d.event.delta for d in probe.handled])
    assert ["store_unavailable"] == host.codes()


async def test_a_session_that_is_parked_while_it_closes_is_closed(start: Start) -> None:
    """Nobody is there who could deliver what is left: it fails, and the close says so."""
    host = await start()
    session = await host.session()
    host.faults.arm("before_step", session.id, times=100)
    receipt = session.emit(Text("r1", "x"))
    with pytest.raises(FlushTimeout) as caught:
        await session.close(600.0)
    with pytest.raises(EventUnconfirmed):
        await receipt.acked()

    audit = host.runtime.audit()
    assert (1, "failed") == (caught.value.details["left"], receipt.state)
    assert (1, 0, {"unconfirmed": 1}) == (audit.accepted, audit.buffered, audit.failed)


async def test_a_close_during_which_the_sessions_begin_anew_ends_all_the_same(start: Start) -> None:
    """The supervisor of all sessions dies, and takes the session with it."""
    host = await start()
    session, probe = await host.session(), await host.probe()
    probe.hold()
    session.emit(Text("r1", "x"))
    closing = asyncio.create_task(session.close(5.0))
    await asyncio.sleep(0)
    host.runtime.kill("/sessions", "asked for by the test")
    await until(lambda: host.life("/sessions") == ("running", 2))
    probe.release()
    await closing

    assert "/sessions/ada/t1" not in host.runtime.tree()


async def test_a_close_is_over_by_its_time_though_the_store_never_answers() -> None:
    """Half a second over it, and half a second for the store; by the runtime's clock."""
    clock, store, asked = ManualClock(), MemoryStore(), list[Any]()

    def never(*args: Any) -> Any:
        asked.append(args)
        return asyncio.get_running_loop().create_future()

    store.log.append = store.ownership.owner = never  # type: ignore[method-assign]
    async with stentor.Runtime(store=store, clock=clock, sessions=FAST, drain=0.1) as runtime:
        session = await runtime.session(user_id="ada", thread_id="t1")
        receipt = session.emit(Text("r1", "x"))
        closing = asyncio.create_task(session.close(2.0))
        await until(lambda: asked)
        await clock.run(2.4)
        early = closing.done()
        await clock.run(0.7)
        with pytest.raises(FlushTimeout):
            await closing

        assert (False, "failed") == (early, receipt.state)
        assert [("ada/t1", "unconfirmed")] == [
            (entry.facts["session"], entry.facts["code"])
            for entry in runtime.record.entries()
            if entry.facts and entry.facts.get("note") == "event_failed"
        ]


async def test_the_earliest_of_several_ends_is_kept(start: Start) -> None:
    """A drain does not wait for a close that has more time."""
    host = await start()
    session = await host.session()
    session.emit(Text("r1", "nobody came"))
    closing = asyncio.create_task(session.close(60.0))
    await asyncio.sleep(0)
    flushed = await host.runtime.drain(0.2)
    with pytest.raises(FlushTimeout):
        await closing

    assert flushed is False


async def test_what_is_emitted_during_a_close_is_refused_and_what_was_accepted_is_delivered(start: Start) -> None:
    """In whatever moment it comes: no receipt is left without an outcome."""
    host = await start()
    session, probe = await host.session(), await host.probe()
    probe.hold()
    accepted = session.emit(Text("r1", "before"))
    closing = asyncio.create_task(session.close(5.0))
    await asyncio.sleep(0)
    with pytest.raises(SessionClosed):
        session.emit(Text("r1", "during"))
    probe.release()
    await closing

    audit = host.runtime.audit()
    assert ("acked", 1, 1, {"session_closed": 1}) == (accepted.state, audit.accepted, audit.acked, audit.refused)


async def test_an_event_that_is_emitted_as_the_last_ack_arrives_has_an_outcome(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused in the caller's stack: the close that goes on does not forget it."""
    from stentor.actors.session._emitter import Wire

    host = await start()
    session, probe = await host.session(), await host.probe()
    session.emit(Text("r1", "1"))
    late: list[object] = []
    received = Wire.received

    def emits_first(wire: Wire, data: bytes) -> None:
        if b'"ack"' in data and not late:
            try:
                late.append(session.emit(Text("r1", "late")))
            except SessionClosed as refused:
                late.append(refused)
        received(wire, data)

    monkeypatch.setattr(Wire, "received", emits_first)
    await session.close(5.0)

    assert [SessionClosed] == [type(it) for it in late]
    assert ["1"] == [d.event.delta for d in probe.handled]


@pytest.mark.parametrize("store_works", [True, False])
async def test_closing_a_parked_session_fails_what_it_held(start: Start, store_works: bool) -> None:
    """On record, and the audit adds up, whether the log could take it at last or not."""
    host = await start()
    session = await host.session()
    host.faults.arm("append", session.id, times=100, exception=StoreUnavailable("x"))
    receipt = session.emit(Text("r1", "x"))
    await until(lambda: host.life()[0] == "parked")
    if store_works:
        host.faults.clear()
    with pytest.raises(FlushTimeout):
        await session.close(5.0)

    audit = host.runtime.audit()
    (note,) = host.notes("event_failed")
    assert ("failed", "EventUnconfirmed") == (receipt.state, type(receipt.failure).__name__)
    assert (1, 0, 0, {"unconfirmed": 1}) == (audit.accepted, audit.acked, audit.buffered, audit.failed)
    assert ("unconfirmed", "ada/t1", 1 if store_works else None) == (
        note["code"],
        note["session"],
        receipt.seq,
    )


async def test_what_a_broken_store_keeps_of_a_session_that_ended_is_told_too(start: Start) -> None:
    """One event is in the log, and stays there; the other one never came so far."""
    host = await start()
    session = await host.session()
    kept = session.emit(Text("r1", "logged"))
    await kept.buffered(timeout=5)
    host.faults.arm("append", session.id, times=100, exception=StoreUnavailable("x"))
    lost = session.emit(Text("r1", "not logged"))
    await until(lambda: host.life()[0] == "parked")
    with pytest.raises(FlushTimeout) as caught:
        await session.close(5.0)

    audit = host.runtime.audit()
    assert (2, "buffered", "failed") == (caught.value.details["left"], kept.state, lost.state)
    assert (2, 0, 1, {"unconfirmed": 1}) == (audit.accepted, audit.acked, audit.buffered, audit.failed)
    assert 1 == len(host.notes("leftovers_kept"))


async def test_a_parked_session_is_tried_again_when_the_sessions_begin_anew(start: Start) -> None:
    """Their new supervisor knows nothing of it; so nobody may stay parked."""
    host = await start()
    session = await host.session()
    host.faults.arm("before_step", session.id, times=6)
    receipt = session.emit(Text("r1", "kept"))
    await until(lambda: host.life()[0] == "parked")
    await asyncio.sleep(0)
    with pytest.raises(ActorParked):
        session.emit(Text("r1", "refused"))
    host.runtime.kill("/sessions", "asked for by the test")
    await until(lambda: host.life("/sessions") == ("running", 2))
    await host.session()
    session.emit(Text("r1", "more"))
    probe = await host.probe()
    await receipt.acked(timeout=10)
    await probe.until(lambda it: len(it.handled) == 2)

    assert ["kept", "more"] == [d.event.delta for d in probe.handled]


async def test_a_session_that_can_not_be_started_again_is_on_record(start: Start) -> None:
    """When the sessions begin anew; its clients are told to come back."""
    host = await start()
    probe = await host.probe()
    keeper = host.runtime._core.office  # type: ignore[union-attr]

    async def refuses(place: Any) -> None:
        raise ZeroDivisionError("no start")

    keeper._start, real = refuses, keeper._start  # type: ignore[method-assign]
    host.runtime.kill("/sessions", "asked for by the test")
    await until(lambda: "exception.zero_division_error" in host.codes())
    await probe.until(lambda it: any(f["t"] == "bye" for f in it.frames_in))
    keeper._start = real  # type: ignore[method-assign]

    assert 4107 in [frame["code"] for frame in probe.frames_in if frame["t"] == "bye"]


async def test_a_session_whose_actor_ended_for_good_has_ended(start: Start) -> None:
    """Typed errors, 4505, an outcome for each event; its name begins anew."""
    host = await start(sessions=STOPS)
    session, probe = await host.session(), await host.probe()
    host.faults.arm("before_step", session.id, exception=ZeroDivisionError())
    receipt = session.emit(Text("r1", "x"))
    await probe.until(lambda it: any(f["t"] == "bye" for f in it.frames_in))
    with pytest.raises(EventUnconfirmed):
        await receipt.acked(timeout=5)
    with pytest.raises(SessionClosed):
        session.emit(Text("r1", "late"))
    again = await host.session()
    fresh = ProbeClient(dial_websocket(host.url), session=session.id)
    host.probes.append(fresh)
    fresh.start()
    await fresh.until(lambda it: it.position is not None)
    await again.emit(Text("r1", "new")).acked(timeout=5)

    assert [4505] == [frame["code"] for frame in probe.frames_in if frame["t"] == "bye"]
    assert ["exception.zero_division_error", "flush_timeout"] == host.codes()
    assert {"unconfirmed": 1} == host.runtime.audit().failed


async def test_a_scope_of_a_session_that_ended_fails(start: Start) -> None:
    """The agent does not talk on into nothing."""
    ended: list[BaseException] = []

    async def agent(session: stentor.Session, message: stentor.Message) -> None:
        try:
            async with session.run():
                await asyncio.Event().wait()
        except SessionClosed as closed:
            ended.append(closed)
            raise

    host = await start(on_message=agent, sessions=STOPS)
    session = await host.session()
    await session.say("prompt")
    await until(lambda: host.runtime.audit().accepted)
    host.faults.arm("before_step", session.id, exception=ZeroDivisionError())
    session.emit(Text("r1", "x"))
    await until(lambda: ended)

    assert 1 == len(ended)


@pytest.mark.parametrize("reserved", [64, 65])
async def test_the_end_of_a_run_finds_room_in_a_full_buffer(start: Start, reserved: int) -> None:
    """A small reserve above the limit, and no more than that."""
    host = await start(limits=stentor.Limits(buffer_events=1))
    await host.session()
    box = outbox(host)
    box.accept(Text("r1", "x"))
    end = stentor.AgentCompleted("r1", None)
    refused: Callable[[], Any] = lambda: [box.accept(end, "r1", reserve=True) for _ in range(reserved)]  # noqa: E731
    if reserved == 64:
        refused()
    else:
        with pytest.raises(stentor.BufferFull):
            refused()
    with pytest.raises(stentor.BufferFull):
        box.accept(end, "r1")

    assert 65 == box.counts().accepted


async def test_the_others_live_on_when_their_supervisor_gave_up_over_one(start: Start) -> None:
    """It stops them on its way down; that is no end of theirs."""
    host = await start(sessions=stentor.RestartPolicy(budget="unlimited", decide={ZeroDivisionError: "escalate"}))
    session = await host.session()
    eve = await host.runtime.session(user_id="eve", thread_id="t1")
    probe = await host.probe("eve/t1")
    probe.hold()
    kept = eve.emit(Text("r1", "kept"))
    await kept.buffered(timeout=5)
    host.faults.arm("before_step", session.id, exception=ZeroDivisionError())
    session.emit(Text("r1", "x"))
    await until(lambda: host.life("/sessions") == ("running", 2))
    more = eve.emit(Text("r1", "more"))
    probe.release()
    await more.acked(timeout=5)

    assert (["kept", "more"], "acked") == ([d.event.delta for d in probe.handled], kept.state)
    assert not host.notes("event_failed")


async def test_a_session_that_its_client_ends_is_closed_and_what_is_left_is_on_record(start: Start) -> None:
    """Nobody awaits that close."""
    host = await start()
    session, probe = await host.session(), await host.probe()
    probe.hold()
    receipt = session.emit(Text("r1", "x"))
    await receipt.sent(timeout=5)
    host.faults.arm("before_step", session.id, times=3)
    host.runtime._core.office.heard(stentor.actors.EndWanted(session.id, "tab"))  # type: ignore[union-attr]
    with pytest.raises(SessionClosed):
        session.emit(Text("r1", "late"))
    await host.runtime.drain(0.2)

    assert ("failed", "flush_timeout") == (receipt.state, host.codes()[-1])
