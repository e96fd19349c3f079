"""Ages: when the events of a stream were appended, a few marks for each of them all."""

from __future__ import annotations

__all__ = ["Ages"]

_MARKS = 32


class Ages:
    """Tells which events are older than *age* seconds: never a younger one, and each a thirty-second later at most.

    Args:
        age: Seconds until an event is old.
    """

    __slots__ = ("_grain", "_heads", "_limit", "_until")

    def __init__(self, age: float) -> None:
        self._grain = age / _MARKS
        self._limit = age
        self._until: list[float] = []
        self._heads: list[int] = []

    def append(self, head: int, now: float) -> None:
        """The stream reaches *head*, at *now*."""
        if not self._until or now > self._until[-1]:
            self._until.append(now + self._grain)
            self._heads.append(head)
        else:
            self._heads[-1] = head

    def old(self, now: float) -> int:
        """Return the newest seq of which the age has passed, 0 for none, and forget when it came."""
        count = sum(until + self._limit <= now for until in self._until)
        if not count:
            return 0
        head = self._heads[count - 1]
        del self._until[:count], self._heads[:count]
        return head

    def clear(self) -> None:
        """Nothing waits any more."""
        self._until.clear()
        self._heads.clear()
