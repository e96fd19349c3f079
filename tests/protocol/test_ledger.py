"""Ledger: the outcome of every event."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stentor.protocol import FailedRange, Ledger


def test_neighbours_of_one_code_are_one_range() -> None:
    """A thousand expired events take the room of one."""
    ledger = Ledger()
    ledger.settle(0, [FailedRange(3, 3, "expired"), FailedRange(5, 6, "expired")])
    ledger.settle(0, [FailedRange(4, 4, "expired"), FailedRange(7, 7, "lost")])

    assert (FailedRange(3, 6, "expired"), FailedRange(7, 7, "lost")) == ledger.failed
    assert {"expired": 4, "lost": 1} == ledger.counts


def test_the_first_outcome_stays() -> None:
    """An event that failed does not fail again under another code."""
    ledger = Ledger()
    ledger.settle(0, [FailedRange(2, 4, "expired")])

    new = ledger.settle(6, [FailedRange(1, 5, "handler_rejected")])

    assert (FailedRange(1, 1, "handler_rejected"), FailedRange(5, 5, "handler_rejected")) == new
    assert (1, 3, 2) == (ledger.acked(), ledger.counts["expired"], ledger.counts["handler_rejected"])


def test_an_event_is_acked_buffered_or_failed() -> None:
    """There is no fourth."""
    ledger = Ledger()
    ledger.settle(2, [FailedRange(2, 2, "handler_rejected"), FailedRange(4, 4, "expired")])

    assert ["acked", "handler_rejected", "buffered", "expired"] == [ledger.outcome(seq) for seq in (1, 2, 3, 4)]


def test_what_failed_right_above_the_floor_is_settled() -> None:
    """A drain does not wait for what has its outcome."""
    ledger = Ledger()
    ledger.settle(2, [FailedRange(3, 4, "expired"), FailedRange(5, 5, "lost"), FailedRange(7, 7, "lost")])

    assert 5 == ledger.settled()
    assert [(6, 6), (8, 9)] == ledger.pieces(1, 9)


def test_old_ranges_stay_as_counts() -> None:
    """The ledger is bounded, and says so where it no longer knows."""
    ledger = Ledger(most=2)
    ledger.settle(20, [FailedRange(seq, seq, "lost") for seq in (1, 3, 5, 7)])

    assert (2, 4, 16) == (len(ledger.failed), ledger.counts["lost"], ledger.acked())
    with pytest.raises(LookupError):
        ledger.outcome(3)


@given(
    st.lists(st.tuples(st.integers(1, 30), st.integers(0, 6), st.sampled_from("ab"), st.integers(0, 30)), max_size=15)
)
def test_the_ledger_agrees_with_a_table(steps: list[tuple[int, int, str, int]]) -> None:
    """Against a dictionary that notes every event on its own."""
    ledger, table, floor = Ledger(), {}, 0
    for first, more, code, up in steps:
        ledger.settle(up, [FailedRange(first, first + more, code)])
        floor = max(floor, up)
        for seq in range(first, first + more + 1):
            table.setdefault(seq, code)

    for seq in range(1, 40):
        assert table.get(seq, "acked" if seq <= floor else "buffered") == ledger.outcome(seq)
    assert sum(1 for seq in range(1, floor + 1) if seq not in table) == ledger.acked()
    assert all(a.last + 1 < b.first or a.code != b.code for a, b in zip(ledger.failed, ledger.failed[1:], strict=False))
