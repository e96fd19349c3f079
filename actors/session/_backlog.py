"""The backlog: accepted events on their way into the log, kept until the log has confirmed them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice

import msgspec
from stentor.protocol import FailedRange, emptied
from stentor.protocol.errors import SessionClosed, StentorError, StoreUnavailable

from ..ports import Level
from ._account import Account
from ._gate import Gate
from ._waiter import Waiter

__all__ = ["Backlog", "Pending"]


_QUARANTINED_KEPT = 1000
"""Set-aside events of which a session remembers the failures."""


class Pending(msgspec.Struct, frozen=True):
    """Events for the log: neighbours of one *writer*, whose first has the number *n0*."""

    writer: str
    n0: int
    bodies: tuple[bytes, ...]
    quarantined: bool = False
    """It crashed two incarnations: it gets its seq without its data, and fails."""
    done: tuple[str, ...] = ()
    """Writers whose numbers the log need not keep any more."""


class Segment:
    """Neighbours in the queue that one writer emitted. Each is a writer of its own to the log, and counts from 1.

    So nobody has to keep a number for a run that may go on: where it goes on, that is another segment.
    """

    __slots__ = ("count", "n0", "of", "writer")

    def __init__(self, of: str, writer: str) -> None:
        self.of = of
        self.writer = writer
        self.n0 = 1
        self.count = 0


class Backlog(Account):
    """The session's side of an outbox: offer, confirm, blame, settle. Used on the session's loop.

    What was offered is offered again, in the same batches, until it is confirmed: a batch may be in the log
    although its answer was lost, and the log knows it by writer and number.
    """

    __slots__ = (
        "_blamed",
        "_bodies",
        "_idle",
        "_last",
        "_offered",
        "_shut",
        "_store_failed",
        "_suspects",
        "_twice",
        "done",
        "segments",
    )

    def __init__(self, session: str, gate: Gate, level: Level) -> None:
        super().__init__(session, gate, level)
        self._bodies: list[bytes] = []
        self.segments: list[Segment] = []
        self.done: list[str] = []
        """Writers of segments that the log has whole, and does not know to be so."""
        self._last: Segment | None = None
        self._idle = True
        self._offered = 0
        self._suspects = 0
        self._twice = False
        self._blamed: tuple[str, ...] = ()
        self._shut: Callable[[], StentorError] | None = None
        self._store_failed: Callable[[], StentorError] | None = None

    def peek(self, limit: int, max_bytes: int) -> Pending | None:
        """Return what to append next, or None. The same until :meth:`confirm` or :meth:`blame`."""
        with self.lock:
            bodies = self._bodies
            if not bodies:
                self._idle = True
                return None
            segment = self.segments[0]
            if self._suspects:
                count = 1
            elif self._offered:
                count = self._offered
            else:
                count = segment.count if segment.count < limit else limit
                if self.pending_bytes > max_bytes:
                    count = self._fitting(count, max_bytes)
            self._offered = count
            offered = tuple(bodies) if count == len(bodies) else tuple(bodies[:count])
            if self._twice:
                # What crashes whoever touches it would crash the next one too: only its place goes into the log.
                offered = tuple(map(emptied, offered))
            return Pending(segment.writer, segment.n0, offered, self._twice, tuple(self.done) if self.done else ())

    def _fitting(self, count: int, max_bytes: int) -> int:
        size = 0
        for at, body in enumerate(islice(self._bodies, count)):
            size += len(body)
            if at and size > max_bytes:
                return at
        return count

    def confirm(self, pending: Pending, first: int, epoch: str | None, count: int, size: int) -> None:
        """The log has *pending*, from the seq *first* on, and holds *count* un-acked events with *size* bytes."""
        done = len(pending.bodies)
        with self.lock:
            if self.ended:
                # The answer came after the end, by which these events have failed already.
                return
            bodies = self._bodies
            freed = sum(map(len, bodies[:done] if pending.quarantined else pending.bodies))
            del bodies[:done]
            segment = self.segments[0]
            segment.n0 += done
            segment.count -= done
            if pending.done:
                del self.done[: len(pending.done)]
            if not segment.count and segment is not self._last:
                self.done.append(segment.writer)
                del self.segments[0]
            self._offered = 0
            if pending.quarantined:
                self._keep(first)
            if self._suspects:
                self._suspects = max(0, self._suspects - done)
                self._twice = False
            self.pending_count -= done
            # Whoever adds to an empty queue has to wake the session; until then it need not look again.
            self._idle = not bodies
            self.pending_bytes -= freed
            self.gate.memory += size - self.log_bytes - freed
            self.log_count = count
            self.log_bytes = size
            woken = self.progress.confirm(done, first, epoch)
        if woken:
            _wake(woken)

    def _keep(self, seq: int) -> None:
        kept = self.quarantined
        kept[seq] = self._blamed
        if len(kept) > _QUARANTINED_KEPT:
            del kept[next(iter(kept))]

    def blame(self, failure_id: str) -> None:
        """A step that had offered events failed: try them one by one, and set aside one at which another fails."""
        with self.lock:
            if self._offered:
                self._blamed = (*self._blamed[-1:], failure_id)
                self._twice = bool(self._suspects)
                self._suspects = self._suspects or self._offered
                self._offered = 0

    def settle(self, epoch: str, floor: int, failed: Sequence[FailedRange]) -> list[FailedRange]:
        """The log says what has its outcome: receipts that are awaited resolve. Return the failures that are new."""
        with self.lock:
            woken, fresh = self.progress.resolve(epoch, floor, failed)
        if woken:
            _wake(woken)
        return fresh

    def failures_of(self, failed: FailedRange) -> list[str]:
        """Return the ids of the failures for which the events of *failed* were set aside, as far as they are known."""
        kept = self.quarantined
        return [name for seq in range(failed.first, failed.last + 1) for name in kept.get(seq, ())]

    def sent(self, seq: int) -> None:
        """Everything up to *seq* was written to a socket."""
        progress = self.progress
        if seq > progress.sent:
            # Set first, then look who watches: whoever waits does it the other way round, and one of the two sees.
            progress.sent = seq
            if progress.watched:
                with self.lock:
                    woken = progress.reached()
                _wake(woken)

    def measure(self, count: int, size: int) -> None:
        """The log holds *count* un-acked events with *size* bytes: make room here."""
        with self.lock:
            if not self.ended:
                self.gate.memory += size - self.log_bytes
                self.log_count = count
                self.log_bytes = size
        self.gate.room()

    # Open and shut

    def store_failed(self, error: StentorError) -> None:
        """Accept nothing until :meth:`store_works`."""
        before = self._store_failed
        self._store_failed = lambda: StoreUnavailable(
            user_id=self.user_id, thread_id=self.thread_id, cause=str(error), session=self.session
        )
        # The failure before this one is no other reason to be shut.
        if self._shut is None or self._shut is before:
            self._shut = self._store_failed

    @property
    def store_is_down(self) -> bool:
        """Whether the store failed, and was not seen to work since."""
        return self._store_failed is not None

    def store_works(self) -> None:
        """The store took an operation: accept again, unless something else forbids it."""
        if self._store_failed is not None:
            if self._shut is self._store_failed:
                self._shut = None
            self._store_failed = None
            self.gate.room()

    def shut(self, reason: Callable[[], StentorError]) -> None:
        """Accept nothing; each emit raises what *reason* makes. For a session that is parked, or closing."""
        self._shut = reason
        self.gate.room()

    def open(self) -> None:
        """Accept again."""
        self._shut = self._store_failed

    def close(self) -> None:
        """Accept nothing any more: the session is closing. What was accepted goes its way to the end."""
        self.shut(self._closed)

    def end(self) -> int:
        """The session is closed for good: what the log does not have fails (``unconfirmed``).

        Whoever still waits for an outcome learns what it is, or that none comes. Return how many failed by this; it
        does so once, however often it is called.
        """
        self.close()
        with self.lock:
            if self.ended:
                return 0
            self.ended = True
            lost = self.unconfirmed = self.pending_count
            self.gate.memory -= self.pending_bytes + self.log_bytes
            self.pending_count = self.pending_bytes = self.log_count = self.log_bytes = 0
            self._offered = self._suspects = 0
            self._bodies.clear()
            self.segments.clear()
            self._last = None
            self.progress.unconfirmed = True
            woken = self.progress.wake_all()
        _wake(woken)
        self.gate.room()
        return lost

    def _closed(self) -> StentorError:
        return SessionClosed(user_id=self.user_id, thread_id=self.thread_id, session=self.session)


def _wake(waiters: Iterable[Waiter]) -> None:
    for waiter in waiters:
        waiter.wake()
