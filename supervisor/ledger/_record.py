"""The record: the last entries in memory, counts of all of them, and one log line each."""

from __future__ import annotations

import logging
import threading
from collections import Counter, deque
from collections.abc import Iterator
from math import inf
from typing import Any, TextIO, overload

from attrs import evolve, frozen
from stentor.actors import Clock, Failure, LoopClock, drop_traceback

from ._codes import code_of
from ._entry import Entry, EntryKind, Severity
from ._entry_dict import as_line
from ._failures import Failures
from ._record_table import record_table
from ._storm import StormLog

__all__ = ["Counts", "Entry", "EntryKind", "Record", "Severity"]

_KINDS = frozenset({"abandoned", "policy", "hold", "stall", "unpark"})


@frozen
class Counts:
    """How many entries there were since the start, also those that have left the ring.

    Attributes:
        total: All of them.
        kinds: By kind of entry.
        codes: Failures by code and decision.
    """

    total: int
    kinds: dict[str, int]
    codes: dict[tuple[str, str], int]


class Record:
    """Keeps whatever must not vanish. Thread-safe; adding an entry formats nothing.

    Args:
        size: How many entries stay in memory.
        clock: Where times come from.
        logger: Where the lines go; ``logging.getLogger("stentor")`` by default.
        quiet: Seconds after which an actor that repeats a failure has a line again, and the longest that a sum waits.
    """

    def __init__(
        self,
        size: int = 1000,
        clock: Clock | None = None,
        *,
        logger: logging.Logger | None = None,
        quiet: float = 10.0,
    ) -> None:
        self._clock: Clock = clock if clock is not None else LoopClock()
        self._ring: deque[Entry] = deque(maxlen=size)
        self._log = StormLog(logger if logger is not None else logging.getLogger("stentor"), quiet)
        self._kinds: Counter[str] = Counter()
        self._failed: Counter[tuple[type[BaseException], str]] = Counter()
        self._outcomes: dict[str, str] = {}
        self._total = 0
        self._awaited = False
        # Re-entrant: a message that is collected as garbage while an entry is added may become a dead letter.
        self._lock = threading.RLock()

    def __len__(self) -> int:
        return len(self._ring)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries())

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        return self.entries()[index]

    def __bool__(self) -> bool:
        # It is there, also while it is empty.
        return True

    def __str__(self) -> str:
        return record_table(self.entries(), self._total)

    def __repr__(self) -> str:
        return f"<Record of {len(self._ring)} entries, {self._total} in all>"

    @property
    def total(self) -> int:
        """How many entries there were since the start."""
        return self._total

    def add(self, entry: Entry) -> None:
        """Keep *entry*."""
        failure = entry.failure
        with self._lock:
            self._ring.append(entry)
            self._total += 1
            self._kinds[entry.kind] += 1
            if failure is not None:
                self._failed[(type(failure.exception), entry.decision or "")] += 1
            lines = self._log.add(entry, self._clock.now())
            begins = self._log.due < inf and not self._awaited
            if begins:
                self._awaited = True
        if lines:
            self._log.emit(lines)
        if begins:
            self._await()

    decision = add

    def failure(self, failure: Failure) -> None:
        """Keep a failure that no supervisor decides upon."""
        self.add(Entry(kind="failure", failure=failure, path=failure.path, at=failure.at, wall=failure.wall))

    def dead_letter(self, path: str, message: Any, reason: str, failure_id: str | None = None) -> None:
        """Keep that *message* will never be handled, and why; its type only, never its content."""
        self._keep("dead_letter", path, {"message_type": type(message).__name__, "reason": reason}, failure_id)

    def refused(self, path: str, message: Any, exception: BaseException) -> None:
        """Keep a refusal that had no caller to answer."""
        # Nobody will raise it again; its traceback would keep every local variable of its frames alive.
        drop_traceback(exception)
        facts = {"message_type": type(message).__name__, "reason": code_of(exception), "exception": exception}
        self._keep("refused", path, facts)

    def note(self, kind: str, **facts: Any) -> None:
        """Keep anything else under its name: "fenced", "abandoned", …"""
        path = str(facts.pop("path", ""))
        parent = facts.pop("failure_id", None)
        known: Any = kind if kind in _KINDS else "note"
        self._keep(known, path, facts if known == kind else {"note": kind, **facts}, parent)

    def outcome(self, entry_id: str, text: str) -> None:
        """Say what came of the entry *entry_id*; later readings show it."""
        with self._lock:
            self._outcomes[entry_id] = text
            if len(self._outcomes) > 2 * (self._ring.maxlen or 1):
                live = {entry.id for entry in self._ring}
                self._outcomes = {key: value for key, value in self._outcomes.items() if key in live}

    def entries(self) -> list[Entry]:
        """Return what is in memory, oldest first."""
        with self._lock:
            found, outcomes = list(self._ring), self._outcomes.copy()
        return [_with_outcome(entry, outcomes) for entry in found] if outcomes else found

    def since(self, position: int) -> tuple[list[Entry], int]:
        """Return the entries after *position*, and how many have left the ring before they were read.

        Args:
            position: The ``total`` that the reader knows; 0 for the beginning.
        """
        with self._lock:
            found, total = list(self._ring), self._total
        new = total - position
        return (found[-new:] if new > 0 else []), max(0, new - len(found))

    def find(self, entry_id: str) -> Entry | None:
        """Return the newest entry of that id, or of a failure of that id, or None; its last digits are enough."""
        for entry in reversed(self.entries()):
            failure = entry.failure
            if entry.id.endswith(entry_id) or (failure is not None and failure.id.endswith(entry_id)):
                return entry
        return None

    def failures(
        self,
        user_id: str | None = None,
        session_id: str | None = None,
        kind: str | None = None,
        code: str | None = None,
        last: int | None = None,
    ) -> Failures:
        """Return the failures that match, oldest first; of those the *last*.

        Args:
            user_id: Whose, as the actor or the exception knows it.
            session_id: Of which session.
            kind: Kind of the actor: worker, session, run, …
            code: Code of the exception.
            last: How many at most, the newest ones.
        """
        return Failures.select(self.entries(), user_id, session_id, kind, code, last)

    def counts(self) -> Counts:
        """Return how many entries and failures there were since the start."""
        with self._lock:
            kinds, failed, total = dict(self._kinds), list(self._failed.items()), self._total
        codes: Counter[tuple[str, str]] = Counter()
        for (cls, decision), number in failed:
            codes[(code_of(cls), decision)] += number
        return Counts(total, kinds, dict(codes))

    def export(self, file: TextIO | None = None) -> str:
        """Return all entries in memory as JSON lines; with *file*, write them to it and return an empty text."""
        lines = (as_line(entry) for entry in self.entries())
        if file is None:
            return "".join(lines)
        file.writelines(lines)
        return ""

    def flush(self) -> None:
        """Log now whatever the log holds back: the sums of storms. A runtime does it in time, and when it stops."""
        with self._lock:
            lines = self._log.flush(self._clock.now(), everything=True)
        self._log.emit(lines)

    def flush_due(self) -> float | None:
        """Log what is due by now; return after how many seconds there is more to log, None if nothing is held back."""
        with self._lock:
            now = self._clock.now()
            lines = self._log.flush(now) if now >= self._log.due else []
            due = self._log.due
            self._awaited = due < inf
        self._log.emit(lines)
        return max(0.0, due - now) if due < inf else None

    def _await(self) -> None:
        """The log has begun to hold something back; who has a timer calls ``flush_due``. Else the next entry does."""

    def _keep(self, kind: EntryKind, path: str, facts: dict[str, Any], parent: str | None = None) -> None:
        clock = self._clock
        self.add(Entry(kind=kind, path=path, facts=facts, parent_id=parent, at=clock.now(), wall=clock.wall()))


def _with_outcome(entry: Entry, outcomes: dict[str, str]) -> Entry:
    outcome = outcomes.get(entry.id)
    return entry if outcome is None else evolve(entry, outcome=outcome)
