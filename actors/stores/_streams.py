"""The streams of a memory store, under its one lock."""

from __future__ import annotations

import secrets
import threading

from stentor.protocol import Token
from stentor.protocol.errors import Fenced

from ..ports import Outcomes
from ._stream import Stream

__all__ = ["Streams"]


class Streams:
    """All sessions that the store knows. Whoever touches one holds *lock*.

    Args:
        age: Seconds until an event is old.
    """

    __slots__ = ("_forgotten", "_taken", "age", "by_session", "incarnation", "lock")

    def __init__(self, age: float) -> None:
        self.lock = threading.Lock()
        self.incarnation = secrets.token_urlsafe(6)
        self.by_session: dict[str, Stream] = {}
        self.age = age
        self._forgotten = 0
        self._taken = 0

    def get(self, session: str) -> Stream:
        """Return the stream of *session*, a new one if there was none."""
        stream = self.by_session.get(session)
        if stream is None:
            stream = self.by_session[session] = self._new()
        return stream

    def look(self, session: str) -> Stream:
        """Return the stream of *session* to read from; one that is not there is empty, and is not kept."""
        return self.by_session.get(session) or self._new()

    def _new(self) -> Stream:
        # A stream that was forgotten had the same seqs, generations and connections: none may pass for one of ours.
        epoch = f"{self.incarnation}.{self._forgotten}" if self._forgotten else self.incarnation
        return Stream(epoch, self.age, self._taken)

    def forget(self, session: str) -> Outcomes | None:
        """Drop *session* if it is settled and nobody owns it; return its last ledger then."""
        stream = self.look(session)
        if stream.count or stream.owner is not None:
            return None
        if self.by_session.pop(session, None) is not None:
            self._forgotten += 1
            self._taken = max(self._taken, stream.gen, stream.next_conn)
        return stream.outcomes(0)

    def owned(self, token: Token) -> Stream:
        """Return the stream that *token* speaks for.

        Raises:
            Fenced: If its generation, or its incarnation within it, is not the newest.
        """
        stream = self.look(token.session)
        if token.gen != stream.gen or token.incarnation < stream.incarnation:
            raise Fenced(stream.owner, session=token.session, gen=stream.gen, tab=stream.tab)
        stream.incarnation = token.incarnation
        return stream
