"""Replay buffer: events by seq."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stentor.protocol import ReplayBuffer


def buffer(*sizes: int) -> ReplayBuffer:
    """Return a buffer with events of these sizes, from seq 1."""
    made = ReplayBuffer()
    made.append([b"x" * size for size in sizes])
    return made


def test_what_comes_after_a_seq() -> None:
    """A resume replays from the position that the client names."""
    made = ReplayBuffer()
    made.append([b"a", b"b", b"c"])

    assert [b"b", b"c"] == made.since(1)
    assert [b"b"] == made.since(1, 2)
    assert [] == made.since(3)


def test_what_has_left_is_an_error_and_no_hole() -> None:
    """Asking for trimmed events raises."""
    made = buffer(1, 1, 1)
    made.trim(2)

    with pytest.raises(IndexError, match=r"events 1\.\.2 have left"):
        made.since(0)


def test_bytes_are_counted_through_append_and_trim() -> None:
    """The bound by bytes is exact."""
    made = buffer(3, 5, 7)
    made.trim(1)

    assert (12, 7, 2) == (made.size, made.bytes_between(2, 3), made.first)


def test_trimming_beyond_the_end_goes_on_after_it() -> None:
    """The next event appended has the next seq."""
    made = buffer(1)
    made.trim(9)
    made.append([b"ten"])

    assert (10, 10, [b"ten"]) == (made.first, made.last, made.since(9))


def test_a_hole_keeps_its_seq() -> None:
    """An event whose body is gone still counts."""
    made = buffer(1)
    made.append_sparse([None, b"b"])

    assert ([b"x", None, b"b"], 1) == (made.since(0), made.holes)
    made.trim(2)
    assert 0 == made.holes


def test_acked_events_are_kept_up_to_a_number_and_a_size() -> None:
    """Retention is bounded both ways."""
    made = buffer(*[1] * 9)
    made.shrink(9, 4, 100)
    assert 6 == made.first

    made.shrink(9, 4, 2)
    assert 8 == made.first


@given(st.lists(st.integers(0, 9), min_size=1, max_size=20), st.integers(0, 25), st.integers(0, 60))
def test_fit_takes_as_many_as_the_bytes_allow(sizes: list[int], after: int, size: int) -> None:
    """The same as counting one by one."""
    made = buffer(*sizes)
    after = min(after, len(sizes))
    expected = after
    while expected < len(sizes) and sum(sizes[after : expected + 1]) <= size:
        expected += 1

    assert expected == made.fit(after, len(sizes), size)
