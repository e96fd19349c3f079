"""The delivery, seen from outside: by one runtime, and by two that share a store and can not rely on hints."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve
from stentor.protocol import ClientState
from stentor.protocol.errors import BufferFull, EmitTimeout, StoreUnavailable

from .faults import BadHints, Nth, doubled_and_late, lost
from .whole import check_end, check_now
from .world import LIMITS, World

HOSTS: dict[str, Callable[..., World]] = {
    "one_runtime": lambda **more: World(1, **more),
    "two_runtimes_hints_lost": lambda **more: World(2, hints=BadHints(lost), **more),
    "two_runtimes_hints_doubled_and_late": lambda **more: World(2, hints=BadHints(doubled_and_late), **more),
}
SESSION = "/sessions/ada/t1"


@pytest.fixture(params=HOSTS)
def host(request: Any) -> Callable[..., World]:
    """A maker of one of the hosts."""
    return HOSTS[request.param]


async def test_a_client_that_resumes_gets_what_it_missed(host: Any) -> None:
    """And nothing that it had, wherever it comes back."""
    async with host() as world:
        reader = world.reader()
        world.emit("a", "b", "c")
        await world.delivered()
        world.elsewhere(reader)
        reader.probe.cut()
        world.emit("d", "e", "f")
        await world.delivered()

        assert list("abcdef") == sorted(reader.words)
        assert list("abc") == sorted(reader.words[:3])
        assert [1, 2, 3, 4, 5, 6] == reader.probe.seqs
        check_end(world)


async def test_a_line_that_breaks_in_the_middle_of_a_burst_costs_nothing(host: Any) -> None:
    """Some of the burst is written, some is read, some is handled, some is acked."""
    async with host() as world:
        reader = world.reader()
        await world.settle()
        for turn in range(5):
            world.emit(*(f"{turn}.{n}" for n in range(20)))
            await world.clock.settle()
            reader.server.deliver(2)
            reader.probe.cut()
            world.elsewhere(reader)
            reader.probe.wake()
            await world.settle()
            check_now(world)
        await world.delivered()

        assert list(range(1, 101)) == reader.probe.seqs
        check_end(world)


async def test_the_newest_tab_takes_over_and_the_first_is_told(host: Any) -> None:
    """4504, and it does not come back; the new one goes on where the user was."""
    async with host() as world:
        first = world.reader("first")
        world.emit("a", "b")
        await world.delivered()
        second = world.reader("second", at=1, resume=first.probe.position)
        await world.run(1.5)
        world.emit("c", "d")
        await world.delivered()
        await world.run(60.0)

        assert (ClientState.ENDED, [4504]) == (first.probe.state, first.closed_with)
        assert (ClientState.LIVE, ["c", "d"]) == (second.probe.state, sorted(second.words))
        check_end(world)


async def test_an_event_that_a_handler_refuses_fails_and_the_stream_goes_on(host: Any) -> None:
    """Its receipt has the typed reason, wherever it was emitted; the audit counts it apart."""
    async with host() as world:
        reader = world.reader()
        world.emit("a")
        await world.delivered()
        reader.probe.reject("handler_error", "TypeError")
        (receipt,) = world.emit("b")
        await world.delivered()
        world.emit("c")
        await world.delivered()

        assert (["a", "c"], [2]) == (reader.words, [it.seq for it in reader.probe.refused])
        assert ("failed", "handler_rejected") == (receipt.state, receipt.failure.code)
        assert {"handler_rejected": 1} == dict(world.ledger.counts)
        check_end(world)


async def test_a_refused_event_is_a_gap_for_a_page_that_comes_back_with_an_older_position() -> None:
    """What is retained is served again, and what failed is named."""
    async with World() as world:
        reader = world.reader()
        world.emit("a")
        await world.delivered()
        before = reader.probe.position
        reader.probe.reject()
        world.emit("b", "c")
        await world.delivered()
        again = world.reader("again", resume=before)
        await world.run(1.0)

        assert [(2, "handler_rejected")] == [(gap.seq, gap.code) for gap in again.probe.gaps]
        assert ["c"] == again.words


async def test_an_event_that_crashes_its_session_twice_fails_as_a_gap_and_holds_nobody_up(host: Any) -> None:
    """It has its seq, its receipt the typed reason, and the client is told in order."""
    faults = Nth({"append"}, {2, 3}, make=RuntimeError)
    async with host(faults=faults) as world:
        reader = world.reader()
        world.emit("a")
        await world.delivered()
        (receipt,) = world.emit("b", at=0)
        world.emit("c", at=0)
        await world.delivered()

        assert ["append", "append"] == faults.struck
        assert (["a", "c"], ["quarantined"]) == (reader.words, [gap.code for gap in reader.probe.gaps])
        assert ("failed", "quarantined", 2) == (receipt.state, receipt.failure.code, receipt.seq)
        check_end(world)


async def test_a_session_that_is_killed_in_the_middle_loses_nothing(host: Any) -> None:
    """With events in the outbox, in the log, on the line and in the handler."""
    async with host() as world:
        reader = world.reader()
        await world.settle()
        reader.probe.hold()
        world.emit(*"abcdef")
        await world.settle()
        for runtime in world.runtimes:
            runtime.kill(SESSION, "a test")
        world.emit(*"ghijkl")
        await world.settle()
        check_now(world)
        assert ["killed", "killed"][: len(world.runtimes)] == [
            code for at in range(len(world.runtimes)) for code in [f["code"] for f in world.failures(at)]
        ]
        reader.probe.release()
        await world.delivered()

        assert (list("abcdefghijkl"), list(range(1, 13))) == (sorted(reader.words), reader.probe.seqs)
        assert [] == reader.closed_with
        check_end(world)


async def test_nothing_is_acked_before_a_handler_has_returned(host: Any) -> None:
    """However often it is sent, answered by a pong, or resumed: what a handler has in hand is not acked."""
    async with host() as world:
        reader = world.reader()
        world.emit("a", "b")
        await world.delivered()
        reader.probe.hold()
        (receipt,) = world.emit("c", at=0)
        await world.run(12.0)
        reader.probe.cut()
        world.elsewhere(reader)
        await world.run(12.0)

        assert (2, 3) == (world.ledger.floor, world.ledger.head)
        assert receipt.state in ("buffered", "sent")
        assert (2, 1) == tuple(
            sum(getattr(runtime.audit(), name) for runtime in world.runtimes) for name in ("acked", "buffered")
        )
        assert 2 == len(reader.words)
        reader.probe.release()
        await world.delivered()
        check_end(world)


async def test_what_a_client_says_is_handled_once_however_often_it_has_to_be_repeated(host: Any) -> None:
    """Its answer is lost with the line, again and again."""
    async with host() as world:
        reader = world.reader()
        await world.settle()
        cids = []
        for turn in range(5):
            reader.server.stalled = True
            cids.append(reader.probe.say("prompt", turn))
            reader.end.deliver()
            await world.clock.settle()
            world.elsewhere(reader)
            reader.probe.cut()
            reader.probe.wake()
            await world.settle()
        await world.delivered()

        assert [0, 1, 2, 3, 4] == [data for _, data in world.prompts]
        assert dict.fromkeys(cids) == reader.probe.said
        check_end(world)


async def test_a_message_whose_answer_takes_long_outlives_lost_lines_and_crashes(host: Any) -> None:
    """It is handled once, and answered with what it came to."""
    async with host() as world:
        reader = world.reader()
        await world.settle()
        cid = reader.probe.say("slow", "question")
        await world.settle()
        for _ in range(4):
            reader.probe.cut()
            await world.run(5.0)
            for runtime in world.runtimes:
                runtime.kill(SESSION, "a test")
            await world.run(5.0)
        assert {} == reader.probe.said
        world.patience.set()
        await world.run(3.0)

        assert ([(0, "question")], {cid: None}) == (world.prompts, reader.probe.said)


async def test_a_full_buffer_refuses_in_the_callers_stack_and_loses_nothing_that_it_took(host: Any) -> None:
    """The refusal is counted by code, and room comes back with the client's acks."""
    async with host(limits=evolve(LIMITS, buffer_events=20)) as world:
        reader = world.reader()
        await world.settle()
        reader.probe.hold()
        world.emit(*(f"w{n}" for n in range(25)), at=0)
        await world.settle()
        assert (20, 5) == (len(world.emitted), len(world.refused))
        assert {BufferFull} == {type(error) for _, error in world.refused}
        assert {"buffer_full": 5} == dict(world.runtimes[0].audit().refused)
        reader.probe.release()
        await world.delivered()
        world.emit("room again", at=0)
        await world.delivered()

        assert [*(f"w{n}" for n in range(20)), "room again"] == reader.words
        check_end(world)


async def test_an_awaited_emit_waits_for_the_clients_acks_and_says_when_it_waited_too_long(host: Any) -> None:
    """Backpressure: the producer goes as fast as its slowest reader, and no faster."""
    async with host(limits=evolve(LIMITS, buffer_events=10)) as world:
        reader = world.reader()
        await world.settle()
        reader.probe.hold()
        session, said = world.sessions[0], list[str]()

        async def produce() -> None:
            async with session.run("producer", run_id="r1", emit_timeout=8.0) as run:
                for n in range(30):
                    await run.text(f"w{n}")
                    said.append(f"w{n}")

        job = asyncio.ensure_future(produce())
        await world.run(3.0)
        assert (9, False) == (len(said), job.done())
        reader.probe.release()
        await world.until(job.done)
        await job
        await world.run(2.0)
        assert ["agent_started", *said, "agent_completed"] == reader.words
        reader.probe.hold()
        late = asyncio.ensure_future(produce())
        await world.run(12.0)

        with pytest.raises(EmitTimeout):
            await late
        reader.probe.release()
        await world.run(3.0)
        assert 30 + 10 <= len([word for word in reader.words if word.startswith("w")]) + 1
        assert list(range(1, world.ledger.head + 1)) == reader.probe.seqs


async def test_a_window_that_is_full_sends_no_more_until_the_client_acks(host: Any) -> None:
    """A slow client has a window of events at most; the rest waits in the host."""
    async with host() as world:
        reader = world.reader()
        await world.settle()
        reader.probe.hold()
        world.emit(*(f"w{n}" for n in range(40)), at=0)
        await world.run(2.0)
        came = sum(len(f.get("ev", [f])) for f in reader.probe.frames_in if f["t"] in ("event", "batch"))
        assert LIMITS.window_events == came
        reader.probe.release()
        await world.delivered()

        assert [f"w{n}" for n in range(40)] == reader.words
        check_end(world)


async def test_a_client_that_acks_nothing_for_too_long_is_told_4102_and_finds_everything_when_it_comes_back(
    host: Any,
) -> None:
    """Slow is no reason to lose anything."""
    async with host() as world:
        reader = world.reader()
        await world.settle()
        reader.probe.hold()
        world.emit(*(f"w{n}" for n in range(20)), at=0)
        await world.run(40.0)
        assert 4102 in reader.closed_with
        assert "slow_consumer" in {failure["code"] for failure in world.failures()}
        reader.probe.release()
        await world.delivered()

        assert [f"w{n}" for n in range(20)] == reader.words
        check_end(world)


async def test_a_store_that_is_down_refuses_in_the_callers_stack_and_keeps_what_it_had_taken(host: Any) -> None:
    """The client is told 4107, and all of it reaches the client once the store works."""
    faults = Nth({"append"}, {2, 3, 4, 5})
    async with host(faults=faults) as world:
        reader = world.reader()
        world.emit("a", at=0)
        await world.delivered()
        world.emit("b", "c", at=0)
        await world.settle()
        world.emit("d", at=0)
        check_now(world)
        assert [StoreUnavailable] == [type(error) for _, error in world.refused]
        assert [4107] == reader.closed_with
        await world.delivered()
        world.emit("e", at=0)
        await world.delivered()

        assert list("abce") == reader.words
        assert {"store_unavailable": 1} == dict(world.runtimes[0].audit().refused)
        assert 4 == [failure["code"] for failure in world.failures()].count("store_unavailable")
        check_end(world)
