"""The log lines of the record: one for each entry, and a storm of equal ones summed."""

from __future__ import annotations

import logging
from collections.abc import Hashable
from math import inf

from ._entry import Entry
from ._fingerprint import fingerprint
from ._letters import HeldLetters
from ._log_line import EntryLine, SumLine

__all__ = ["StormLog"]

LEVELS = {"info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR, "fatal": logging.CRITICAL}
_KEYS = 1024
_ACTORS = 20
"""So many different actors have a line each about equal failures; those of more are summed."""
_PATHS = 100
_HELD = 1.0
"""Seconds that the line of a dead letter waits for that of its cause."""


class _Storm:
    """Equal entries: which actors had a line about them, and what was not told since."""

    __slots__ = ("count", "first", "last", "paths", "seen", "since")

    def __init__(self) -> None:
        self.seen: dict[str, float] = {}
        self.paths: set[str] = set()
        self.first: Entry | None = None
        self.last: Entry | None = None
        self.since = 0.0
        self.count = 0

    def has_line(self, path: str, now: float, quiet: float) -> bool:
        """Whether the entry about the actor at *path* has a line of its own."""
        seen = self.seen
        last = seen.pop(path, None)
        if last is None and len(seen) >= _ACTORS:
            # The one that has been quiet for longest stands first.
            longest = next(iter(seen))
            if now - seen[longest] < quiet:
                return False
            del seen[longest]
        seen[path] = now
        return last is None or now - last >= quiet

    def hide(self, entry: Entry, now: float) -> bool:
        """Count *entry*; say whether it is the first since the last sum."""
        if not self.count:
            self.since = now
            self.first = entry
        self.count += 1
        self.last = entry
        if len(self.paths) < _PATHS:
            self.paths.add(entry.path)
        return self.count == 1

    def sum(self, now: float) -> tuple[Entry, SumLine] | None:
        """Return the last entry and what was not told, and begin a new sum."""
        first, last = self.first, self.last
        if first is None or last is None:
            return None
        others = len(self.paths) - 1
        line = SumLine(first, last, self.count, others, len(self.paths) >= _PATHS, now - self.since)
        self.first, self.last, self.paths, self.count = None, None, set(), 0
        return last, line


class StormLog:
    """Writes a line for each entry, and sums equal ones: what an actor repeats, and what too many actors say.

    Args:
        logger: Where lines go.
        quiet: Seconds after which an actor that repeats itself has a line again, and the longest that a sum waits.

    Attributes:
        due: When what was held back is to be told at the latest; infinite if there is nothing.
    """

    def __init__(self, logger: logging.Logger, quiet: float = 10.0) -> None:
        self.due = inf
        self._logger = logger
        self._quiet = quiet
        self._storms: dict[Hashable, _Storm] = {}
        self._hidden: dict[str | None, dict[Hashable, _Storm]] = {}
        self._letters = HeldLetters()

    def add(self, entry: Entry, now: float) -> list[logging.LogRecord]:
        """Count *entry* and return the lines that are due; hand them to ``emit`` outside of any lock."""
        lines = self.flush(now) if now >= self.due else []
        if entry.kind == "dead_letter" and self._letters.hold(entry, now):
            self.due = min(self.due, now + _HELD)
            return lines
        self._write(entry, now, lines)
        if self._letters and entry.failure is not None:
            for letter in self._letters.take(entry.failure.id):
                self._write(letter, now, lines)
            if not self._letters and not self._hidden:
                self.due = inf
        return lines

    def flush(self, now: float, *, everything: bool = False) -> list[logging.LogRecord]:
        """Return the lines that tell what was held back; with *everything*, also forget who had a line."""
        lines: list[logging.LogRecord] = []
        self.due = inf
        for letter in self._letters.take_all(inf if everything else now - _HELD):
            self._write(letter, now, lines)
        if self._letters:
            self.due = now + _HELD
        for supervisor in list(self._hidden):
            for key, storm in list(self._hidden[supervisor].items()):
                if everything or now >= storm.since + self._quiet:
                    self._sum(supervisor, key, now, lines)
                else:
                    self.due = min(self.due, storm.since + self._quiet)
        if everything:
            self._storms.clear()
            self.due = inf
        return lines

    def emit(self, lines: list[logging.LogRecord]) -> None:
        """Hand *lines* to the logger's handlers."""
        for line in lines:
            self._logger.handle(line)

    def _write(self, entry: Entry, now: float, lines: list[logging.LogRecord]) -> None:
        if not self._logger.isEnabledFor(LEVELS[entry.severity]):
            return
        key = _key(entry)
        storm = self._storms.get(key)
        if storm is None:
            if len(self._storms) >= _KEYS:
                lines += self.flush(now, everything=True)
            storm = self._storms[key] = _Storm()
        supervisor = entry.supervisor
        if not storm.has_line(entry.path, now, self._quiet):
            if storm.hide(entry, now):
                self._hidden.setdefault(supervisor, {})[key] = storm
                self.due = min(self.due, now + self._quiet)
            return
        if entry.severity == "fatal" and supervisor in self._hidden:
            # What led to it stands before it.
            for other in list(self._hidden[supervisor]):
                self._sum(supervisor, other, now, lines)
        lines.append(self._line(entry, EntryLine(entry)))

    def _sum(self, supervisor: str | None, key: Hashable, now: float, lines: list[logging.LogRecord]) -> None:
        storms = self._hidden[supervisor]
        found = storms.pop(key).sum(now)
        if not storms:
            del self._hidden[supervisor]
        if found is not None:
            lines.append(self._line(*found))

    def _line(self, entry: Entry, text: EntryLine | SumLine) -> logging.LogRecord:
        level, extra = LEVELS[entry.severity], {"entry": entry}
        return self._logger.makeRecord(self._logger.name, level, __file__, 0, text, (), None, "emit", extra)


def _key(entry: Entry) -> Hashable:
    failure = entry.failure
    if failure is not None:
        return (entry.kind, entry.decision, entry.charged, entry.supervisor, fingerprint(failure))
    facts = entry.facts or {}
    root = entry.path.split("/", 2)[1:2]
    told = (facts.get("message_type"), facts.get("reason"), facts.get("note"))
    return (entry.kind, entry.decision, entry.supervisor, *told, *root)
