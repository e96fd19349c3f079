"""Two runtimes of one process over one store: who owns a session, and that nobody loses by it."""

from __future__ import annotations

import pytest
from stentor.protocol import ClientState

from .faults import BadHints, doubled_and_late, lost
from .whole import check_end
from .world import World

FATES = {"lost": lost, "kept_back": None, "doubled_and_late": doubled_and_late}


@pytest.fixture(params=FATES)
async def world(request):
    """Two runtimes, and hints that can not be relied on."""
    async with World(2, hints=BadHints(FATES[request.param])) as world:
        yield world


def outcomes(world: World) -> set[str]:
    """How far the receipts are."""
    return {it.receipt.state for it in world.emitted}


async def test_what_is_emitted_at_a_runtime_without_the_client_reaches_it(world: World) -> None:
    """Without any hint, within a poll; and its receipts resolve where it was emitted."""
    reader = world.reader(at=0)
    await world.run(0.5)
    receipts = world.emit("a", "b", "c", at=1)
    await world.run(4.0)

    assert ["a", "b", "c"] == reader.words
    assert [1, 2, 3] == [receipt.seq if receipt.state == "acked" else receipt for receipt in receipts]
    check_end(world)


async def test_a_client_that_moves_to_the_other_runtime_misses_nothing(world: World) -> None:
    """It resumes there with its position; what was emitted before, meanwhile and after comes once, in order."""
    reader = world.reader(at=0)
    await world.run(0.5)
    world.emit("a", "b", at=0)
    world.emit("c", at=1)
    await world.run(2.5)
    world.elsewhere(reader)
    reader.probe.cut()
    world.emit("d", at=0)
    world.emit("e", at=1)
    await world.run(5.0)
    world.emit("f", at=0)
    await world.run(4.0)

    assert list("abcdef") == sorted(reader.words)
    assert {"acked"} == outcomes(world)
    check_end(world)


async def test_a_client_that_moves_back_misses_nothing_and_may_still_speak(world: World) -> None:
    """Each runtime has had it before: neither believes its old knowledge."""
    reader = world.reader(at=0)
    for turn in range(6):
        world.emit(f"x{turn}", f"y{turn}")
        await world.until(lambda: reader.probe.state is ClientState.LIVE)
        reader.probe.say("prompt", turn)
        await world.until(lambda turn=turn: len(reader.probe.said) > turn)
        world.elsewhere(reader)
        reader.probe.cut()
        await world.run(2.0)
    await world.delivered()

    assert [0, 1, 2, 3, 4, 5] == [data for _, data in world.prompts]
    assert {None} == set(reader.probe.said.values())
    check_end(world)


async def test_a_runtime_that_gets_the_session_back_goes_on_where_the_log_is(world: World) -> None:
    """It was not told that it was gone, and what it has in memory is older than all that the log still keeps."""
    reader = world.reader(at=0)
    world.emit("a", "b", at=0)
    await world.delivered()
    for node in (1, 0):
        reader.probe.cut()
        world.elsewhere(reader)
        reader.probe.wake()
        await world.settle()
        world.emit(*(f"at {node}: {n}" for n in range(40)), at=node)
        await world.settle()
        assert world.ledger.floor >= world.ledger.head - 2, "time has to pass, so a poll may have told it"
    await world.delivered()

    assert list(range(1, 83)) == reader.probe.seqs
    check_end(world)


async def test_another_tab_at_the_other_runtime_ends_the_first_with_4504(world: World) -> None:
    """The old owner learns at its next word to the store, or at its next poll, who has the session."""
    first = world.reader("first", at=0)
    world.emit("a", at=0)
    await world.run(1.0)
    second = world.reader("second", at=1, resume=first.probe.position)
    await world.run(1.5)

    assert (ClientState.ENDED, [4504]) == (first.probe.state, first.closed_with)
    world.emit("b", at=0)
    world.emit("c", at=1)
    await world.run(4.0)
    assert ["b", "c"] == sorted(second.words)
    check_end(world)


async def test_the_same_tab_at_the_other_runtime_ends_its_old_line_with_a_41xx(world: World) -> None:
    """A line that only the host still believes in is told to come back, not that it was taken over."""
    reader = world.reader(at=0)
    world.emit("a", at=0)
    await world.run(1.0)
    old = reader.server
    reader.vanish()
    world.elsewhere(reader)
    await world.run(3.0)
    world.emit("b", at=0)
    world.emit("c", at=1)
    await world.run(4.0)

    assert old.closed_with is not None
    assert 4100 <= old.closed_with[0] < 4200
    assert ["a", *"bc"] == sorted(reader.words)
    check_end(world)


async def test_a_late_ack_at_the_old_runtime_changes_nothing(world: World) -> None:
    """The session moved; what the old line's client says about it afterwards does not count."""
    first = world.reader("first", at=0)
    world.emit("a", "b", "c", at=0)
    await world.run(1.0)
    first.probe.hold()
    world.emit("d", "e", at=0)
    await world.settle()
    epoch = first.probe.position.epoch
    second = world.reader("second", at=1, resume=first.probe.position)
    second.probe.hold()
    await world.settle()
    before = world.ledger
    first.end.peer.take(b'{"t":"ack","epoch":"%b","seq":5}' % epoch.encode())
    await world.settle()
    after = world.ledger

    assert (3, 5) == (before.floor, before.head)
    assert before == after
    assert {"acked", "sent"} >= outcomes(world)
    assert [4504] == list(first.closed_with)
    second.probe.release()
    await world.run(4.0)
    assert ["d", "e"] == second.words
    check_end(world)


async def test_receipts_resolve_at_a_runtime_that_owned_the_session_once(world: World) -> None:
    """It was never told that the session moved, and finds out by itself."""
    reader = world.reader(at=0)
    world.emit("a", at=0)
    await world.run(1.0)
    reader.probe.cut()
    world.elsewhere(reader)
    await world.run(3.0)
    (receipt,) = world.emit("b", at=0)
    await world.run(4.0)

    assert 2 == receipt.seq if receipt.state == "acked" else receipt
    assert ["a", "b"] == reader.words
    check_end(world)


async def test_an_event_that_the_client_refuses_fails_at_the_runtime_that_emitted_it(world: World) -> None:
    """Its receipt there raises the typed reason."""
    reader = world.reader(at=0)
    await world.run(0.5)
    reader.probe.reject()
    (receipt,) = world.emit("a", at=1)
    world.emit("b", at=1)
    await world.run(4.0)

    assert ("failed", "handler_rejected") == (receipt.state, receipt.failure.code)
    assert ["b"] == reader.words
    check_end(world)


async def test_what_another_runtime_settled_is_known_to_one_that_gets_the_session_back(world: World) -> None:
    """The claim brings it: an event that a client refused there is not taken for acked here."""
    reader = world.reader(at=0)
    await world.run(0.5)
    reader.probe.reject()
    (receipt,) = world.emit("a", at=0)
    reader.probe.cut()
    world.elsewhere(reader)
    reader.probe.wake()
    await world.run(0.9)
    assert [1] == [it.seq for it in reader.probe.refused]
    reader.probe.cut()
    world.elsewhere(reader)
    reader.probe.wake()
    await world.settle()
    world.emit("b", at=0)
    await world.delivered()

    assert ("failed", "handler_rejected", ["b"]) == (receipt.state, receipt.failure.code, reader.words)
    check_end(world)


async def test_a_message_whose_answer_is_out_is_not_handled_again_after_a_move(world: World) -> None:
    """The runtime that took it answers, and the client hears it from the other one."""
    reader = world.reader(at=0)
    await world.run(0.5)
    reader.probe.say("slow", "question")
    await world.settle()
    assert [(0, "question")] == world.prompts
    reader.probe.cut()
    world.elsewhere(reader)
    await world.run(3.0)
    assert ({}, ClientState.LIVE) == (reader.probe.said, reader.probe.state)
    world.patience.set()
    await world.run(2.5)

    assert {1: None} == reader.probe.said
    assert [(0, "question")] == world.prompts
    check_end(world)


async def test_a_runtime_that_goes_down_takes_nothing_from_the_one_that_has_the_session(world: World) -> None:
    """What it emitted stays for the client over there, which notices nothing."""
    reader = world.reader(at=0)
    world.emit("a", "b", at=0)
    await world.run(1.0)
    world.elsewhere(reader)
    reader.probe.cut()
    await world.run(3.0)
    reader.probe.hold()
    (receipt,) = world.emit("c", at=0)
    await world.settle()
    flushed = await world.finish(world.runtimes[0].drain(1.0))
    reader.probe.release()
    world.emit("d", at=1)
    await world.run(3.0)

    assert (True, "buffered", list("abcd")) == (flushed, receipt.state, reader.words)
    assert ([1006], {}, 4) == (reader.closed_with, world.ledger.counts, world.ledger.floor)


async def test_a_runtime_that_goes_down_leaves_what_its_client_had_not_acked_to_the_other_one(world: World) -> None:
    """Its client is told to come back, and comes to the other one."""
    reader = world.reader(at=0)
    await world.run(0.5)
    reader.probe.hold()
    world.emit("a", "b", "c", at=0)
    await world.settle()
    down = world.finish(world.runtimes[0].drain(1.0))
    world.elsewhere(reader)
    await down
    reader.probe.release()
    await world.run(9.0)

    assert ([4100], list("abc"), {}) == (reader.closed_with, reader.words, world.ledger.counts)
    assert 3 == world.ledger.floor
