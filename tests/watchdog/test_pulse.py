"""The pulse: when a loop counts as blocked, under a clock of the test's own."""

from __future__ import annotations

from stentor.supervisor.watchdog._pulse import Pulse


def test_a_loop_that_answers_in_time_is_not_reported() -> None:
    """Each look asks for a beat, and the beat comes before the limit."""
    pulse = Pulse(limit=1.0, every=0.25)

    signs: list[str] = []
    for tick in range(8):
        signs.append(pulse.look(tick * 0.25))
        assert pulse.beat(tick * 0.25 + 0.01) is None

    assert signs == ["ask"] * 8


def test_a_loop_that_owes_its_beat_for_longer_than_the_limit_is_reported_once() -> None:
    """The limit itself is still allowed; later looks say nothing more."""
    pulse = Pulse(limit=1.0, every=0.25)

    signs = [pulse.look(tick * 0.25) for tick in range(8)]

    assert signs == ["ask", "silent", "silent", "silent", "silent", "blocked", "silent", "silent"]


def test_the_beat_after_a_report_tells_for_how_long() -> None:
    """It counts from when the beat was asked for."""
    pulse = Pulse(limit=1.0, every=0.25)
    for tick in range(6):
        pulse.look(10.0 + tick * 0.25)

    assert pulse.beat(13.5) == 3.5
    assert pulse.look(13.6) == "ask"


def test_a_process_that_stood_still_is_not_taken_for_a_blocked_loop() -> None:
    """A stopped process stops its watchdog too: the look that comes much too late starts the count anew."""
    pulse = Pulse(limit=1.0, every=0.25)
    pulse.look(0.0)

    assert pulse.look(60.0) == "asleep"
    assert [pulse.look(60.0 + tick * 0.25) for tick in range(1, 6)] == ["silent"] * 4 + ["blocked"]
