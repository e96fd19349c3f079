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

from ..ports import Level
from ._admission import why_refused
from ._backlog import Backlog, Segment
from ._gate import Gate
from ._receipt import Receipt
from ._waiter import AsyncWaiter

__all__ = ["Outbox", "OutboxCounts"]

_serial = count(1)


@frozen
class OutboxCounts:
    """What an audit asks of an outbox: events *accepted* ever, those *pending* here, refused emits by code."""

    accepted: int
    pending: int
    refused: dict[str, int]


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
        "_numbers",
        "_refused",
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
        self._numbers: dict[str, int] | None = None
        self._refused: dict[str, int] | None = None

    def accept(self, event: Event, writer: str | None = None) -> Receipt:
        """Take *event* in, or raise. Synchronous, thread-safe, and touches no network.

        Args:
            event: What to tell the user.
            writer: Whose event it is: a run's name; by default the process itself.

        Raises:
            StentorError: Its subclass says why; nothing was accepted, and the refusal is counted by code.
        """
        try:
            return self._take(event, writer or self.writer)
        except StentorError as error:
            self._count(error)
            raise

    async def put(self, event: Event, writer: str | None = None, timeout: float | None = None) -> Receipt:
        """Take *event* in, and wait for room where there is none, or for a store that does not work at the moment.

        Raises:
            EmitTimeout: If there was none within *timeout* seconds.
            StentorError: For every other reason, as :meth:`accept` does.
        """
        deadline = None if timeout is None else self.clock.now() + timeout
        waiter: AsyncWaiter | None = None
        while True:
            try:
                return self._take(event, writer or self.writer)
            except (BufferFull, HostOverloaded, StoreUnavailable) as full:
                # Enter the list first and then look once more: room that comes in between must not be missed.
                if waiter is None:
                    waiter = AsyncWaiter()
                    self.gate.on_room(waiter.wake)
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

    def _take(self, event: Event, writer: str) -> Receipt:
        try:
            body = encode_event(event, int(self._wall() * 1000))
        except EventNotSerialisable as error:
            error.user_id, error.thread_id = self.user_id, self.thread_id
            raise
        size = len(body)
        run = event.run_id
        gate = self.gate
        idle, index = False, 0
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
            if not refused:
                gate.memory = held
                self.pending_bytes = bytes_here
                self.pending_count += 1
                self._bodies.append(body)
                self.accepted = index = self.accepted + 1
                segment = self._last
                if segment is None or segment.writer != writer:
                    segment = self._segment(writer)
                segment.count += 1
                idle, self._idle = self._idle, False
        if refused:
            raise why_refused(self, event, size, self._shut)
        if idle and self.wake is not None:
            self.wake()
        return Receipt(self, index, event.type)

    def _segment(self, writer: str) -> Segment:
        """Begin a new segment; each writer's numbers go on where its last one ended."""
        last = self._last
        if self._numbers is None:
            self._numbers = {}
        if last is not None:
            self._numbers[last.writer] = last.n0 + last.count
            if not last.count:
                self.segments.remove(last)
        self._last = segment = Segment(writer, self._numbers.get(writer, 1))
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
            return OutboxCounts(self.accepted, self.pending_count, dict(self._refused or ()))
