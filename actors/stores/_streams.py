"""The streams of a memory store, under its one lock."""

from __future__ import annotations

import secrets
import threading

from stentor.protocol import Token
from stentor.protocol.errors import Fenced

from ._stream import Stream

__all__ = ["Streams"]


class Streams:
    """All sessions that the store knows. Whoever touches one holds *lock*."""

    __slots__ = ("_failed_ranges", "by_session", "incarnation", "lock")

    def __init__(self, failed_ranges: int) -> None:
        self.lock = threading.Lock()
        self.incarnation = secrets.token_urlsafe(6)
        self.by_session: dict[str, Stream] = {}
        self._failed_ranges = failed_ranges

    def get(self, session: str) -> Stream:
        """Return the stream of *session*, a new one if there was none."""
        stream = self.by_session.get(session)
        if stream is None:
            stream = self.by_session[session] = Stream(self.incarnation, self._failed_ranges)
        return stream

    def owned(self, token: Token) -> Stream:
        """Return the stream that *token* speaks for.

        Raises:
            Fenced: If its generation, or its incarnation within it, is not the newest.
        """
        stream = self.get(token.session)
        if token.gen != stream.gen or token.incarnation < stream.incarnation:
            raise Fenced(stream.owner, session=token.session, gen=stream.gen, tab=stream.tab)
        stream.incarnation = token.incarnation
        return stream
