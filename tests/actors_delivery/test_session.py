"""The session actor: what it delivers, and what crashes it."""

from __future__ import annotations

from typing import Any

import pytest
from stentor.actors.session._messages import Drain, Prompt, Prompted
from stentor.protocol.errors import (
    EpochChanged,
    EventQuarantined,
    EventRejected,
    Fenced,
    HeartbeatTimeout,
    NotDurable,
    SessionClosed,
    StoreUnavailable,
    WebSocketConnectionLostError,
    WebSocketSendFailureError,
)


async def test_what_was_emitted_is_delivered_in_order_and_acked(rig: Any) -> None:
    """From emit to the receipt."""
    page = await rig.page()
    receipts = rig.emit("a", "b", "c")
    await rig.settle()
    sent = [r.state for r in receipts]
    page.ack(3)
    await rig.settle()

    assert [(1, "a"), (2, "b"), (3, "c")] == page.events
    assert (["sent"] * 3, ["acked"] * 3) == (sent, [r.state for r in receipts])
    assert [1, 2, 3] == [await r.acked() for r in receipts]


async def test_a_burst_is_one_write(rig: Any) -> None:
    """One socket write for a batch."""
    page = await rig.page()
    before = len(page.server.writes)
    rig.emit(*"abcdefgh")
    await rig.settle()

    assert (1, 8) == (len(page.server.writes) - before, len(page.events))


async def test_events_wait_for_a_client_that_comes_later(rig: Any) -> None:
    """A detached session buffers."""
    (receipt,) = rig.emit("a")
    await rig.settle()
    state = receipt.state
    page = await rig.page()

    assert ("buffered", [(1, "a")]) == (state, page.events)


async def test_a_client_that_closes_normally_crashes_nobody(rig: Any) -> None:
    """It is detached, and its events stay."""
    page = await rig.page()
    rig.emit("a")
    await rig.settle()
    page.line.close(1000, "bye")
    await rig.settle()

    assert ([], "detached") == (rig.crashes, rig.cell.machine.phase)
    assert 1 == rig.totals()["buffered"]


async def test_a_connection_that_vanishes_crashes_the_session_and_loses_nothing(rig: Any) -> None:
    """The typed reason reaches the supervisor; the next connection gets what was not acked."""
    page = await rig.page()
    rig.emit("a", "b")
    await rig.settle()
    page.ack(1)
    page.line.abort()
    await rig.settle()
    (crash,) = rig.crashes
    again = await rig.page(resume={"epoch": page.epoch, "seq": 1})

    assert isinstance(crash, WebSocketConnectionLostError)
    assert ("ada", "t1", 2) == (crash.user_id, crash.thread_id, rig.estate.incarnation)
    assert [(2, "b")] == again.events


async def test_a_write_that_fails_crashes_the_session_and_drops_that_connection(rig: Any) -> None:
    """What was not written stays buffered."""
    page = await rig.page()
    page.server.fail_next_write("broken pipe")
    (receipt,) = rig.emit("a")
    await rig.settle()
    again = await rig.page()

    assert [WebSocketSendFailureError] == [type(e) for e in rig.crashes]
    assert page.end is not None
    assert ("sent", [(1, "a")]) == (receipt.state, again.events)


async def test_a_ping_without_answer_is_a_heartbeat_timeout(rig: Any) -> None:
    """Events in flight, 3 s of silence, a ping, 3 s more."""
    page = await rig.page(answers=False)
    rig.emit("a")
    await rig.settle()
    await rig.run(7.0)

    assert [HeartbeatTimeout] == [type(e) for e in rig.crashes]
    assert page.end is not None
    assert 4101 == page.end[0]


async def test_a_client_that_takes_its_bytes_slowly_is_not_dead(rig: Any) -> None:
    """What it has to answer is still behind them; once it takes no more, it is."""
    page = await rig.page(answers=False)
    rig.pages.clear()
    rig.emit(*"abcdefgh")
    await rig.settle()
    for letter in "ijklmnopqrstuvwx":
        rig.emit(letter)
        await rig.run(1.0)
        page.server.deliver(1)
    alive = list(rig.crashes)
    await rig.run(13.0)

    assert ([], [HeartbeatTimeout]) == (alive, [type(e) for e in rig.crashes])


async def test_a_client_that_breaks_the_protocol_is_closed_and_crashes_nobody(rig: Any) -> None:
    """Its connection gets the code, and the breach is on record."""
    page = await rig.page()
    page.send(t="nonsense")
    await rig.settle()

    assert ([], 4500, 1) == (rig.crashes, page.end[0] if page.end else None, len(rig.notes("protocol_error")))


async def test_a_store_that_fails_closes_the_gate_until_it_works(rig: Any) -> None:
    """Emit raises while it is down; what was accepted before stays, and goes out afterwards."""
    page = await rig.page()
    rig.restarts = False
    rig.faults.arm("append", exception=StoreUnavailable("disk gone"))
    (receipt,) = rig.emit("a")
    await rig.settle()
    with pytest.raises(StoreUnavailable):
        rig.emit("b")
    refused = rig.outbox.counts().refused
    rig.restarts = True
    rig.estate.launch()
    await rig.settle()
    rig.emit("c")
    again = await rig.page()

    assert [StoreUnavailable] == [type(e) for e in rig.crashes]
    assert (4107, {"store_unavailable": 1}) == (page.end[0] if page.end else None, refused)
    assert ([(1, "a"), (2, "c")], "sent") == (again.events, receipt.state)


async def test_a_bug_half_way_through_a_step_loses_and_doubles_nothing(make: Any) -> None:
    """A fault between any two effects: the client's log is whole, and every receipt resolves."""
    for nth in range(1, 6):
        rig = make()
        page = await rig.page()
        rig.emit("a", "b")
        await rig.settle()
        page.ack(1)
        rig.cell.faults = Nth(nth)
        rig.emit("c")
        await rig.settle()
        page.ack(3)
        await rig.settle()
        page.ack(3)
        await rig.settle()
        seen = dict(page.events)

        assert {1: "a", 2: "b", 3: "c"} == seen
        assert {"accepted": 3, "acked": 3, "buffered": 0, "failed": 0} == rig.totals()
        assert 1 == len(rig.crashes)


class Nth:
    """Fault points that raise at the nth effect, once."""

    def __init__(self, nth: int) -> None:
        self.left = nth

    def hit(self, point: str, where: str) -> None:
        """Count down."""
        self.left -= point == "inside_step"
        if self.left == 0 and point == "inside_step":
            raise RuntimeError("a bug")


async def test_a_crash_before_a_step_repeats_what_had_not_begun(rig: Any) -> None:
    """Arrivals and outbox are state; nothing was taken out yet."""
    page = await rig.page()
    rig.faults.arm("before_step", times=2)
    rig.emit("a")
    page.send(t="say", cid=1, type="prompt", data="hi")
    await rig.settle()

    assert ([(1, "a")], 1, 2) == (page.events, len([m for m in rig.up if isinstance(m, Prompt)]), len(rig.crashes))


async def test_the_user_is_told_of_a_restart(rig: Any) -> None:
    """The notice carries the failure's id."""
    page = await rig.page()
    rig.faults.arm("before_step")
    rig.emit("a")
    await rig.settle()
    (notice,) = [f for f in page.frames if f["t"] == "notice"]

    assert ("session_restarting", rig.estate.last_failure.id) == (notice["code"], notice["failure"])


async def test_an_event_that_crashes_two_incarnations_is_quarantined_alone(rig: Any) -> None:
    """Its neighbours go through; it gets its seq, a gap, and a typed failure."""
    page = await rig.page()
    append = rig.store.log.append

    def poisoned(batches: Any) -> Any:
        if any(b"poison" in body for b in batches for body in b.bodies):
            raise RuntimeError("a bug that this event meets, however often")
        return append(batches)

    rig.store.log.append = poisoned
    receipts = rig.emit("a", "poison", "b")
    await rig.settle()
    page.ack(3)
    await rig.settle()

    assert [(1, "a"), (2, "quarantined"), (3, "b")] == page.events
    assert ["acked", "failed", "acked"] == [r.state for r in receipts]
    with pytest.raises(EventQuarantined) as caught:
        await receipts[1].acked()
    assert (2, tuple(rig.crash_ids)) == (len(rig.crash_ids), caught.value.details["failures"])
    assert [rig.crash_ids] == [note["failures"] for note in rig.notes("event_failed")]
    assert {"accepted": 3, "acked": 2, "buffered": 0, "failed": 1} == rig.totals()


async def test_an_event_that_the_handler_refused_fails_and_is_recorded(rig: Any) -> None:
    """Nobody awaits the receipt; the record has it all the same."""
    page = await rig.page()
    receipts = rig.emit("a", "b")
    await rig.settle()
    page.ack(2, rej=[{"seq": 2, "code": "handler_error", "msg": "TypeError"}])
    await rig.settle()

    assert isinstance(receipts[1].failure, EventRejected)
    assert [(2, 2, "handler_rejected")] == [(n["first"], n["last"], n["code"]) for n in rig.notes("event_failed")]


async def test_what_a_client_says_goes_up_once_and_is_answered(rig: Any) -> None:
    """A repeated message is answered, and not handed up again."""
    page = await rig.page()
    page.send(t="say", cid=7, type="prompt", data={"text": "hi"})
    await rig.settle()
    (prompt,) = rig.up
    rig.estate.ref.tell(Prompted(prompt.tab, prompt.cid))
    await rig.settle()
    page.send(t="say", cid=7, type="prompt", data={"text": "hi"})
    await rig.settle()

    assert ("prompt", {"text": "hi"}, "tab", "tab") == (prompt.type, prompt.data, prompt.tab, prompt.identity)
    assert (1, [7, 7]) == (len(rig.up), [f["cid"] for f in page.frames if f["t"] == "said"])


async def test_a_newer_tab_takes_the_session_over(rig: Any) -> None:
    """Exclusive: the old one gets 4504, and nobody crashes."""
    old = await rig.page("one")
    new = await rig.page("two")
    rig.emit("a")
    await rig.settle()

    assert (4504, [(1, "a")], []) == (old.end[0] if old.end else None, new.events, rig.crashes)


async def test_a_drained_session_is_closed_and_every_receipt_has_its_outcome(rig: Any) -> None:
    """Also where no client ever came."""
    (receipt,) = rig.emit("a")
    rig.estate.ref.tell(Drain(timeout=0.0))
    await rig.settle()

    assert "failed" == receipt.state
    assert {"accepted": 1, "acked": 0, "buffered": 0, "failed": 1} == rig.totals()
    with pytest.raises(SessionClosed):
        rig.emit("b")


async def test_a_memory_receipt_is_never_durable(rig: Any) -> None:
    """It says so instead of waiting."""
    (receipt,) = rig.emit("a")

    with pytest.raises(NotDurable):
        await receipt.durable()


async def test_two_runtimes_over_one_log_lose_nothing_by_bad_hints(make: Any) -> None:
    """The event is emitted where the session does not live; its hint is lost, and the poll finds it."""
    here = make(node="here", poll=1.0)
    page = await here.page()
    there = make(node="there", store=here.store, clock=here.clock, poll=1.0)
    there.store.hints.subscribe("here", lambda session, head: None)
    (receipt,) = there.emit("from afar")
    await here.run(1.5)
    seen = page.events
    page.ack(1)
    await here.run(1.5)

    assert ([(1, "from afar")], "acked") == (seen, receipt.state)


async def test_a_take_over_by_another_runtime_forks_nothing(make: Any) -> None:
    """The old owner is fenced; its client is told to come back."""
    here = make(node="here", poll=1.0)
    first = await here.page()
    here.emit("a")
    await here.settle()
    there = make(node="there", store=here.store, clock=here.clock, poll=1.0)
    second = await there.page()
    here.emit("b")
    first.ack(1)
    await here.run(1.5)
    await there.run(1.5)

    assert ([(1, "a"), (2, "b")], []) == (second.events, here.crashes + there.crashes)
    assert (4104, 2) == (first.end[0] if first.end else None, here.totals()["buffered"])


@pytest.mark.parametrize("answer", [Fenced("there"), EpochChanged(expected="old", actual="new")])
async def test_an_append_that_is_told_of_another_owner_is_made_again_without_claiming_anything(
    rig: Any, answer: Exception
) -> None:
    """The client is sent to come back, and what was accepted goes on."""
    page = await rig.page()
    append = rig.store.log.append
    rig.store.log.append = lambda batches: [answer] if batches[0].epoch is not None else append(batches)
    (receipt,) = rig.emit("a")
    await rig.settle()
    rig.store.log.append = append
    again = await rig.page()

    assert ([], 4104) == (rig.crashes, page.end[0] if page.end else None)
    assert ([(1, "a")], "sent") == (again.events, receipt.state)


async def test_a_message_older_than_all_answers_that_are_kept_is_not_handled_again(rig: Any) -> None:
    """The tab gets an answer, and nobody gets the message."""
    page = await rig.page()
    token = rig.cell.machine.token
    for cid in range(1, 301):
        rig.store.inbox.accept("ada/t1", "tab", cid, token, b"")
        rig.store.inbox.answer("ada/t1", "tab", cid, ["taken"])
    page.send(t="say", cid=7, type="prompt", data="again")
    await rig.settle()

    assert ([], [7]) == (rig.up, [f["cid"] for f in page.frames if f["t"] == "said"])


async def test_an_ack_that_the_store_did_not_take_is_repeated_by_the_next_incarnation(rig: Any) -> None:
    """The client was dismissed meanwhile: the owner repeats the ack without a connection."""
    page = await rig.page()
    (receipt,) = rig.emit("a")
    await rig.settle()
    ack, failed = rig.store.log.ack, list[int]()

    def broken(*args: Any) -> Any:
        if not failed:
            failed.append(1)
            raise StoreUnavailable("disk gone")
        return ack(*args)

    rig.store.log.ack = broken
    page.ack(1)
    await rig.settle()

    assert (["StoreUnavailable"], "acked") == ([type(e).__name__ for e in rig.crashes], receipt.state)
    assert {"accepted": 1, "acked": 1, "buffered": 0, "failed": 0} == rig.totals()
    assert rig.cell.machine.token is not None
