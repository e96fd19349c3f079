"""Limits that can not be meant so: one typed refusal names all of them."""

from __future__ import annotations

import math
from typing import Any

import attrs
import pytest
from stentor.protocol import Custom, Limits, ToolCompleted, largest_field
from stentor.protocol.errors import BadUsage


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "5000", None, math.nan, math.inf])
def test_a_count_that_is_no_whole_number_above_zero_is_refused(value: Any) -> None:
    """There is no way to switch a bound off by accident."""
    with pytest.raises(BadUsage) as caught:
        Limits(window_events=value)

    assert [f"limits.window_events is {value!r}; allowed: a whole number of events, 1 or more"] == caught.value.errors


@pytest.mark.parametrize("value", [0, -0.5, True, "0.25", None, math.nan, math.inf])
def test_a_time_that_is_no_finite_number_above_zero_is_refused(value: Any) -> None:
    """A wait of no length, or without end, would never be what was meant."""
    with pytest.raises(BadUsage) as caught:
        Limits(ack_delay=value)

    assert [f"limits.ack_delay is {value!r}; allowed: a number of seconds, more than 0"] == caught.value.errors


def test_all_wrong_limits_are_told_at_once() -> None:
    """In the order of their fields, whichever comes first in the call."""
    with pytest.raises(BadUsage) as caught:
        Limits(probe="soon", event_bytes=True, window_events=0)  # type: ignore[arg-type]

    assert ["event_bytes", "window_events", "probe"] == [
        text.split(" ")[0].removeprefix("limits.") for text in caught.value.errors
    ]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"event_bytes": 2000, "buffer_bytes": 1000}, "event_bytes is 2000 bytes, and buffer_bytes 1000"),
        ({"event_bytes": 2000, "max_memory": 1000}, "event_bytes is 2000 bytes, and max_memory 1000"),
        ({"hello_bytes": 2000, "frame_bytes": 1000}, "hello_bytes is 2000 bytes, and frame_bytes 1000"),
        ({"says_in_flight": 50, "say_burst": 50}, "says_in_flight is 50 says, and say_burst 50"),
        ({"backoff_initial": 3.0, "backoff_maximum": 2.0}, "backoff_initial is 3 seconds, and backoff_maximum 2"),
    ],
)
def test_limits_that_contradict_each_other_are_refused(given: dict[str, Any], named: str) -> None:
    """Each is allowed by itself; together one of them could never be used."""
    with pytest.raises(BadUsage) as caught:
        Limits(**given)

    assert 1 == len(caught.value.errors)
    assert named in str(caught.value)


def test_limits_that_meet_are_allowed() -> None:
    """The largest event fills the buffer, and the smallest window takes one event."""
    limits = Limits(event_bytes=1000, buffer_bytes=1000, max_memory=1000, window_events=1, buffer_events=1)

    assert 1000 == limits.buffer_bytes


def test_limits_that_are_changed_are_checked_again() -> None:
    """A copy is no way round."""
    with pytest.raises(BadUsage, match="event_bytes"):
        attrs.evolve(Limits(), event_bytes=0)


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ({"image": "x" * 100, "title": "y"}, ("data.image", 102)),
        ({"pages": ["a", {"body": "x" * 100}]}, ("data.pages.1.body", 102)),
        ({"left": "x" * 50, "right": "x" * 50}, ("data", 122)),
        ("x" * 100, ("data", 102)),
    ],
)
def test_the_largest_field_is_named_as_deep_as_one_part_makes_up_most_of_it(data: Any, named: tuple[str, int]) -> None:
    """Whoever reads it knows what to leave out."""
    assert named == largest_field(Custom("r1", "shot", data))


def test_the_largest_field_of_a_result_is_named_too() -> None:
    """Results hold any value, as custom data do."""
    assert ("result.html", 102) == largest_field(ToolCompleted("r1", "fetch", "c1", {"html": "x" * 100}))
