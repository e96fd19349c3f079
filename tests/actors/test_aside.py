"""Stepping aside for the loop: only as long as it helps."""

from __future__ import annotations

from stentor.actors import ManualClock
from stentor.actors.loop._aside import Aside


def test_what_does_not_help_costs_a_microsecond_an_ask() -> None:
    """On average: 10,000 asks, 10 milliseconds."""
    clock = ManualClock()
    aside = Aside(lambda: clock.advance(0.00002), clock.now)
    began = clock.now()

    assert not any(aside.step(lambda: False) for _ in range(10_000))
    assert 0.0102 > clock.now() - began > 0.009


def test_what_helps_is_tried_each_time() -> None:
    """The answer is there when the loop has run."""
    tried: list[None] = []
    aside = Aside(lambda: tried.append(None), ManualClock().now)

    assert all(aside.step(lambda: True) for _ in range(100))
    assert 100 == len(tried)


def test_an_answer_that_took_long_is_no_help() -> None:
    """Then another program had the processor."""
    clock = ManualClock()
    tried: list[None] = []

    def slow() -> None:
        tried.append(None)
        clock.advance(0.001)

    aside = Aside(slow, clock.now)

    assert 10 > sum(aside.step(lambda: True) for _ in range(1000)) == len(tried)


def test_where_a_thread_can_not_step_aside_it_waits() -> None:
    """Some platforms have no such call."""
    assert not Aside(None).step(lambda: True)
