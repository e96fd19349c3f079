"""Receipts: they read the ledger, from any loop and any thread."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from stentor.actors import Gate, ManualClock, Outbox, Receipt
from stentor.actors.session._progress import Progress
from stentor.protocol import FailedRange, Text
from stentor.protocol.errors import (
    EmitTimeout,
    EventExpired,
    EventLost,
    EventRejected,
    EventUnconfirmed,
    WouldDeadlock,
)


def some(count: int) -> tuple[Outbox, list[Receipt]]:
    """An outbox and receipts of events that are not in the log yet."""
    gate = Gate(ManualClock())
    gate.start()
    box = Outbox("ada/t1", gate)
    return box, [box.accept(Text("r1", "x")) for _ in range(count)]


def append(box: Outbox, first: int, epoch: str = "e", count: int = 256) -> None:
    """Let the log have what waits, from *first* on."""
    pending = box.peek(count, 2**20)
    assert pending is not None
    box.confirm(pending, first, epoch, 0, 0)


def test_a_receipt_says_how_far_its_event_is() -> None:
    """accepted, buffered, sent, acked."""
    box, (receipt,) = some(1)
    states = [receipt.state]
    append(box, 7)
    states.append(receipt.state)
    box.sent(7)
    states.append(receipt.state)
    box.settle("e", 7, ())

    assert [*states, receipt.state] == ["accepted", "buffered", "sent", "acked"]
    assert 7 == receipt.seq


def test_seqs_are_right_where_others_append_in_between() -> None:
    """The map has a new entry only where the count breaks."""
    box, receipts = some(4)
    append(box, 1, count=2)
    append(box, 9)

    assert [1, 2, 9, 10] == [r.seq for r in receipts]


def test_a_failed_event_raises_its_own_exception() -> None:
    """By the code of its range, whatever the floor."""
    box, receipts = some(3)
    append(box, 1)
    box.settle("e", 1, (FailedRange(1, 1, "handler_rejected"), FailedRange(3, 3, "expired")))

    assert [EventRejected, type(None), EventExpired] == [type(r.failure) for r in receipts]


async def test_nobody_misses_a_send_that_comes_while_it_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The session writes in another thread, between this one's look and its entry into the list."""
    box, (receipt,) = some(1)
    append(box, 1)
    look = Progress.state
    threads: list[threading.Thread] = []

    def racing(progress: Progress, index: int) -> Any:
        found = look(progress, index)
        if not threads:
            threads.append(threading.Thread(target=box.sent, args=(1,)))
            threads[0].start()
            while progress.sent != 1:
                pass
        return found

    monkeypatch.setattr(Progress, "state", racing)
    waiting = asyncio.ensure_future(receipt.sent())
    await asyncio.sleep(0)
    await asyncio.get_running_loop().run_in_executor(None, threads[0].join)
    for _ in range(3):
        await asyncio.sleep(0)
    done = waiting.done()
    waiting.cancel()

    assert done


async def test_every_waiter_is_woken_once_its_event_is_there() -> None:
    """And not before."""
    box, receipts = some(3)
    waiting = [asyncio.ensure_future(r.acked()) for r in receipts]
    append(box, 1)
    box.settle("e", 2, ())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    done = [w.done() for w in waiting]
    box.settle("e", 2, (FailedRange(3, 3, "expired"),))

    assert [True, True, False] == done
    with pytest.raises(EventExpired):
        await waiting[2]


async def test_a_timeout_says_where_the_event_is() -> None:
    """It goes on; only the waiting ends."""
    box, (receipt,) = some(1)
    clock: Any = box.clock
    waiting = asyncio.ensure_future(receipt.acked(timeout=5))
    await clock.run(5)

    with pytest.raises(EmitTimeout, match="it is accepted"):
        await waiting


def test_a_thread_can_wait() -> None:
    """Blocking, for synchronous hosts."""
    box, (receipt,) = some(1)
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(receipt.wait(timeout=10)))
    thread.start()
    append(box, 1)
    box.settle("e", 1, ())
    thread.join()

    assert [1] == found


def test_a_thread_can_wait_without_end() -> None:
    """Infinity is a time like any other."""
    box, (receipt,) = some(1)
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(receipt.wait(timeout=float("inf"))))
    thread.start()
    append(box, 1)
    box.settle("e", 1, ())
    thread.join()

    assert [1] == found


async def test_a_loop_may_not_block_on_a_receipt() -> None:
    """It would wait for itself."""
    _, (receipt,) = some(1)

    with pytest.raises(WouldDeadlock):
        receipt.wait()


async def test_another_loop_can_await() -> None:
    """The waiter is woken on its own loop."""
    box, (receipt,) = some(1)
    waits = threading.Event()

    async def wait_there() -> int:
        asyncio.get_running_loop().call_soon(waits.set)
        return await receipt.acked()

    foreign = asyncio.get_running_loop().run_in_executor(None, lambda: asyncio.run(wait_there()))
    await asyncio.get_running_loop().run_in_executor(None, waits.wait)
    append(box, 1)
    box.settle("e", 1, ())

    assert 1 == await foreign


async def test_a_session_that_closes_leaves_nobody_waiting() -> None:
    """An event that got no outcome says so."""
    box, (receipt,) = some(1)
    waiting = asyncio.ensure_future(receipt.acked())
    await asyncio.sleep(0)
    box.end()

    with pytest.raises(EventUnconfirmed):
        await waiting


def test_a_new_epoch_means_that_the_old_events_are_lost() -> None:
    """Never confirmed by another epoch's ack."""
    box, (old,) = some(1)
    append(box, 1, "before")
    new = box.accept(Text("r1", "y"))
    append(box, 1, "after")
    box.settle("after", 1, ())

    assert isinstance(old.failure, EventLost)
    assert "acked" == new.state
