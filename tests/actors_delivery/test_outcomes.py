"""Outcomes over a long life: what was refused stays refused, what is over takes no room."""

from __future__ import annotations

from collections import Counter
from typing import Any

from stentor.protocol import Limits, Text
from stentor.protocol.errors import EventExpired, EventRejected, StoreUnavailable


def stream(rig: Any) -> Any:
    """The session as it stands in the store."""
    return rig.store.log._streams.by_session["ada/t1"]


async def test_an_event_that_was_refused_long_ago_is_never_told_to_be_acked(rig: Any) -> None:
    """2,400 events, every second one refused: receipts and ledger say what the client's own log says."""
    page = await rig.page()
    receipts: list[Any] = []
    for first in range(1, 2401, 200):
        receipts += rig.emit(*map(str, range(first, first + 200)))
        await rig.settle()
        page.ack(first + 199, rej=[{"seq": seq} for seq in range(first, first + 200, 2)])
        await rig.settle()

    assert ["failed", "acked"] * 1200 == [receipt.state for receipt in receipts]
    assert isinstance(receipts[0].failure, EventRejected)
    assert {"accepted": 2400, "acked": 1200, "buffered": 0, "failed": 1200} == rig.totals()


async def test_a_process_that_takes_over_learns_every_failure_of_its_own_events(make: Any) -> None:
    """Also those that its machine does not tell apart any more."""
    limits = Limits(failed_ranges=4, retain_events=4)
    here = make(node="here", poll=1000.0, limits=limits)
    there = make(node="there", store=here.store, clock=here.clock, poll=1000.0, limits=limits)
    page = await here.page()
    receipts = there.emit(*map(str, range(60)))
    await there.settle()
    await here.settle()
    page.ack(60, rej=[{"seq": seq} for seq in range(1, 61, 2)])
    await here.settle()
    await there.page()

    assert ["failed", "acked"] * 30 == [receipt.state for receipt in receipts]


async def test_what_nobody_fetches_expires(make: Any) -> None:
    """The receipt fails, it is on record, its room is free, and a client that comes late gets a gap."""
    rig = make(limits=Limits(memory_age=60.0))
    receipts = rig.emit("a", "b")
    await rig.run(50.0)
    (young,) = rig.emit("c")
    before = [receipt.state for receipt in receipts]
    await rig.run(15.0)
    page = await rig.page()

    assert (["buffered"] * 2, [EventExpired] * 2) == (before, [type(receipt.failure) for receipt in receipts])
    assert [(1, 2, "expired")] == [(n["first"], n["last"], n["code"]) for n in rig.notes("event_failed")]
    assert ([(1, "expired"), (3, "c")], "sent") == (page.events, young.state)
    assert [None, None] == stream(rig).waiting[:2]
    assert {"accepted": 3, "acked": 0, "buffered": 1, "failed": 2} == rig.totals()


async def test_an_event_that_was_sent_and_expired_keeps_that_outcome(make: Any) -> None:
    """An ack that comes later moves the floor over it; the event stays failed."""
    rig = make(limits=Limits(memory_age=60.0))
    page = await rig.page()
    (receipt,) = rig.emit("a")
    await rig.run(65.0)
    held = [body for body in rig.cell.machine.state.buffer.since(0) if body is not None]
    page.ack(1)
    await rig.settle()

    assert (EventExpired, [], 1) == (type(receipt.failure), held, stream(rig).floor)
    assert {"accepted": 1, "acked": 0, "buffered": 0, "failed": 1} == rig.totals()


async def test_runs_that_ended_leave_nothing_behind(rig: Any) -> None:
    """Neither in the log nor in the outbox."""
    page = await rig.page()
    for number in range(100):
        rig.outbox.accept(Text(f"r{number}", "x"), f"r{number}")
        await rig.settle()
    page.ack(100)
    await rig.settle()

    assert (True, True) == (len(stream(rig).writers) <= 2, len(rig.outbox.segments) + len(rig.outbox.done) <= 2)


async def test_an_event_stays_set_aside_though_the_store_fails_at_it(rig: Any) -> None:
    """It left the outbox only when the log had let it fail."""
    page = await rig.page()
    append, fail, failed = rig.store.log.append, rig.store.log.fail, list[int]()

    def poisoned(batches: Any) -> Any:
        if any(b"poison" in body for b in batches for body in b.bodies) and len(rig.crashes) < 2:
            raise RuntimeError("a bug that this event meets")
        return append(batches)

    def broken(*args: Any) -> Any:
        if not failed:
            failed.append(1)
            raise StoreUnavailable("disk gone")
        return fail(*args)

    rig.store.log.append, rig.store.log.fail = poisoned, broken
    receipts = rig.emit("a", "poison", "b")
    await rig.settle()
    again = await rig.page()
    again.ack(3)
    await rig.settle()

    assert ["RuntimeError", "RuntimeError", "StoreUnavailable"] == [type(e).__name__ for e in rig.crashes]
    assert [(1, "a"), (2, "quarantined"), (3, "b")] == again.events
    assert Counter({"acked": 2, "failed": 1}) == Counter(receipt.state for receipt in receipts)
    assert "poison" not in dict(page.events).values()


class Nth:
    """Fault points that raise at the nth effect, once."""

    def __init__(self, nth: int) -> None:
        self.left = nth

    def hit(self, point: str, where: str) -> None:
        """Count down."""
        self.left -= point == "inside_step"
        if self.left == 0 and point == "inside_step":
            raise RuntimeError("a bug")


async def test_a_crash_between_an_ack_and_its_receipts_hides_no_failure(make: Any) -> None:
    """Though the machine that is asked again tells one range apart, and three had failed."""
    for nth in range(1, 4):
        rig = make(limits=Limits(failed_ranges=1, retain_events=1))
        page = await rig.page()
        receipts = rig.emit(*"abcdef")
        await rig.settle()
        rig.cell.faults = Nth(nth)
        page.ack(6, rej=[{"seq": 1}, {"seq": 3}, {"seq": 5}])
        await rig.settle()
        rig.emit("g")
        await rig.settle()

        assert ["failed", "acked"] * 3 == [receipt.state for receipt in receipts]
        assert 1 == len(rig.crashes)


async def test_what_is_old_at_a_take_over_expires_soon(make: Any) -> None:
    """The new owner did not see when it was appended; the log did."""
    here = make(node="here", poll=1.0, limits=Limits(memory_age=60.0))
    there = make(node="there", store=here.store, clock=here.clock, poll=1.0, limits=Limits(memory_age=60.0))
    page = await here.page()
    page.line.close(1000, "bye")
    (receipt,) = here.emit("a")
    await here.run(55.0)
    await there.page()
    await there.run(10.0)

    assert ("failed", 1) == (receipt.state, len(stream(here).failed))
