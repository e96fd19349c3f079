"""The inbox in memory: which messages of which tab were taken, and what was answered."""

from __future__ import annotations

import secrets
from typing import Any

from stentor.protocol import Token
from stentor.protocol.errors import Fenced

from ..ports import New, Repeated
from ._streams import Streams

__all__ = ["MemoryInbox"]

_ANSWERS = 256
_TABS = 64


class MemoryInbox:
    """The newest 256 answers of each tab, 64 tabs a session. A tab repeats only what it has no answer to."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._tabs: dict[str, dict[str, dict[int, Repeated]]] = {}

    def accept(self, session: str, tab: str, cid: int, token: Token | None, body: bytes) -> New | Repeated:
        """Take message *cid*, once."""
        with self._streams.lock:
            tabs = self._tabs.setdefault(session, {})
            seen = tabs.setdefault(tab, {})
            if cid in seen:
                return seen[cid]
            if token is None:
                raise Fenced(self._streams.get(session).owner, session=session)
            stream = self._streams.owned(token)
            if seen and cid < next(iter(seen)):
                return Repeated(None)
            seen[cid] = Repeated(None, stream.owner)
            _cut(seen, _ANSWERS)
            _cut(tabs, _TABS)
            return New(secrets.token_hex(6))

    def answer(self, session: str, tab: str, cid: int, answer: Any) -> None:
        """Keep what was answered first; of a message that was forgotten since, nothing."""
        with self._streams.lock:
            seen = self._tabs.get(session, {}).get(tab, {})
            if cid in seen and seen[cid].answer is None:
                seen[cid] = Repeated(answer, seen[cid].node)


def _cut(table: dict[Any, Any], limit: int) -> None:
    while len(table) > limit:
        del table[next(iter(table))]
