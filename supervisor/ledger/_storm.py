"""The log lines of the record: one for each entry, and a storm of equal ones summed."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Sequence

from stentor.protocol.errors import StentorError

from ._codes import code_of
from ._entry import Entry
from ._escape import escape
from ._fingerprint import fingerprint
from ._redact import clip, hide, redact, safe_text

__all__ = ["StormLog"]

LEVELS = {"info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR, "fatal": logging.CRITICAL}
_MESSAGE = 200
_KEYS = 1024


class _Line:
    """The text of one line, made when a handler reads it."""

    __slots__ = ("entry", "more", "seconds")

    def __init__(self, entry: Entry, more: int, seconds: float) -> None:
        self.entry = entry
        self.more = more
        self.seconds = seconds

    def __str__(self) -> str:
        text = f"{_what(self.entry)} [{self.entry.id}]"
        return f"{text}: {self.more} more like it in {self.seconds:.3g} s" if self.more else text

    __repr__ = __str__


class _Storm:
    """Equal entries since the last line about them."""

    __slots__ = ("count", "entry", "since")

    def __init__(self, entry: Entry, since: float) -> None:
        self.entry = entry
        self.since = since
        self.count = 0


class StormLog:
    """Writes the first of equal entries at once, and a count of the others every *quiet* seconds."""

    def __init__(self, logger: logging.Logger, quiet: float = 10.0) -> None:
        self._logger = logger
        self._quiet = quiet
        self._storms: dict[Hashable, _Storm] = {}
        self._next_flush = 0.0

    def add(self, entry: Entry, now: float) -> list[logging.LogRecord]:
        """Count *entry* and return the lines that are due; hand them to ``emit`` outside of any lock."""
        level = LEVELS[entry.severity]
        lines: list[logging.LogRecord] = []
        if now >= self._next_flush and self._storms:
            lines = self.flush(now)
        if not self._logger.isEnabledFor(level):
            return lines
        key = _key(entry)
        storm = self._storms.get(key)
        if storm is not None:
            storm.count += 1
            storm.entry = entry
            return lines
        if len(self._storms) >= _KEYS:
            lines += self.flush(now, everything=True)
        if not self._storms:
            self._next_flush = now + self._quiet
        self._storms[key] = _Storm(entry, now)
        lines.append(self._line(level, _Line(entry, 0, 0.0)))
        return lines

    def flush(self, now: float, *, everything: bool = False) -> list[logging.LogRecord]:
        """Return the lines that tell the counts, and forget the storms that are over."""
        lines: list[logging.LogRecord] = []
        for key, storm in list(self._storms.items()):
            if not everything and now - storm.since < self._quiet:
                continue
            if storm.count:
                level = LEVELS[storm.entry.severity]
                lines.append(self._line(level, _Line(storm.entry, storm.count, now - storm.since)))
                storm.since, storm.count = now, 0
            else:
                del self._storms[key]
        if everything:
            self._storms.clear()
        self._next_flush = now + self._quiet
        return lines

    def emit(self, lines: list[logging.LogRecord]) -> None:
        """Hand *lines* to the logger's handlers."""
        for line in lines:
            self._logger.handle(line)

    def _line(self, level: int, line: _Line) -> logging.LogRecord:
        extra = {"entry": line.entry}
        return self._logger.makeRecord(self._logger.name, level, __file__, 0, line, (), None, "emit", extra)


def _key(entry: Entry) -> Hashable:
    failure = entry.failure
    if failure is not None:
        return (entry.kind, entry.decision, entry.charged, fingerprint(failure))
    facts = entry.facts or {}
    root = entry.path.split("/", 2)[1:2]
    return (entry.kind, entry.decision, facts.get("message_type"), facts.get("reason"), facts.get("note"), *root)


def _what(entry: Entry) -> str:
    """Return one line: code, path, decision and message, with nothing in it that a terminal would obey."""
    path = escape(entry.path or (entry.failure.path if entry.failure else "")) or "/"
    if entry.failure is None:
        facts = ", ".join(f"{key}={_short(value)}" for key, value in (entry.facts or {}).items())
        decided = f" {entry.decision}" if entry.decision and entry.decision != entry.kind else ""
        return f"{entry.kind}{decided} at {path}{f' ({facts})' if facts else ''}"
    exception = entry.failure.exception
    decision = entry.decision or "recorded"
    text = _short(exception, entry.failure.secrets)
    delay = f" in {entry.delay:.3g} s" if entry.delay else ""
    return f"{code_of(exception)} at {path}: {decision}{delay}: {type(exception).__name__}: {text}"


def _short(value: object, secrets: Sequence[str] = ()) -> str:
    if isinstance(value, BaseException) and not isinstance(value, StentorError):
        value = safe_text(value)
    return escape(clip(redact(clip(hide(safe_text(value), secrets)[0], 4 * _MESSAGE))[0], _MESSAGE))
