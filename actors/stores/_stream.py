"""One session's events in memory: those that wait, those kept for a reload, and the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from stentor.protocol import Append, Appended, FailedRange, LogState

from .._ranges import FailedRanges
from ..ports import Batch, LogFloor, Outcomes, Repeated
from ._ages import Ages

__all__ = ["Stream"]


class Stream:
    """Events ``floor+1 … head`` wait in order; a few before them are kept. Not thread-safe: its store is.

    The body of an event that failed is let go at once, its place stays.

    Args:
        epoch: No other stream has had it, nor events under the same seqs.
        age: Seconds until an event is old.
        gen: Generations and connection numbers up to here are taken by a stream before it.
    """

    __slots__ = (
        "ages",
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
        "tabs",
        "waiting",
        "writers",
    )

    def __init__(self, epoch: str, age: float, gen: int = 0) -> None:
        self.epoch = epoch
        self.head = self.floor = 0
        self.count = self.bytes = 0
        self.waiting: list[bytes | None] = []
        self.kept: list[bytes | None] = []
        self.kept_bytes = 0
        self.failed = FailedRanges()
        self.ages = Ages(age)
        self.writers: dict[str, tuple[int, int, int]] = {}  # writer -> n0, first, count of its newest batch
        self.owner: str | None = None
        self.gen = gen
        self.incarnation = 0
        self.conns: dict[str, int] = {}
        self.next_conn = gen
        self.tab: str | None = None  # whose the newest connection is
        self.tabs: dict[str, dict[int, Repeated]] = {}  # what was said; the tab that spoke last is the last one

    def append(self, batch: Append, now: float) -> Appended:
        """Give the bodies of *batch* their seqs; a batch that is known is answered again.

        Raises:
            ValueError: If the writer skipped a number, or repeats half a batch: both would fork the stream.
        """
        bodies = batch.bodies
        if batch.done:
            for writer in batch.done:
                self.writers.pop(writer, None)
        writer, n0 = batch.writer, batch.n0
        known = self.writers.get(writer)
        if known is not None and n0 != known[0] + known[2]:
            return self._repeated(batch, known, known[0] + known[2])
        before, added = self.head, len(bodies)
        self.head = head = before + added
        self.ages.append(head, now)
        self.waiting += bodies
        self.count = count = self.count + added
        self.bytes = size = self.bytes + sum(map(len, bodies))
        self.writers[writer] = (n0, before + 1, added)
        return Appended(before + 1, head, self.floor, count, size, self.epoch)

    def _repeated(self, batch: Append, known: tuple[int, int, int], expected: int) -> Appended:
        if batch.n0 < known[0] or batch.n0 + len(batch.bodies) > expected:
            raise ValueError(f"writer {batch.writer!r} appended {batch.n0}; expected {expected}")
        first = known[1] + batch.n0 - known[0]
        return Appended(first, self.head, self.floor, self.count, self.bytes, self.epoch)

    def read(self, after: int, limit: int, max_bytes: int) -> Batch:
        """Return what is there after *after*, from the oldest that is still kept."""
        oldest = self.floor - len(self.kept) + 1
        first = max(after + 1, oldest)
        skip = first - oldest
        if skip >= len(self.kept):
            events: Iterable[bytes | None] = islice(self.waiting, skip - len(self.kept), None)
        else:
            events = (*islice(self.kept, skip, None), *self.waiting)
        found: list[bytes | None] = []
        size = 0
        for body in events:
            size += 0 if body is None else len(body)
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
        size = _size(done)
        self.kept += done
        self.kept_bytes += size
        if self.failed:
            count -= self.failed.how_many(self.floor + 1, self.floor + count)
        self.count -= count
        self.bytes -= size
        self.floor += len(done)
        if not self.count:
            self.ages.clear()
        surplus = len(self.kept) - retain_events
        if surplus > 0:
            self._forget(surplus)
        while self.kept_bytes > retain_bytes:
            self._forget(1)

    def _forget(self, count: int) -> None:
        self.kept_bytes -= _size(self.kept[:count])
        del self.kept[:count]

    def fail(self, ranges: Iterable[FailedRange]) -> tuple[FailedRange, ...]:
        """Let what waits in *ranges* fail; return what of *ranges* has failed.

        That is also what had failed before: whoever asks again may have missed the answer.
        """
        found: list[FailedRange] = []
        for wanted in ranges:
            for new in self.failed.add(max(wanted.first, self.floor + 1), min(wanted.last, self.head), wanted.code):
                first, last = new.first - self.floor - 1, new.last - self.floor
                self.count -= last - first
                self.bytes -= _size(self.waiting[first:last])
                self.waiting[first:last] = [None] * (last - first)
            found += self.failed.within(wanted.first, wanted.last)
        return tuple(found)

    def expire(self, now: float) -> tuple[FailedRange, ...]:
        """Let what waits and is old fail; return what of it has failed."""
        old = self.ages.old(now)
        return self.fail([FailedRange(self.floor + 1, old, "expired")]) if old > self.floor else ()

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


def _size(bodies: Sequence[bytes | None]) -> int:
    try:
        return sum(map(len, bodies))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    except TypeError:  # An event among them failed: rare, so every other one is spared the question.
        return sum(len(body) for body in bodies if body is not None)
