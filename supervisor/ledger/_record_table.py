"""The record as a table: its last entries, one line each."""

from __future__ import annotations

from collections.abc import Sequence

from ._entry import Entry
from ._failure_time import rfc3339
from ._log_line import text_of
from ._text_table import table

__all__ = ["record_table"]

_HEAD = ("time (UTC)", "failure", "kind", "path", "decision", "text")
_WIDTHS = (19, 8, 11, 40, 32, 96)
_LAST = 30


def record_table(entries: Sequence[Entry], total: int) -> str:
    """Return the last of *entries*, of which there were *total* in all."""
    last = entries[-_LAST:]
    number = f"{total} entr{'y' if total == 1 else 'ies'}"
    summary = number if len(last) == total else f"the last {len(last)} of {number}"
    return "\n".join([*table(_HEAD, _WIDTHS, map(_row, last)), summary])


def _row(entry: Entry) -> tuple[str, ...]:
    time = rfc3339(entry.wall)[:19].replace("T", " ")
    rule = f" by {entry.rule}" if entry.rule else ""
    decided = f"{entry.decision}{rule}" if entry.decision else "–"
    # Entries have numbers of their own, which look like those of failures and lead to none.
    failure_id = entry.parent_id if entry.failure is None else entry.failure.id
    return time, (failure_id or "–")[-8:], entry.kind, entry.path or "/", decided, text_of(entry)
