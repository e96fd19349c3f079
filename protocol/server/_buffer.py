"""Replay buffer: the bodies of events by seq, contiguous, with their bytes counted."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate

__all__ = ["ReplayBuffer"]


class ReplayBuffer:
    """Holds the events *first* … *last*. An event whose body is gone is a hole (None) and keeps its seq.

    Args:
        first: Seq of the first event that will be appended.
    """

    __slots__ = ("_base", "_ends", "_items", "first", "holes", "last")

    def __init__(self, first: int = 1) -> None:
        self.first = first
        self.last = first - 1
        self.holes = 0
        self._items: list[bytes | None] = []
        # Bytes from the beginning of time up to and with each item: any range's bytes are one subtraction.
        self._ends: list[int] = []
        self._base = 0

    def __len__(self) -> int:
        return len(self._items)

    @property
    def size(self) -> int:
        """Bytes of all bodies held."""
        return self._ends[-1] - self._base if self._ends else 0

    def append(self, bodies: Sequence[bytes]) -> None:
        """Add *bodies* after the last event."""
        ends = self._ends
        if ends:
            # The last end stands for all before it, and comes back as the first one of the sums.
            ends += accumulate(map(len, bodies), initial=ends.pop())
        else:
            ends += accumulate(map(len, bodies), initial=self._base)
            del ends[0]
        self._items += bodies
        self.last += len(bodies)

    def append_sparse(self, bodies: Sequence[bytes | None]) -> None:
        """Add *bodies* after the last event; None is a hole."""
        for body in bodies:
            if body is None:
                self.pad(self.last + 1)
            else:
                self.append((body,))

    def pad(self, last: int) -> None:
        """Fill up with holes until *last*."""
        count = last - self.last
        if count <= 0:
            return
        self._items.extend([None] * count)
        self._ends.extend([self._ends[-1] if self._ends else self._base] * count)
        self.last = last
        self.holes += count

    def release(self, first: int, last: int) -> None:
        """Let the bodies of *first* … *last* go; holes are left in their places."""
        low, high = max(first - self.first, 0), min(last, self.last) + 1 - self.first
        if low >= high:
            return
        freed = 0
        for at in range(low, len(self._items)):
            body = self._items[at]
            if at < high and body is not None:
                freed += len(body)
                self._items[at] = None
                self.holes += 1
            self._ends[at] -= freed

    def since(self, seq: int, last: int | None = None) -> list[bytes | None]:
        """Return the bodies after *seq* up to *last* (the buffer's own, if None), oldest first.

        Raises:
            IndexError: If an event after *seq* has left the buffer.
        """
        if seq < self.first - 1:
            raise IndexError(f"events {seq + 1}..{self.first - 1} have left the buffer")
        return self._items[seq + 1 - self.first : None if last is None else last + 1 - self.first]

    def bytes_between(self, after: int, last: int) -> int:
        """Return the bytes of the events after *after* up to *last*; what has left the buffer counts nothing."""
        return self._end(last) - self._end(after)

    def tail(self, cursor: int, size: int, base: int, window: int) -> list[bytes | None] | None:
        """Return all after *cursor* if that has at most *size* bytes, and all after *base* at most *window*, else None.

        There is something after *cursor*, which is not before *base*.

        Raises:
            IndexError: If an event after *cursor* has left the buffer.
        """
        ends, first = self._ends, self.first
        total = ends[-1]
        if (
            total - (ends[cursor - first] if cursor >= first else self._base) > size
            or total - (ends[base - first] if base >= first else self._base) > window
        ):
            return None
        return self.since(cursor) if cursor < first else self._items[cursor + 1 - first :]

    def fit(self, after: int, last: int, size: int) -> int:
        """Return the last seq up to *last* so that the events after *after* have at most *size* bytes together."""
        if self._end(last) - self._end(after) <= size:
            return last
        low = max(after + 1 - self.first, 0)
        return self.first - 1 + bisect_right(self._ends, self._end(after) + size, low, last + 1 - self.first)

    def trim(self, seq: int) -> None:
        """Forget the events up to *seq*; beyond the last one, the buffer goes on after *seq*."""
        count = seq + 1 - self.first
        if count <= 0:
            return
        if count >= len(self._items):
            self._base = self._ends[-1] if self._ends else self._base
            self._items.clear()
            self._ends.clear()
            self.first, self.last, self.holes = seq + 1, seq, 0
            return
        if self.holes:
            self.holes -= sum(item is None for item in self._items[:count])
        self._base = self._ends[count - 1]
        del self._items[:count]
        del self._ends[:count]
        self.first += count

    def shrink(self, upto: int, events: int, size: int) -> None:
        """Of the events up to *upto* keep the last *events*, and at most *size* bytes.

        Up to twice *events* stay until there is something to do: cutting the front of a list moves the rest.
        """
        if upto > self.last:
            # Acked by another owner, or before we had them: there is no point in having them now.
            self.trim(upto)
            return
        kept = upto - self.first + 1
        if kept <= 0:
            return
        if kept > 2 * events:
            self.trim(upto - events)
            kept = events
        excess = self._ends[kept - 1] - self._base - size
        if excess > 0:
            self.trim(self.first + bisect_left(self._ends, self._base + excess, 0, kept - 1))

    def _end(self, seq: int) -> int:
        if seq < self.first:
            return self._base
        return self._ends[min(seq - self.first, len(self._ends) - 1)] if self._ends else self._base
