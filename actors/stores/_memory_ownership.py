"""Ownership in memory: a generation for each claim, a number for each connection."""

from __future__ import annotations

from stentor.protocol import LogState, Token
from stentor.protocol.errors import Fenced

from ._streams import Streams

__all__ = ["MemoryOwnership"]


class MemoryOwnership:
    """Who speaks to a session's clients, among the runtimes that share the store."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    def claim(self, session: str, node: str, force: bool) -> tuple[Token, LogState]:
        """Make *node* the owner, with the next generation."""
        with self._streams.lock:
            stream = self._streams.get(session)
            if stream.owner not in (None, node) and not force:
                raise Fenced(stream.owner, session=session, gen=stream.gen)
            stream.owner = node
            stream.gen += 1
            stream.incarnation = 0
            stream.tab = None
            return Token(session, stream.gen), stream.state()

    def attach(self, token: Token, consumer: str, tab: str = "") -> int:
        """Return a new connection number for *consumer*, whose tab is *tab*."""
        with self._streams.lock:
            stream = self._streams.owned(token)
            stream.next_conn += 1
            stream.conns[consumer] = stream.next_conn
            stream.tab = tab or None
            return stream.next_conn

    def verify(self, token: Token) -> None:
        """Say whether *token* is still the newest."""
        with self._streams.lock:
            self._streams.owned(token)

    def detach(self, token: Token, consumer: str, conn: int) -> None:
        """Note that *conn* is gone."""
        with self._streams.lock:
            stream = self._streams.look(token.session)
            if token.gen == stream.gen and stream.conns.get(consumer) == conn:
                del stream.conns[consumer]

    def release(self, token: Token) -> None:
        """Own it no more."""
        with self._streams.lock:
            stream = self._streams.look(token.session)
            if token.gen == stream.gen:
                stream.owner = None
                stream.conns.clear()

    def owner(self, session: str) -> str | None:
        """Return the node that owns *session*."""
        with self._streams.lock:
            stream = self._streams.by_session.get(session)
            return None if stream is None else stream.owner
