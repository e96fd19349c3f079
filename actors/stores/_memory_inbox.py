"""The inbox in memory: which messages of which tab were taken, and what was answered."""

from __future__ import annotations

import secrets
from typing import Any

from attrs import evolve
from stentor.protocol import Token
from stentor.protocol.errors import Fenced

from ..ports import New, Repeated
from ._streams import Streams

__all__ = ["MemoryInbox"]

_ANSWERS = 256
_TABS = 64


class MemoryInbox:
    """The newest 256 answers of each tab, 64 tabs a session: those that spoke last."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    def accept(self, session: str, tab: str, cid: int, token: Token | None, body: bytes) -> New | Repeated:
        """Take message *cid*, once."""
        with self._streams.lock:
            stream = self._streams.look(session)
            seen = stream.tabs.get(tab, {})
            if cid in seen:
                return seen[cid]
            if seen and cid < next(iter(seen)):
                # A tab counts its messages without a gap: this one came before the oldest whose answer is kept.
                return Repeated(None, forgotten=True)
            if token is None:
                raise Fenced(stream.owner, session=session)
            stream = self._streams.owned(token)
            seen[cid] = Repeated(None, stream.owner)
            stream.tabs.pop(tab, None)
            stream.tabs[tab] = seen
            _cut(seen, _ANSWERS)
            _cut(stream.tabs, _TABS)
            return New(secrets.token_hex(6))

    def answer(self, session: str, tab: str, cid: int, answer: Any) -> None:
        """Keep what was answered first; of a message that was forgotten since, nothing."""
        with self._streams.lock:
            seen = self._streams.look(session).tabs.get(tab, {})
            if cid in seen and seen[cid].answer is None:
                seen[cid] = evolve(seen[cid], answer=answer)


def _cut(table: dict[Any, Any], limit: int) -> None:
    while len(table) > limit:
        del table[next(iter(table))]
