"""The text of a line in the log, made when a handler reads it: of one entry, or of the sum of many."""

from __future__ import annotations

from collections.abc import Sequence

from stentor.protocol.errors import StentorError

from ._codes import code_of
from ._entry import Entry
from ._escape import escape
from ._redact import clip, hide, redact, safe_text
from ._where import where, whose

__all__ = ["EntryLine", "SumLine", "text_of"]

_MESSAGE = 200
_DIGITS = 8
"""So many digits of an id does a table show; they are enough to find it."""


class EntryLine:
    """What happened, where and to whom, what was decided, and the id under which all of it is found."""

    __slots__ = ("entry",)

    def __init__(self, entry: Entry) -> None:
        self.entry = entry

    def __str__(self) -> str:
        entry = self.entry
        path = _actor(entry)
        if entry.failure is not None:
            failure = entry.failure
            place = where(failure)
            at = f" in {_short(place, failure.secrets)}" if place else ""
            delay = f" in {entry.delay:.3g} s" if entry.delay else ""
            decided = f"{entry.decision or 'recorded'}{delay}"
            return f"{code_of(failure.exception)} at {path}{at}: {decided}: {text_of(entry)} [{entry.id}]"
        if entry.kind == "dead_letter":
            # The id that a reader wants is that of the cause.
            cause = f"failure …{entry.parent_id[-_DIGITS:]}" if entry.parent_id else f"entry …{entry.id[-_DIGITS:]}"
            return f"dead letter at {path}: {text_of(entry)} ({cause})"
        decided = f" {entry.decision}" if entry.decision and not entry.kind.startswith(entry.decision) else ""
        rule = f" by {escape(entry.rule)}" if entry.rule else ""
        facts = text_of(entry)
        return f"{entry.kind}{decided} at {path}{rule}{f' ({facts})' if facts else ''} [{entry.id}]"

    __repr__ = __str__


class SumLine:
    """How many more there were, and where; what was decided on one of them is not told as if it were to come."""

    __slots__ = ("count", "first", "last", "more", "others", "seconds")

    def __init__(self, first: Entry, last: Entry, count: int, others: int, more: bool, seconds: float) -> None:
        self.first = first
        self.last = last
        self.count = count
        self.others = others
        self.more = more
        self.seconds = seconds

    def __str__(self) -> str:
        others = f" and {self.others}{' or more' if self.more else ''} other{'' if self.others == 1 else 's'}"
        at = f"{_actor(self.first)}{others if self.others else ''}"
        return f"{self.count} more {_sort(self.last)} in {self.seconds:.3g} s, at {at}; the last [{self.last.id}]"

    __repr__ = __str__


def text_of(entry: Entry) -> str:
    """Return type and message of the entry's exception, or its facts, in one line without secrets."""
    failure = entry.failure
    if failure is not None:
        return f"{type(failure.exception).__name__}: {_short(failure.exception, failure.secrets)}"
    facts = entry.facts or {}
    if entry.kind == "dead_letter":
        return ", ".join(_short(value) for value in facts.values())
    return ", ".join(f"{key}={_short(value)}" for key, value in facts.items())


def _sort(entry: Entry) -> str:
    if entry.failure is not None:
        return f"{code_of(entry.failure.exception)} ({entry.decision or 'recorded'})"
    facts = entry.facts or {}
    told = [_short(facts[key]) for key in ("note", "message_type", "reason") if key in facts]
    return f"{entry.kind} ({', '.join(told)})" if told else entry.kind


def _actor(entry: Entry) -> str:
    """Return the path, and whose it is where the path does not tell."""
    failure = entry.failure
    path = entry.path or (failure.path if failure else "") or "/"
    who = whose(failure) if failure else ""
    return escape(path) + (f" ({_short(who)})" if who and not path.endswith(f"/{who}") else "")


def _short(value: object, secrets: Sequence[str] = ()) -> str:
    if isinstance(value, BaseException) and not isinstance(value, StentorError):
        value = safe_text(value)
    return escape(clip(redact(clip(hide(safe_text(value), secrets)[0], 4 * _MESSAGE))[0], _MESSAGE))
