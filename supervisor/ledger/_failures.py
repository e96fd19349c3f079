"""Failures: a selection of the record, to read in a REPL, to go through, to export."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any, Self, TextIO

from stentor.actors import Failure
from stentor.protocol.errors import NotFound

from ._codes import code_of
from ._entry import Entry
from ._entry_dict import as_line
from ._failure_dict import failure_dict
from ._failure_text import failure_text
from ._failure_time import rfc3339
from ._redact import clip, hide, redact, safe_text
from ._text_table import table
from ._where import user_of, where, whose

__all__ = ["Failures"]

_HEAD = ("time (UTC)", "id", "code", "actor", "session", "where", "decision", "message")
_WIDTHS = (19, 8, 32, 40, 32, 40, 12, 72)


class Failures:
    """Failures that matched, oldest first; each is a failure dict, made when it is read.

    Attributes:
        entries: The entries of the record that are shown.
        total: How many matched, also those that the limit left out.
    """

    def __init__(self, entries: Iterable[Entry], total: int | None = None) -> None:
        self.entries: tuple[Entry, ...] = tuple(entries)
        self.total: int = len(self.entries) if total is None else total

    @classmethod
    def select(
        cls,
        entries: Iterable[Entry],
        user_id: str | None = None,
        session_id: str | None = None,
        kind: str | None = None,
        code: str | None = None,
        last: int | None = None,
    ) -> Self:
        """Return the failures among *entries* that match: filtered first, then limited to the *last*."""
        # A failure may have more than one entry, such as its own and that of the park it led to: the last one tells.
        newest: dict[str, Entry] = {}
        for entry in entries:
            failure = entry.failure
            if failure is not None and _matches(failure, user_id, session_id, kind, code):
                newest[failure.id] = entry
        found = list(newest.values())
        return cls(found if last is None else found[max(0, len(found) - max(0, last)) :], len(found))

    @property
    def truncated(self) -> bool:
        """Whether the limit left some out."""
        return self.total > len(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return map(failure_dict, self.entries)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return failure_dict(self.entries[index])

    def export(self, file: TextIO | None = None) -> str:
        """Return them as JSON lines; with *file*, write them to it and return an empty text."""
        lines = map(as_line, self.entries)
        if file is None:
            return "".join(lines)
        file.writelines(lines)
        return ""

    def show(self, failure_id: str, file: TextIO | None = None) -> None:
        """Print one of them whole, with its stack, to *file*; by default to ``sys.stdout``.

        Args:
            failure_id: Its id; the last digits are enough, and of several that end so the newest is shown.
            file: Where it is written.

        Raises:
            NotFound: If none of them has that id.
        """
        for entry in reversed(self.entries):
            if entry.failure is not None and failure_id and entry.failure.id.endswith(failure_id):
                (sys.stdout if file is None else file).write(failure_text(entry))
                return
        raise NotFound(failure_id)

    def __repr__(self) -> str:
        return "\n".join([*table(_HEAD, _WIDTHS, map(_row, self.entries)), self._summary()])

    def _summary(self) -> str:
        number = f"{self.total} failure{'' if self.total == 1 else 's'}"
        return f"the last {len(self)} of {number}" if self.truncated else number


def _matches(failure: Failure, user_id: str | None, session_id: str | None, kind: str | None, code: str | None) -> bool:
    context = failure.context
    return (
        (user_id is None or user_id in (context.get("user_id"), user_of(failure.exception)))
        and (session_id is None or context.get("session_id") == session_id or failure.path.endswith(f"/{session_id}"))
        and (kind is None or failure.kind == kind)
        and (code is None or code_of(failure.exception) == code)
    )


def _row(entry: Entry) -> tuple[str, ...]:
    failure = entry.failure
    if failure is None:
        raise TypeError(f"{entry!r} holds no failure")
    message = redact(clip(hide(safe_text(failure.exception), failure.secrets)[0], 4 * _WIDTHS[-1]))[0]
    time = rfc3339(entry.wall or failure.wall)[:19].replace("T", " ")
    who, place, decision = whose(failure) or "–", where(failure) or "–", entry.decision or "–"
    return time, failure.id[-8:], code_of(failure.exception), failure.path or "/", who, place, decision, message
