"""Budget: how many restarts are allowed in how many seconds, and the sliding window that counts them."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Literal, Never, TypeAlias

from attrs import frozen
from stentor.protocol.errors import BadPolicy

from ._checks import Faults, assign, is_count, is_seconds

__all__ = ["Budget", "BudgetOrUnlimited", "Window", "longest"]

BudgetOrUnlimited: TypeAlias = "Budget | Literal['unlimited']"

_KNOWN = ("max_restarts", "max_seconds")


@frozen(init=False)
class Budget:
    """At most *max_restarts* restarts within any *max_seconds*; one more spends it.

    Args:
        max_restarts: How many; 0 for none at all.
        max_seconds: Length of the sliding window in seconds.

    Raises:
        BadPolicy: If a value is not allowed; ``errors`` has them all.
    """

    max_restarts: int
    max_seconds: float

    def __init__(self, max_restarts: int = 3, max_seconds: float = 5.0, **unknown: Never) -> None:
        faults = Faults("budget")
        faults.need(is_count(max_restarts), "max_restarts", max_restarts, "a whole number, 0 or more")
        faults.need(is_seconds(max_seconds, above=0), "max_seconds", max_seconds, "seconds, more than 0")
        faults.unknown(unknown, _KNOWN)
        if faults.found:
            raise BadPolicy(faults.found)
        assign(self, max_restarts=max_restarts, max_seconds=max_seconds)


def longest(*budgets: BudgetOrUnlimited | None) -> float:
    """Return the seconds of that one of *budgets* whose window is the longest; 0.0 if none has a window."""
    return max((budget.max_seconds for budget in budgets if isinstance(budget, Budget)), default=0.0)


class Window:
    """The times at which units of one budget were charged, as far as they still count."""

    __slots__ = ("_head", "_times")

    def __init__(self) -> None:
        self._times: list[float] = []
        self._head = 0

    def charge(self, now: float, seconds: float, kept: float = 0.0) -> int:
        """Add one unit at *now* and return how many count: those not older than *seconds*, equal ones kept."""
        self._times.append(now)
        return self.count(now, seconds, kept)

    def count(self, now: float, seconds: float, kept: float = 0.0) -> int:
        """Return how many units count at *now*, and forget those that are older than *kept* seconds too."""
        times = self._times
        head = bisect_left(times, now - seconds, self._head)
        counted = len(times) - head
        if kept > seconds:
            head = bisect_left(times, now - kept, self._head)
        # Cut only when half of it is spent, so that a large budget costs no copy at each restart.
        if head > 16 and head * 2 > len(times):
            del times[:head]
            head = 0
        self._head = head
        return counted

    def enter(self, at: float) -> None:
        """Add one unit that was charged to somebody else at *at*."""
        insort(self._times, at, self._head)

    def refund(self, at: float) -> bool:
        """Take back one unit that was charged at *at*; tell whether there was one."""
        times = self._times
        index = bisect_left(times, at, self._head)
        if index == len(times) or times[index] != at:
            return False
        del times[index]
        return True

    def peek(self, now: float, seconds: float) -> int:
        """Return how many units count at *now*, changing nothing."""
        return len(self._times) - bisect_left(self._times, now - seconds, self._head)
