"""Ledger: the outcome of every event of an epoch. Acked is the rule, so only failures take room."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable

from .._log_values import FailedRange

__all__ = ["Ledger"]


class Ledger:
    """A floor, below which every event has its outcome, and the ranges that failed, merged by code.

    Args:
        most: Ranges told apart at most. Beyond it the oldest ones below the floor stay as counts only.
    """

    __slots__ = ("_forgotten", "_ranges", "counts", "floor", "last_failed", "most")

    def __init__(self, most: int = 1000) -> None:
        self.floor = 0
        self.last_failed = 0
        """Highest seq that failed, 0 for none."""
        self.counts: dict[str, int] = {}
        """Failed events by code, over the whole epoch."""
        self._ranges: list[FailedRange] = []
        self._forgotten = 0
        self.most = most

    @property
    def failed(self) -> tuple[FailedRange, ...]:
        """The failed ranges, in order."""
        return tuple(self._ranges)

    def settle(self, floor: int, failed: Iterable[FailedRange] = ()) -> tuple[FailedRange, ...]:
        """Take over what the log says, and return the failures that are new. The first outcome of an event stays."""
        new: list[FailedRange] = []
        for item in failed:
            new.extend(self._add(item))
        if floor > self.floor:
            self.floor = floor
        if len(self._ranges) > self.most:
            self._forget()
        return tuple(new)

    def outcome(self, seq: int) -> str:
        """Return ``acked``, ``buffered``, or the code under which *seq* failed.

        Raises:
            LookupError: If it is so old that only counts are left.
        """
        if seq <= self._forgotten:
            raise LookupError(f"of events up to {self._forgotten} only the counts by code are kept")
        covering = self.failed_from(seq)
        if covering is not None and covering.first <= seq:
            return covering.code
        return "acked" if seq <= self.floor else "buffered"

    def failed_from(self, seq: int) -> FailedRange | None:
        """Return the first failed range that ends at *seq* or later."""
        if seq > self.last_failed:
            return None
        place = bisect_left(self._ranges, seq, key=_last)
        return self._ranges[place] if place < len(self._ranges) else None

    def pieces(self, first: int, last: int) -> list[tuple[int, int]]:
        """Return the parts of *first* … *last* that have no outcome yet."""
        first = max(first, self.floor + 1)
        found: list[tuple[int, int]] = []
        while first <= last:
            covering = self.failed_from(first)
            if covering is None or covering.first > last:
                found.append((first, last))
                break
            if covering.first > first:
                found.append((first, covering.first - 1))
            first = covering.last + 1
        return found

    def settled(self) -> int:
        """Return up to where every event has its outcome: the floor, and what failed right after it."""
        seq = self.floor
        while (covering := self.failed_from(seq + 1)) is not None and covering.first <= seq + 1:
            seq = covering.last
        return seq

    def acked(self) -> int:
        """Return how many events were handled by a client."""
        # Forgotten ranges lie below the floor; their events are in the counts.
        above = sum(item.last - max(item.first, self.floor + 1) + 1 for item in self._ranges if item.last > self.floor)
        return self.floor - (sum(self.counts.values()) - above)

    def _add(self, item: FailedRange) -> list[FailedRange]:
        first = max(item.first, self._forgotten + 1)
        new: list[FailedRange] = []
        while first <= item.last:
            covering = self.failed_from(first)
            last = item.last if covering is None else min(item.last, covering.first - 1)
            if last >= first:
                new.append(FailedRange(first, last, item.code))
                self._insert(new[-1])
            first = item.last + 1 if covering is None else covering.last + 1
        return new

    def _insert(self, item: FailedRange) -> None:
        self.counts[item.code] = self.counts.get(item.code, 0) + item.last - item.first + 1
        place = bisect_left(self._ranges, item.first, key=_last)
        before = self._ranges[place - 1] if place else None
        after = self._ranges[place] if place < len(self._ranges) else None
        first, last = item.first, item.last
        if after is not None and after.first == last + 1 and after.code == item.code:
            last = after.last
            del self._ranges[place]
        if before is not None and before.last == first - 1 and before.code == item.code:
            first = before.first
            del self._ranges[place - 1]
        insort(self._ranges, FailedRange(first, last, item.code), key=_last)
        self.last_failed = self._ranges[-1].last

    def _forget(self) -> None:
        excess = len(self._ranges) - self.most
        while excess > 0 and self._ranges and self._ranges[0].last <= self.floor:
            self._forgotten = self._ranges.pop(0).last
            excess -= 1


def _last(item: FailedRange) -> int:
    return item.last
