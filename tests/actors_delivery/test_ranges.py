"""Failed ranges: exact, whatever their number."""

from __future__ import annotations

from stentor.actors._ranges import FailedRanges
from stentor.protocol import FailedRange


def test_no_failure_is_ever_forgotten() -> None:
    """Every second of many events."""
    ranges = FailedRanges()
    for seq in range(1, 10_001, 2):
        ranges.add(seq, seq, "handler_rejected")

    assert ["handler_rejected", None] * 5000 == [ranges.code_of(seq) for seq in range(1, 10_001)]
    assert (5000, 5000, {"handler_rejected": 5000}) == (len(ranges), ranges.how_many(1, 10_000), ranges.counts)


def test_neighbours_of_one_code_are_one_range_and_an_outcome_stays() -> None:
    """Those of different codes are not."""
    ranges = FailedRanges()
    ranges.add(1, 3, "expired")
    ranges.add(7, 9, "expired")
    fresh = ranges.add(2, 10, "unconfirmed")
    ranges.add(11, 12, "unconfirmed")

    assert [FailedRange(4, 6, "unconfirmed"), FailedRange(10, 10, "unconfirmed")] == fresh
    assert (
        FailedRange(1, 3, "expired"),
        FailedRange(4, 6, "unconfirmed"),
        FailedRange(7, 9, "expired"),
        FailedRange(10, 12, "unconfirmed"),
    ) == ranges.since(0)
    assert [FailedRange(9, 9, "expired"), FailedRange(10, 11, "unconfirmed")] == ranges.within(9, 11)
