"""Clocks: the manual one stands still until told, and needs nothing patched."""

from __future__ import annotations

import asyncio
import threading
import time

from stentor.actors import Clock, LoopClock, ManualClock


def test_both_clocks_are_clocks() -> None:
    """The port is what they have in common."""
    assert isinstance(LoopClock(), Clock)
    assert isinstance(ManualClock(), Clock)


def test_advance_fires_what_is_due_in_order_and_each_at_its_time() -> None:
    """Also what a timer sets meanwhile, if it falls due."""
    clock = ManualClock(start=100.0)
    fired: list[tuple[str, float]] = []
    clock.call_later(2.0, lambda: fired.append(("two", clock.now())))
    clock.call_later(1.0, lambda: clock.call_later(0.5, lambda: fired.append(("one and a half", clock.now()))))
    clock.call_later(9.0, lambda: fired.append(("nine", clock.now())))

    clock.advance(3.0)

    assert [("one and a half", 101.5), ("two", 102.0)] == fired
    assert (clock.now(), clock.pending) == (103.0, 1)


def test_timers_of_the_same_time_fire_in_the_order_of_setting() -> None:
    """A heap alone would not keep it."""
    clock = ManualClock()
    fired: list[int] = []
    for number in range(20):
        clock.call_later(1.0, lambda number=number: fired.append(number))  # type: ignore[misc]

    clock.advance(1.0)

    assert list(range(20)) == fired


def test_a_cancelled_timer_does_not_fire_and_is_not_pending() -> None:
    """Cancelling twice, or after firing, is harmless."""
    clock = ManualClock()
    fired: list[int] = []
    timer = clock.call_later(1.0, lambda: fired.append(1))
    timer.cancel()
    timer.cancel()

    clock.advance(2.0)

    assert ([], 0) == (fired, clock.pending)


def test_wall_time_moves_with_the_clock() -> None:
    """So records made under it are reproducible."""
    clock = ManualClock(start=5.0, wall=1000.0)
    clock.advance(2.5)

    assert (7.5, 1002.5) == (clock.now(), clock.wall())


async def test_run_lets_the_loop_work_between_two_timers() -> None:
    """A task that sets the next timer when the first has fired is served in time."""
    clock = ManualClock()
    ticks: list[float] = []

    async def ticker() -> None:
        for _ in range(3):
            tick = asyncio.Event()
            clock.call_later(1.0, tick.set)
            await tick.wait()
            ticks.append(clock.now())

    task = asyncio.create_task(ticker())
    await clock.run(10.0)
    await task

    assert [1.0, 2.0, 3.0] == ticks
    assert clock.now() == 10.0


async def test_the_loops_own_time_is_not_patched() -> None:
    """An asyncio timeout still means real seconds."""
    clock = ManualClock()
    before = asyncio.get_running_loop().time()
    await clock.run(1_000_000.0)

    assert asyncio.get_running_loop().time() - before < 60.0


async def test_a_loop_clock_fires_on_its_loop_and_can_be_cancelled() -> None:
    """From the loop itself."""
    clock = LoopClock()
    fired = asyncio.Event()
    clock.call_later(0.0, fired.set)
    never: list[int] = []
    clock.call_later(0.0, lambda: never.append(1)).cancel()

    await asyncio.wait_for(fired.wait(), 5)

    assert [] == never
    assert abs(clock.now() - time.monotonic()) < 5


async def test_a_loop_clock_takes_timers_from_other_threads() -> None:
    """They fire in the loop's thread."""
    clock = LoopClock(asyncio.get_running_loop())
    fired = asyncio.Event()
    where: list[int] = []

    def fire() -> None:
        where.append(threading.get_ident())
        fired.set()

    def set_timers() -> None:
        clock.call_later(0.0, fire)
        clock.call_later(0.0, lambda: where.append(-1)).cancel()

    # The loop stands still meanwhile, so that the second timer is cancelled before it could fire.
    thread = threading.Thread(target=set_timers)
    thread.start()
    thread.join()
    await asyncio.wait_for(fired.wait(), 5)

    assert [threading.get_ident()] == where
