"""Table: one table of the file, with the path of its keys and the faults that were found in it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, TypeVar, cast

from attrs import field, frozen
from stentor.protocol.errors import BadUsage, NotSupported

from ._said import allowed as in_words
from ._said import said

__all__ = ["Reading", "Table"]

T = TypeVar("T")


@frozen
class Reading:
    """How the value of one key is read from a file, and what is said of it beside its field's own words."""

    read: Callable[[object], object]
    hint: str = ""


@frozen
class Table:
    """Values under one path of keys; all tables of a file share the lists of what is wrong, and not supported."""

    path: str
    values: Mapping[str, Any]
    faults: list[str] = field(factory=list[str])
    later: list[NotSupported] = field(factory=list[NotSupported])

    def key(self, name: str) -> str:
        """Return the whole path of the key *name*."""
        return f"{self.path}.{name}" if self.path else name

    def fault(self, name: str, value: object, allowed: str) -> None:
        """Write down that the key *name* may not be *value*."""
        self.faults.append(f"{self.key(name)} is {said(value)}; allowed: {allowed}")

    def only(self, known: Collection[str], elsewhere: Mapping[str, str] | None = None) -> None:
        """Write down each key that is not *known*, with the one that was probably meant."""
        for name, value in self.values.items():
            if name in known:
                continue
            close = difflib.get_close_matches(name, known, 1)
            told = (elsewhere or {}).get(name)
            hint = told or f"allowed: {', '.join(known)}{f'; did you mean {close[0]}?' if close else ''}"
            self.faults.append(f"{self.key(name)} is {said(value)}, an unknown key; {hint}")

    def table(self, name: str) -> Table | None:
        """Return the table *name*; None if there is none."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, dict):
            return Table(self.key(name), cast(dict[str, Any], value), self.faults, self.later)
        self.fault(name, value, f"a table [{self.key(name)}]")
        return None

    def tables(self, name: str) -> Iterator[Table]:
        """Yield the tables of the list *name*, such as ``children[0]``."""
        value: object = self.values.get(name, [])
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in cast(list[Any], value)):
            self.fault(name, cast(object, value), f"a list of tables [[{self.key(name)}]]")
            return
        for index, each in enumerate(cast(list[dict[str, Any]], value)):
            yield Table(f"{self.key(name)}[{index}]", each, self.faults, self.later)

    def read(self, readings: Mapping[str, Reading], known: Collection[str]) -> dict[str, Any]:
        """Return the values of the *known* keys that are given, each as its reading has it."""
        return {
            name: readings[name].read(value) if name in readings else value
            for name, value in self.values.items()
            if name in known
        }

    def build(
        self, make: Callable[..., T], owner: str, given: Mapping[str, Any], hints: Mapping[str, Reading]
    ) -> T | None:
        """Return what *make* makes of *given*; its faults, which call it *owner*, go under this table's path.

        The options of a runtime stand without an owner.
        """
        try:
            return make(**given)
        except BadUsage as wrong:
            self.faults.extend(self._reworded(text, owner, given, hints) for text in wrong.errors)
        except NotSupported as later:
            what, *others = [self._at(text) for text in (later.details["what"], *later.errors[1:])]
            self.later.append(NotSupported(what, later.details["instead"], others=others))
        return None

    def _at(self, text: str) -> str:
        """Return *text*, which begins with a key, or ``key=value``, in this file's words."""
        name = text.partition("=")[0]
        value = self.values.get(name)
        return self.key(text.replace(f"{name}={value!r}", f"{name}={said(value)}", 1))

    def _reworded(self, text: str, owner: str, given: Mapping[str, Any], hints: Mapping[str, Reading]) -> str:
        if owner and not text.startswith(f"{owner}."):
            return f"{self.path}: {text}"
        rest = text[len(owner) + 1 :] if owner else text
        name, _, told = rest.partition(" is ")
        value, _, allowed = told.rpartition("; allowed: ")
        if name not in self.values or value != repr(given.get(name)):
            return self._at(rest)
        hint = hints[name].hint if name in hints else ""
        return (
            f"{self.key(name)} is {said(self.values[name])}; allowed: {in_words(allowed)}{', ' if hint else ''}{hint}"
        )
