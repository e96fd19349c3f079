"""A transport in memory: two ends, delivered step by step, with the faults of a real line."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from ..errors import StentorError
from ._reporter import Reporter

__all__ = ["MemoryConnection", "memory_pair"]


class MemoryConnection(Reporter):
    """One end of a pair. What it writes waits in ``outgoing`` until the pair delivers it.

    Nothing moves by itself: a test calls :meth:`deliver` and so decides what arrives, and when.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.remote = name
        self.peer: MemoryConnection
        self.outgoing: deque[bytes] = deque()
        self.writes: list[int] = []
        """How many frames each write had: a batch is one write."""
        self.stalled = False
        """While True nothing that this end wrote is delivered."""
        self.reading = True
        self.closed_with: tuple[int, str] | None = None
        """Code and reason that this end said goodbye with."""
        self.dead: StentorError | str | None = None
        self._fail_next: str | None = None

    @property
    def leaving(self) -> bool:
        """Whether one of the ends is closing, or the line is gone."""
        return self.dead is not None or self.closed_with is not None or self.peer.closed_with is not None

    @property
    def pending_bytes(self) -> int:
        """Bytes written and not delivered."""
        return sum(map(len, self.outgoing))

    def write(self, frames: Sequence[bytes]) -> None:
        """Queue each of *frames* as one message.

        Raises:
            WebSocketSendFailureError: If the connection is dead, closing, or told to fail.
        """
        why, self._fail_next = self._fail_next or self.dead or (self.closed_with and "closing"), None
        if why is not None:
            raise self._unsent(why)
        self.writes.append(len(frames))
        self.outgoing.extend(frames)

    def close(self, code: int, reason: str) -> None:
        """Say goodbye; the peer learns of it after what was written before."""
        if self.dead is None and self.closed_with is None:
            self.closed_with = (code, reason)

    def abort(self, error: StentorError | None = None) -> None:
        """Cut the line; this end is told *error*, the other one a lost connection."""
        if self.dead is None:
            self.outgoing.clear()
            self._end(1006, str(error or "aborted"), error or self._lost("we cut the connection"))
            self.peer.vanish()

    def pause_reading(self) -> None:
        """Deliver nothing to this end."""
        self.reading = False

    def resume_reading(self) -> None:
        """Deliver to this end again."""
        self.reading = True

    # What a test does to the line

    def deliver(self, limit: int | None = None) -> int:
        """Hand what this end wrote to the other one, at most *limit* messages; return how many."""
        count = 0
        while self.outgoing and self.peer.dead is None and not self.stalled and self.peer.reading and count != limit:
            self.peer.take(self.outgoing.popleft())
            count += 1
        if self.closed_with is not None and not self.outgoing and self.dead is None:
            code, reason = self.closed_with
            self._end(code, reason, None)
            self.peer.end_by_peer(code, reason)
        return count

    def fail_next_write(self, reason: str = "broken pipe") -> None:
        """Let the next write raise."""
        self._fail_next = reason

    def vanish(self) -> None:
        """Lose the line without a close frame, as this end sees it."""
        self.outgoing.clear()
        self._end(1006, "the line broke", self._lost("the line broke without a close frame"))

    def take(self, data: bytes) -> None:
        """Receive one message."""
        self._receiver.received(data)

    def end_by_peer(self, code: int, reason: str) -> None:
        """Learn that the other end said goodbye."""
        self._end(code, reason, None)

    def _end(self, code: int, reason: str, error: StentorError | None) -> None:
        if self.dead is None:
            self.dead = error or f"closed with {code}"
            super()._end(code, reason, error)


def memory_pair(name: str = "memory") -> tuple[MemoryConnection, MemoryConnection]:
    """Return the two ends of a line: the server's and the client's."""
    server, client = MemoryConnection(name), MemoryConnection(name)
    server.peer, client.peer = client, server
    return server, client
