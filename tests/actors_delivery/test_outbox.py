"""The admission gate and the outbox: what is taken in, what is refused, and what is kept."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from stentor.actors import Gate, ManualClock, Outbox
from stentor.actors.session._waiter import AsyncWaiter
from stentor.protocol import Custom, Limits, Text
from stentor.protocol.errors import (
    BufferFull,
    EmitTimeout,
    EventNotSerialisable,
    EventTooLarge,
    HostOverloaded,
    SessionClosed,
    StentorError,
    StoreUnavailable,
    WebSocketContextValidationError,
    WebSocketManagerNotInitializedError,
)


def outbox(**limits: Any) -> Outbox:
    """An outbox behind an open gate."""
    gate = Gate(ManualClock(), Limits(**limits))
    gate.start()
    return Outbox("ada/t1", gate)


def take(box: Outbox) -> Any:
    """Append everything, as a session does, with a log that counts from 1."""
    taken = []
    while (pending := box.peek(256, 2**20)) is not None:
        taken.append(pending)
        first = box.progress.appended + 1
        box.confirm(pending, first, "e", *box_log(box, pending))
    return taken


def box_log(box: Outbox, pending: Any) -> tuple[int, int]:
    """What a log would hold after *pending*."""
    return box.log_count + len(pending.bodies), box.log_bytes + sum(map(len, pending.bodies))


def test_an_event_that_is_too_large_names_its_largest_field() -> None:
    """The size is checked before it is queued."""
    box = outbox(event_bytes=200)
    with pytest.raises(EventTooLarge) as caught:
        box.accept(Text("r1", "x" * 300))

    assert ("delta", 302, "ada") == (caught.value.field, caught.value.field_size, caught.value.user_id)
    assert (0, 0) == box.held


def test_an_event_that_is_no_json_names_the_field() -> None:
    """Nothing is queued."""
    box = outbox()
    with pytest.raises(EventNotSerialisable) as caught:
        box.accept(Custom(data={"a": object()}))

    assert ("data.a", "ada") == (caught.value.field, caught.value.user_id)


@pytest.mark.parametrize(
    ("limits", "error"), [({"buffer_events": 2}, BufferFull), ({"buffer_bytes": 200, "event_bytes": 200}, BufferFull)]
)
def test_a_full_buffer_refuses(limits: dict[str, int], error: type[StentorError]) -> None:
    """By count and by bytes; what is in stays."""
    box = outbox(**limits)
    box.accept(Text("r1", "a"))
    box.accept(Text("r1", "b"))

    with pytest.raises(error):
        box.accept(Text("r1", "c"))
    assert (2, {error.code: 1}) == (box.counts().pending, box.counts().refused)


def test_what_the_log_holds_counts_too() -> None:
    """Room is own queue plus the log's last known count."""
    box = outbox(buffer_events=2)
    box.accept(Text("r1", "a"))
    box.accept(Text("r1", "b"))
    take(box)

    with pytest.raises(BufferFull):
        box.accept(Text("r1", "c"))
    box.measure(0, 0)
    box.accept(Text("r1", "c"))


def test_the_host_is_overloaded_over_all_sessions() -> None:
    """One session's events take the room of another."""
    gate = Gate(ManualClock(), Limits(max_memory=150, event_bytes=150))
    gate.start()
    ada, bob = Outbox("ada/t", gate), Outbox("bob/t", gate)
    ada.accept(Text("r1", "a"))

    with pytest.raises(HostOverloaded):
        bob.accept(Text("r1", "b" * 10))
    take(ada)
    ada.measure(0, 0)
    bob.accept(Text("r1", "b" * 10))


def test_memory_is_free_again_when_everything_is_acked() -> None:
    """The account returns to zero."""
    box = outbox()
    for delta in "abc":
        box.accept(Text("r1", delta))
    take(box)
    held = box.gate.memory
    box.measure(0, 0)

    assert (True, 0) == (held > 0, box.gate.memory)


def test_before_the_start_and_after_the_end_nothing_is_accepted() -> None:
    """Each with its own typed reason."""
    box = outbox()
    box.gate.stop()
    with pytest.raises(WebSocketManagerNotInitializedError):
        box.accept(Text("r1", "a"))
    box.gate.start()
    box.end()
    with pytest.raises(SessionClosed):
        box.accept(Text("r1", "a"))

    assert {"runtime_not_started": 1, "session_closed": 1} == box.gate.refused


def test_a_run_id_that_is_none_of_one_is_refused() -> None:
    """A wrong context is an error, never a default."""
    with pytest.raises(WebSocketContextValidationError):
        outbox().accept(Text("", "a"))


def test_a_store_that_is_down_shuts_the_gate_until_it_works() -> None:
    """Emit raises in the caller's stack."""
    box = outbox()
    box.store_failed(StoreUnavailable("disk"))
    with pytest.raises(StoreUnavailable):
        box.accept(Text("r1", "a"))
    box.store_works()
    box.accept(Text("r1", "a"))

    assert 1 == box.counts().accepted


def test_entries_are_offered_until_they_are_confirmed() -> None:
    """The same batch again, though more has come: its answer may have been lost."""
    box = outbox()
    box.accept(Text("r1", "a"))
    first = box.peek(10, 1000)
    box.accept(Text("r1", "b"))

    assert first == box.peek(10, 1000)


def test_each_writer_counts_without_a_gap() -> None:
    """However the runs take turns: a run that goes on after another is a new writer, which begins with 1."""
    box = outbox()
    taken: list[Any] = []
    for run in ("r1", "r1", "r2", "r1", "r2", "r2", "r1"):
        box.accept(Text("r", "x"), run)
        if run == "r2":
            taken += take(box)
    taken += take(box)
    next_n: dict[str, int] = {}
    numbers = [(next_n.get(p.writer, 1), next_n.update({p.writer: p.n0 + len(p.bodies)}))[0] for p in taken]

    assert [p.n0 for p in taken] == numbers
    assert ["r1", "r2", "r1", "r2", "r2", "r1"] == [p.writer.partition("/")[0] for p in taken]


def test_after_a_crashed_step_entries_are_tried_singly() -> None:
    """The second crash condemns one, and only that one."""
    box = outbox()
    for delta in "abc":
        box.accept(Text("r1", delta))
    box.peek(10, 1000)
    box.blame("f1")
    single = box.peek(10, 1000)
    assert single is not None
    box.confirm(single, 1, "e", 1, 10)
    box.peek(10, 1000)
    box.blame("f2")
    condemned = box.peek(10, 1000)
    assert condemned is not None
    box.confirm(condemned, 2, "e", 2, 20)
    after = box.peek(10, 1000)

    assert after is not None
    assert [(1, False), (1, True), (1, False)] == [(len(p.bodies), p.quarantined) for p in (single, condemned, after)]


def test_many_threads_emit_and_nothing_is_lost_or_doubled() -> None:
    """The numbers are contiguous, and one waking is enough for a burst."""
    box = outbox(buffer_events=100_000)
    threads = [threading.Thread(target=lambda: [box.accept(Text("r1", "x")) for _ in range(500)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = take(box)

    assert (4000, 0) == (sum(len(p.bodies) for p in taken), box.counts().pending)
    assert 4000 == box.progress.appended


def test_a_refusal_names_what_was_seen_though_there_is_room_a_moment_later() -> None:
    """The reason is what the gate saw under its lock, not what is there when the error is made."""
    box = outbox(buffer_events=1)
    box.accept(Text("r1", "a"))
    take(box)
    box.lock = Releases(box.lock, lambda: box.measure(0, 0))

    with pytest.raises(BufferFull) as caught:
        box.accept(Text("r1", "b"))
    assert (1, 0) == (caught.value.details["events"], box.held[0])


class Releases:
    """A lock that does something the first time it is released."""

    def __init__(self, lock: Any, then: Any) -> None:
        self.lock, self.then = lock, then

    def __enter__(self) -> None:
        self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.lock.release()
        then, self.then = self.then, lambda: None
        then()


class ClosedLoop:
    """A loop that closes between the question and the call."""

    closed = False

    def is_closed(self) -> bool:
        """Say no until something was called."""
        return self.closed

    def call_soon_threadsafe(self, *_: object) -> None:
        """Be closed by now."""
        self.closed = True
        raise RuntimeError("Event loop is closed")


async def test_room_wakes_everybody_though_the_loop_of_one_has_closed() -> None:
    """Nor does it raise into the step of the session that made the room."""
    box = outbox()
    gone, here = AsyncWaiter(), AsyncWaiter()
    gone._loop = ClosedLoop()  # type: ignore[assignment]
    box.gate.on_room(gone)
    box.gate.on_room(here)
    box.measure(0, 0)

    assert await here.wait(None, box.clock)


def test_the_log_learns_which_writers_are_done() -> None:
    """With the append after their last batch was confirmed; until that is confirmed too."""
    box = outbox()
    for run in ("r1", "r2", "r3"):
        box.accept(Text("r", "x"), run)
    taken = take(box)
    box.accept(Text("r", "x"), "r4")
    last = box.peek(10, 1000)
    again = box.peek(10, 1000)

    assert last is not None
    assert [(), (taken[0].writer,), (taken[1].writer,), (taken[2].writer,)] == [p.done for p in (*taken, last)]
    assert last == again


async def test_put_waits_for_room_and_gives_up_in_time() -> None:
    """A refusal that is waited out is none; one that is not is counted."""
    box = outbox(buffer_events=1)
    clock = box.clock
    assert isinstance(clock, ManualClock)
    await box.put(Text("r1", "a"))
    waiting = asyncio.ensure_future(box.put(Text("r1", "b"), timeout=5.0))
    await clock.settle()
    take(box)
    box.measure(0, 0)
    await clock.settle()
    came = waiting.done()
    late = asyncio.ensure_future(box.put(Text("r1", "c"), timeout=5.0))
    await clock.run(5.0)

    assert (True, True) == (came, late.done())
    with pytest.raises(EmitTimeout):
        await late
    assert {"emit_timeout": 1} == box.counts().refused
