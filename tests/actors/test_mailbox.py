"""Mailbox: order, bound, age, and the doors that Pykka knows."""

from __future__ import annotations

import threading
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from stentor.actors import Actor, LoopActor, ManualClock
from stentor.actors.loop._mailbox import Mailbox


@given(st.lists(st.one_of(st.integers(), st.none()), max_size=60))
def test_messages_come_out_in_the_order_in_which_they_went_in(script: list[int | None]) -> None:
    """Whatever the order of putting (a number) and taking (None)."""
    mailbox = Mailbox("/m", 1000)
    expected: list[int] = []
    for step in script:
        if step is not None:
            mailbox.push(step, None)
            expected.append(step)
        elif expected:
            assert expected.pop(0) == mailbox.get().message
        assert (len(expected), not expected) == (mailbox.depth, mailbox.empty())


def test_the_oldest_age_is_that_of_the_message_that_is_next() -> None:
    """Across the two lists in which messages are kept."""
    clock = ManualClock()
    mailbox = Mailbox("/m", 10, clock.now)
    for _ in range(3):
        mailbox.push("m", None)
        clock.advance(1.0)

    assert mailbox.oldest_age(clock.now()) == 3.0
    mailbox.get()
    assert mailbox.oldest_age(clock.now()) == 2.0


def test_no_message_of_many_threads_is_lost_or_handled_twice() -> None:
    """Each sender's own are in order."""
    done = threading.Event()

    class Collector(LoopActor):
        def __init__(self) -> None:
            super().__init__()
            self.got: list[tuple[int, int]] = []

        def on_receive(self, message: Any) -> Any:
            self.got.append(message)
            if len(self.got) == 8000:
                done.set()

    ref = Collector.start()
    threads = [
        threading.Thread(target=lambda n=n: [ref.tell((n, i)) for i in range(2000)])  # type: ignore[misc]
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert done.wait(10)
    got = ref.proxy().got.get()
    assert all([i for n, i in got if n == sender] == list(range(2000)) for sender in range(4))
    ref.stop()


def test_an_idle_guarded_actor_costs_about_a_kilobyte() -> None:
    """No deque, no Event, no URN until somebody wants one."""
    import tracemalloc

    class Idle(Actor):
        pass

    refs = [Idle.start() for _ in range(100)]
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        refs += [Idle.start() for _ in range(1000)]
        each = (tracemalloc.get_traced_memory()[0] - before) / 1000
    finally:
        tracemalloc.stop()
    for ref in refs:
        ref.stop(block=False)

    assert each < 2048, each
