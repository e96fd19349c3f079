"""How far the events of one outbox are: their seqs and outcomes, from which receipts are answered."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Iterable
from typing import Literal, TypeAlias

from stentor.protocol import FailedRange

from .._ranges import FailedRanges
from ._waiter import Waiter

__all__ = ["Progress", "Stage", "State"]

Stage: TypeAlias = Literal["buffered", "sent", "acked"]
State: TypeAlias = Literal["accepted", "buffered", "sent", "acked", "failed"]


class Progress:
    """The ledger as far as receipts need it: a receipt holds an index, and asks here.

    Nothing is kept for a receipt that nobody awaits. The outbox's lock guards changes.
    """

    __slots__ = (
        "_heaps",
        "_indexes",
        "_seqs",
        "_ticket",
        "appended",
        "epoch",
        "failed",
        "floor",
        "lost",
        "sent",
        "unconfirmed",
    )

    def __init__(self) -> None:
        self.appended = 0
        """Index of the last event that has a seq. Indexes count 1, 2, 3 … in the order of acceptance."""
        self.epoch: str | None = None
        self.floor = 0
        self.sent = 0
        self.failed: FailedRanges | None = None
        self.lost = 0
        """Events up to this index belonged to an epoch that is gone."""
        self.unconfirmed = False
        """The session ended: events that have no seq by now get none, and have failed."""
        # Where the seqs do not simply count on from the event before: other processes append to the same log.
        self._indexes: list[int] = []
        self._seqs: list[int] = []
        self._heaps: dict[Stage, list[tuple[int, int, Waiter]]] | None = None
        self._ticket = 0

    def seq(self, index: int) -> int | None:
        """Return the seq of the event with *index*, or None if it has none (any more)."""
        if not self.lost < index <= self.appended:
            return None
        at = bisect_right(self._indexes, index) - 1
        return self._seqs[at] + index - self._indexes[at]

    def passed(self, index: int, stage: Stage) -> int | None:
        """Return the seq of an event that is *stage* already and did not fail; None if one has to look closer."""
        seq = self.seq(index)
        if seq is None or (self.failed is not None and self.failed.code_of(seq) is not None):
            return None
        reached = seq <= self.floor or (stage == "sent" and seq <= self.sent) or stage == "buffered"
        return seq if reached else None

    def state(self, index: int) -> tuple[State, str | None]:
        """Return how far the event is, and the code of its failure."""
        if index <= self.lost:
            return "failed", "epoch_lost"
        seq = self.seq(index)
        if seq is None:
            return ("failed", "unconfirmed") if self.unconfirmed else ("accepted", None)
        code = self.failed.code_of(seq) if self.failed is not None else None
        if code is not None:
            return "failed", code
        if seq <= self.floor:
            return "acked", None
        return ("sent" if seq <= self.sent else "buffered"), None

    @property
    def waiting(self) -> bool:
        """Whether an event that has a seq has no outcome, as far as is known here."""
        last = self.seq(self.appended)
        return last is not None and last > self.floor

    @property
    def watched(self) -> bool:
        """Whether anybody has awaited a receipt."""
        return self._heaps is not None

    # Progress; each returns those who have to be woken, once the lock is released.

    def confirm(self, count: int, first: int, epoch: str | None) -> list[Waiter]:
        """The next *count* events got the seqs from *first*."""
        woken = [] if epoch == self.epoch else self.enter(epoch)
        before = self.appended
        if not self._indexes or self._seqs[-1] + before + 1 - self._indexes[-1] != first:
            self._indexes.append(before + 1)
            self._seqs.append(first)
        self.appended = before + count
        return woken + self._reached("buffered", self.appended) if self._heaps else woken

    def reached(self) -> list[Waiter]:
        """``sent`` was set to a higher seq."""
        return self._settle("sent", self.sent) if self._heaps is not None else []

    def resolve(self, epoch: str, floor: int, failed: Iterable[FailedRange]) -> tuple[list[Waiter], list[FailedRange]]:
        """The log says: all up to *floor* has its outcome, and *failed* failed. Return the new failures too."""
        woken = [] if epoch == self.epoch else self.enter(epoch)
        fresh: list[FailedRange] = []
        for it in failed:
            if self.failed is None:
                self.failed = FailedRanges()
            fresh += self.failed.add(it.first, it.last, it.code)
        if floor > self.floor:
            self.floor = floor
        if self._heaps is not None:
            if self._heaps["sent"]:
                woken += self._settle("sent", floor)
            if self._heaps["acked"]:
                woken += self._settle("acked", floor)
            if fresh:
                woken += self._failed()
        return woken, fresh

    def enter(self, epoch: str | None) -> list[Waiter]:
        """Learn the log's epoch; a new one means that the events of the old one are lost."""
        if epoch is None or epoch == self.epoch:
            return []
        woken: list[Waiter] = []
        if self.epoch is not None:
            self.lost = self.appended
            self._indexes.clear()
            self._seqs.clear()
            self.floor = self.sent = 0
            self.failed = None
            woken = [w for stage in ("buffered", "sent", "acked") for w in self._reached(stage, self.lost)]
        self.epoch = epoch
        return woken

    # Waiting

    def watch(self) -> None:
        """Somebody is about to wait. To be called before it looks how far its event is."""
        if self._heaps is None:
            self._heaps = {"buffered": [], "sent": [], "acked": []}

    def wait(self, index: int, stage: Stage, waiter: Waiter) -> None:
        """Wake *waiter* when the event reaches *stage*, or fails."""
        self.watch()
        assert self._heaps is not None
        self._ticket += 1
        heapq.heappush(self._heaps[stage], (index, self._ticket, waiter))

    def wake_all(self) -> list[Waiter]:
        """Return everybody who waits: the session has ended."""
        heaps, self._heaps = self._heaps, None
        return [waiter for heap in (heaps or {}).values() for _, _, waiter in heap]

    def _reached(self, stage: Stage, index: int) -> list[Waiter]:
        if self._heaps is None:
            return []
        heap = self._heaps[stage]
        found: list[Waiter] = []
        while heap and heap[0][0] <= index:
            found.append(heapq.heappop(heap)[2])
        return found

    def _settle(self, stage: Stage, seq: int) -> list[Waiter]:
        assert self._heaps is not None
        heap = self._heaps[stage]
        found: list[Waiter] = []
        while heap and (mine := self.seq(heap[0][0])) is not None and mine <= seq:
            found.append(heapq.heappop(heap)[2])
        return found

    def _failed(self) -> list[Waiter]:
        """Wake those whose event failed above the floor: rare, so it looks at all."""
        assert self._heaps is not None
        found: list[Waiter] = []
        for stage, heap in self._heaps.items():
            done = [item for item in heap if self.state(item[0])[0] == "failed"]
            if done:
                found += [waiter for _, _, waiter in done]
                self._heaps[stage] = [item for item in heap if item not in done]
                heapq.heapify(self._heaps[stage])
        return found
