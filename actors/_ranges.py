"""Ranges of failed events: sorted, disjoint, neighbours of one code joined; none is ever forgotten."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right

from stentor.protocol import FailedRange

__all__ = ["FailedRanges"]


class FailedRanges:
    """Which seqs failed, with what. A range costs 18 bytes: an old receipt may ask as long as the session lives."""

    __slots__ = ("_codes", "_firsts", "_lasts", "_names", "counts")

    def __init__(self) -> None:
        self._firsts = array("Q")
        self._lasts = array("Q")
        self._codes = array("H")  # places in _names
        self._names: list[str] = []
        self.counts: dict[str, int] = {}

    def __bool__(self) -> bool:
        return bool(self._firsts)

    def __len__(self) -> int:
        return len(self._firsts)

    def add(self, first: int, last: int, code: str) -> list[FailedRange]:
        """Let *first* … *last* fail; return what of them had not failed before. An outcome is never changed."""
        fresh = self._uncovered(first, last, code)
        for new in fresh:
            self._insert(new)
            self.counts[code] = self.counts.get(code, 0) + new.last - new.first + 1
        return fresh

    def code_of(self, seq: int) -> str | None:
        """Return the code that *seq* failed with, or None."""
        at = bisect_right(self._firsts, seq) - 1
        return self._names[self._codes[at]] if at >= 0 and seq <= self._lasts[at] else None

    def since(self, seq: int) -> tuple[FailedRange, ...]:
        """Return the ranges that reach above *seq*."""
        return tuple(
            FailedRange(self._firsts[at], self._lasts[at], self._names[self._codes[at]])
            for at in range(bisect_right(self._lasts, seq), len(self._firsts))
        )

    def within(self, first: int, last: int) -> list[FailedRange]:
        """Return what of *first* … *last* failed."""
        return [
            FailedRange(max(first, self._firsts[at]), min(last, self._lasts[at]), self._names[self._codes[at]])
            for at in range(bisect_left(self._lasts, first), bisect_right(self._firsts, last))
        ]

    def how_many(self, first: int, last: int) -> int:
        """Return how many seqs of *first* … *last* failed."""
        return sum(
            max(0, min(last, self._lasts[at]) - max(first, self._firsts[at]) + 1)
            for at in range(bisect_left(self._lasts, first), bisect_right(self._firsts, last))
        )

    def _uncovered(self, first: int, last: int, code: str) -> list[FailedRange]:
        found: list[FailedRange] = []
        for at in range(bisect_left(self._lasts, first), bisect_right(self._firsts, last)):
            if first < self._firsts[at]:
                found.append(FailedRange(first, self._firsts[at] - 1, code))
            first = self._lasts[at] + 1
        if first <= last:
            found.append(FailedRange(first, last, code))
        return found

    def _insert(self, new: FailedRange) -> None:
        at, code = bisect_left(self._firsts, new.first), self._number(new.code)
        first, last = new.first, new.last
        if at < len(self._firsts) and self._firsts[at] == last + 1 and self._codes[at] == code:
            last = self._lasts[at]
            del self._firsts[at], self._lasts[at], self._codes[at]
        if at > 0 and self._lasts[at - 1] == first - 1 and self._codes[at - 1] == code:
            self._lasts[at - 1] = last
            return
        self._firsts.insert(at, first)
        self._lasts.insert(at, last)
        self._codes.insert(at, code)

    def _number(self, code: str) -> int:
        if code not in self._names:
            self._names.append(code)
        return self._names.index(code)
