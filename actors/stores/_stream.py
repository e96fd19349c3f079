"""One session's events in memory: those that wait, those kept for a reload, and the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from stentor.protocol import Append, Appended, FailedRange, LogState

from .._ranges import FailedRanges
from ..ports import Batch, LogFloor, Outcomes

__all__ = ["Stream"]


class Stream:
    """Events ``floor+1 … head`` wait in order; a few before them are kept. Not thread-safe: its store is."""

    __slots__ = (
        "bytes",
        "conns",
        "count",
        "epoch",
        "failed",
        "floor",
        "gen",
        "head",
        "incarnation",
        "kept",
        "kept_bytes",
        "next_conn",
        "owner",
        "tab",
        "waiting",
        "writers",
    )

    def __init__(self, epoch: str, failed_ranges: int) -> None:
        self.epoch = epoch
        self.head = self.floor = 0
        self.count = self.bytes = 0
        self.waiting: list[bytes] = []
        self.kept: list[bytes] = []
        self.kept_bytes = 0
        self.failed = FailedRanges(failed_ranges)
        self.writers: dict[str, tuple[int, int, int]] = {}  # writer -> n0, first, count of its newest batch
        self.owner: str | None = None
        self.gen = self.incarnation = 0
        self.conns: dict[str, int] = {}
        self.next_conn = 0
        self.tab: str | None = None  # whose the newest connection is

    def append(self, batch: Append) -> Appended:
        """Give the bodies of *batch* their seqs; a batch that is known is answered again.

        Raises:
            ValueError: If the writer skipped a number, or repeats half a batch: both would fork the stream.
        """
        bodies = batch.bodies
        known = self.writers.get(batch.writer)
        expected = known[0] + known[2] if known is not None else batch.n0
        if batch.n0 != expected:
            return self._repeated(batch, known, expected)
        first = self.head + 1
        self.head += len(bodies)
        self.waiting.extend(bodies)
        self.count += len(bodies)
        self.bytes += sum(map(len, bodies))
        self.writers[batch.writer] = (batch.n0, first, len(bodies))
        return Appended(first, self.head, self.floor, self.count, self.bytes, self.epoch)

    def _repeated(self, batch: Append, known: tuple[int, int, int] | None, expected: int) -> Appended:
        if known is None or batch.n0 < known[0] or batch.n0 + len(batch.bodies) > expected:
            raise ValueError(f"writer {batch.writer!r} appended {batch.n0}; expected {expected}")
        first = known[1] + batch.n0 - known[0]
        return Appended(first, self.head, self.floor, self.count, self.bytes, self.epoch)

    def read(self, after: int, limit: int, max_bytes: int) -> Batch:
        """Return what is there after *after*, from the oldest that is still kept."""
        oldest = self.floor - len(self.kept) + 1
        first = max(after + 1, oldest)
        skip = first - oldest
        if skip >= len(self.kept):
            events: Iterable[bytes] = islice(self.waiting, skip - len(self.kept), None)
        else:
            events = (*islice(self.kept, skip, None), *self.waiting)
        found: list[bytes] = []
        size = 0
        for body in events:
            size += len(body)
            if len(found) >= limit or (found and size > max_bytes):
                break
            found.append(body)
        return Batch(first, tuple(found))

    def ack(self, upto: int, retain_events: int, retain_bytes: int) -> None:
        """Move the floor to *upto*; what failed before keeps that outcome."""
        count = min(upto, self.head) - self.floor
        if count <= 0:
            return
        done = self.waiting[:count]
        del self.waiting[:count]
        size = sum(map(len, done))
        self.kept += done
        self.kept_bytes += size
        if self.failed:
            for seq, body in enumerate(done, self.floor + 1):
                if self.failed.code_of(seq) is not None:
                    count -= 1
                    size -= len(body)
        self.count -= count
        self.bytes -= size
        self.floor += len(done)
        surplus = len(self.kept) - retain_events
        if surplus > 0:
            self._forget(surplus)
        while self.kept_bytes > retain_bytes:
            self._forget(1)

    def _forget(self, count: int) -> None:
        self.kept_bytes -= sum(map(len, self.kept[:count]))
        del self.kept[:count]

    def fail(self, ranges: Iterable[FailedRange]) -> tuple[FailedRange, ...]:
        """Let what waits in *ranges* fail; return what of *ranges* has failed.

        That is also what had failed before: whoever asks again may have missed the answer.
        """
        found: list[FailedRange] = []
        for wanted in ranges:
            for new in self.failed.add(max(wanted.first, self.floor + 1), min(wanted.last, self.head), wanted.code):
                self.count -= new.last - new.first + 1
                self.bytes -= sum(map(len, islice(self.waiting, new.first - self.floor - 1, new.last - self.floor)))
            found += self.failed.within(wanted.first, wanted.last)
        return tuple(found)

    def answer(self, failed: tuple[FailedRange, ...]) -> LogFloor:
        """Say where the floor is, and that *failed* failed."""
        return LogFloor(self.floor, failed, self.epoch, self.count, self.bytes)

    def state(self) -> LogState:
        """Return what an owner has to know."""
        return LogState(self.epoch, self.head, self.floor, self.failed.since(0))

    def outcomes(self, since: int) -> Outcomes:
        """Return the ledger."""
        return Outcomes(
            self.epoch,
            self.head,
            self.floor,
            self.failed.since(since),
            dict(self.failed.counts),
            self.count,
            self.bytes,
        )
