"""The outbox: the door through which a session's events come in, from any thread."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from attrs import frozen
from stentor.protocol import Event, encode_event
from stentor.protocol.errors import (
    BufferFull,
    EmitTimeout,
    EventNotSerialisable,
    HostOverloaded,
    StentorError,
    StoreUnavailable,
)

from .._fenced import refuse_fenced
from ..ports import Level
from ._admission import Seen, why_refused
from ._backlog import Backlog, Segment
from ._gate import Gate
from ._receipt import Receipt
from ._waiter import AsyncWaiter

__all__ = ["Outbox", "OutboxCounts"]

_serial = count(1)


_RESERVE_EVENTS = 64
_RESERVE_BYTES = 64 * 1024


@frozen
class OutboxCounts:
    """What an audit asks of an outbox: events *accepted* ever, those *pending* here, refused emits by code.

    *unconfirmed*: those that failed because the session ended before the log had them; the log does not count them.
    """

    accepted: int
    pending: int
    refused: dict[str, int]
    unconfirmed: int = 0


class Outbox(Backlog):
    """Belongs to process and session, not to the session's actor: it outlives every crash of that.

    Args:
        session: Name of the session.
        gate: The process's admission gate.
        level: What the log's store survives.
        wake: Called, from any thread, when there is something to append; the session sets it.
    """

    __slots__ = (
        "_event_bytes",
        "_max_bytes",
        "_max_events",
        "_refused",
        "_segments",
        "_wall",
        "accepted",
        "wake",
        "writer",
    )

    def __init__(
        self, session: str, gate: Gate, *, level: Level = "volatile", wake: Callable[[], None] | None = None
    ) -> None:
        super().__init__(session, gate, level)
        self.wake = wake
        # A later outbox of the same session counts from 1 again: to the log it is another writer.
        self.writer = f"{gate.node}:{next(_serial)}"
        self.accepted = 0
        self._event_bytes = gate.limits.event_bytes
        self._max_events = gate.limits.buffer_events
        self._max_bytes = gate.limits.buffer_bytes
        self._wall = gate.clock.wall
        self._segments = 0
        self._refused: dict[str, int] | None = None

    def accept(self, event: Event, writer: str | None = None, *, reserve: bool = False) -> Receipt:
        """Take *event* in, or raise. Synchronous, thread-safe, and touches no network.

        Args:
            event: What to tell the user.
            writer: Whose event it is: a run's name; by default the process itself.
            reserve: Whether it may use the reserve: 64 events and 64 KiB above the limits of the session and of the
                host. For the end of a run, which its page has to learn also where the run filled the buffer.

        Raises:
            StentorError: Its subclass says why; nothing was accepted, and the refusal is counted by code.
        """
        try:
            return self._take(event, writer or self.writer, reserve)
        except StentorError as error:
            self._count(error)
            raise

    async def put(
        self, event: Event, writer: str | None = None, timeout: float | None = None, *, reserve: bool = False
    ) -> Receipt:
        """Take *event* in, and wait for room where there is none, or for a store that does not work at the moment.

        Raises:
            EmitTimeout: If there was none within *timeout* seconds.
            StentorError: For every other reason, as :meth:`accept` does.
        """
        deadline = None if timeout is None else self.clock.now() + timeout
        waiter: AsyncWaiter | None = None
        while True:
            try:
                return self._take(event, writer or self.writer, reserve)
            except (BufferFull, HostOverloaded, StoreUnavailable) as full:
                # Enter the list first and then look once more: room that comes in between must not be missed.
                if waiter is None:
                    waiter = AsyncWaiter()
                    self.gate.on_room(waiter)
                    continue
                left = None if deadline is None else deadline - self.clock.now()
                if (left is not None and left <= 0) or not await waiter.wait(left, self.clock):
                    late = EmitTimeout(user_id=self.user_id, thread_id=self.thread_id, timeout=timeout)
                    self._count(late)
                    raise late from full
                waiter = None
            except StentorError as error:
                self._count(error)
                raise

    def _take(self, event: Event, writer: str, reserve: bool) -> Receipt:
        refuse_fenced("append")
        try:
            body = encode_event(event, int(self._wall() * 1000))
        except EventNotSerialisable as error:
            error.user_id, error.thread_id = self.user_id, self.thread_id
            raise
        size = len(body)
        run = event.run_id
        gate = self.gate
        idle, index = False, 0
        seen: Seen | None = None
        with self.lock:
            held = gate.memory + size
            bytes_here = self.pending_bytes + size
            refused = (
                self._shut is not None
                or not gate.started
                or size > self._event_bytes
                or self.pending_count + self.log_count >= self._max_events
                or bytes_here + self.log_bytes > self._max_bytes
                or held > gate.max_memory
                or (run is not None and (run.__class__ is not str or not run))
            )
            if refused and reserve:
                refused = not self._in_reserve(size, run)
            if not refused:
                gate.memory = held
                self.pending_bytes = bytes_here
                self.pending_count += 1
                self._bodies.append(body)
                self.accepted = index = self.accepted + 1
                segment = self._last
                if segment is None or segment.of != writer:
                    segment = self._segment(writer)
                segment.count += 1
                idle, self._idle = self._idle, False
            else:
                # What it is refused for is what is seen here: a moment later there may be room.
                seen = Seen(self._shut, gate.started, *self.held, gate.memory)
        if seen is not None:
            raise why_refused(self, event, size, seen)
        if idle and self.wake is not None:
            self.wake()
        return Receipt(self, index, event.type)

    def _in_reserve(self, size: int, run: object) -> bool:
        """Say whether an event of *size* that had no room fits into the reserve, and nothing else forbids it."""
        count, held = self.held
        return (
            self._shut is None
            and self.gate.started
            and size <= self._event_bytes
            and count < self._max_events + _RESERVE_EVENTS
            and held + size <= self._max_bytes + _RESERVE_BYTES
            and (run is None or (run.__class__ is str and bool(run)))
        )

    def _segment(self, of: str) -> Segment:
        """Begin a new segment, behind one that is whole in the log or still to be appended."""
        last = self._last
        if last is not None and not last.count:
            self.segments.remove(last)
            self.done.append(last.writer)
        self._segments += 1
        self._last = segment = Segment(of, f"{of}/{self.writer}/{self._segments}")
        self.segments.append(segment)
        return segment

    def _count(self, error: StentorError) -> None:
        self.gate.refuse(error)
        with self.lock:
            if self._refused is None:
                self._refused = {}
            self._refused[error.code] = self._refused.get(error.code, 0) + 1

    def counts(self) -> OutboxCounts:
        """Return what an audit needs."""
        with self.lock:
            return OutboxCounts(self.accepted, self.pending_count, dict(self._refused or ()), self.unconfirmed)
