"""The log in memory: what it holds ends with the process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from stentor.protocol import Append, Appended, FailedRange, Rejection, Token
from stentor.protocol.errors import EpochChanged, Fenced, StentorError

from ..ports import Batch, Level, LogFloor, Outcomes
from ._stream import Stream
from ._streams import Streams

__all__ = ["MemoryLog"]


class MemoryLog:
    """A log whose operations are done when they return. Thread-safe; runtimes of one process may share it.

    Args:
        streams: The store's sessions.
        retain_events: Acked events kept of a session, for a page that comes back with an older position.
        retain_bytes: Most bytes of them.
        now: Monotonic time in seconds.
    """

    level: Level = "volatile"
    exclusive = True

    def __init__(self, streams: Streams, retain_events: int, retain_bytes: int, now: Callable[[], float]) -> None:
        self._streams = streams
        self._retain_events = retain_events
        self._retain_bytes = retain_bytes
        self._now = now
        self.age = streams.age

    @property
    def incarnation(self) -> str:
        """The epoch of every stream in it, but for those that came after one was forgotten: theirs begins with it."""
        return self._streams.incarnation

    def append(self, batches: Sequence[Append]) -> list[Appended | StentorError]:
        """Append each batch; one for another epoch is answered with its error."""
        with self._streams.lock:
            now = self._now()
            return [self._append(batch, now) for batch in batches]

    def _append(self, batch: Append, now: float) -> Appended | StentorError:
        stream = self._streams.get(batch.session)
        if batch.epoch is not None and batch.epoch != stream.epoch:
            return EpochChanged(expected=batch.epoch, actual=stream.epoch, session=batch.session)
        return stream.append(batch, now)

    def read(self, after: Mapping[str, int], limit: int, max_bytes: int) -> dict[str, Batch]:
        """Return events after a seq for each session."""
        with self._streams.lock:
            return {s: self._streams.look(s).read(seq, limit, max_bytes) for s, seq in after.items()}

    def heads(self, node: str) -> dict[str, int]:
        """Return the head of every session that *node* owns."""
        with self._streams.lock:
            return {s: stream.head for s, stream in self._streams.by_session.items() if stream.owner == node}

    def ack(
        self, session: str, consumer: str, conn: int, token: Token, epoch: str, upto: int, rej: Iterable[Rejection]
    ) -> LogFloor:
        """Set what *consumer* has handled; what it refused of that fails with ``handler_rejected``."""
        with self._streams.lock:
            stream = self._streams.owned(token)
            if epoch != stream.epoch:
                raise EpochChanged(expected=epoch, actual=stream.epoch, session=session)
            if stream.conns.get(consumer) != conn:
                raise Fenced(stream.owner, session=session, conn=stream.conns.get(consumer), tab=stream.tab)
            failed = stream.fail([FailedRange(r.seq, r.seq, "handler_rejected") for r in rej]) if rej else ()
            stream.ack(upto, self._retain_events, self._retain_bytes)
            return stream.answer(failed)

    def fail(self, session: str, token: Token | None, ranges: Iterable[FailedRange]) -> LogFloor:
        """Let un-acked events fail."""
        with self._streams.lock:
            stream = self._judged(session, token)
            return stream.answer(stream.fail(ranges))

    def expire(self, session: str, token: Token | None) -> LogFloor:
        """Let un-acked events that are too old fail."""
        with self._streams.lock:
            stream = self._judged(session, token)
            return stream.answer(stream.expire(self._now()))

    def _judged(self, session: str, token: Token | None) -> Stream:
        """Return the stream in which whoever holds *token* may let events fail."""
        if token is not None:
            return self._streams.owned(token)
        stream = self._streams.look(session)
        if stream.owner is not None:
            raise Fenced(stream.owner, session=session, gen=stream.gen)
        return stream

    def outcomes(self, session: str, since: int = 0) -> Outcomes:
        """Return the ledger of *session*."""
        with self._streams.lock:
            return self._streams.look(session).outcomes(since)

    def forget(self, session: str) -> Outcomes | None:
        """Drop *session*."""
        with self._streams.lock:
            return self._streams.forget(session)
