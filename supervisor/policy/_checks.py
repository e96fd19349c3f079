"""Checks of configured values: every fault is collected, so that one refusal names them all."""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Mapping

from attrs import define, field

__all__ = ["Faults", "assign", "is_count", "is_seconds", "one_of"]


@define
class Faults:
    """The faults found so far, each naming the field, its value and what is allowed."""

    owner: str
    found: list[str] = field(factory=list[str])

    def need(self, holds: bool, name: str, value: object, allowed: str) -> None:
        """Write down that *name* may not be *value*, unless it *holds*."""
        if not holds:
            self.found.append(f"{self.owner}.{name} is {value!r}; allowed: {allowed}")

    def unknown(self, extra: Mapping[str, object], known: Collection[str]) -> None:
        """Write down each key that nobody knows."""
        for key, value in extra.items():
            close = difflib.get_close_matches(key, known, 1)
            hint = f"; did you mean {close[0]}?" if close else ""
            self.found.append(f"{self.owner}.{key} is {value!r}, an unknown key; allowed: {', '.join(known)}{hint}")


def assign(target: object, **values: object) -> None:
    """Set the fields of a frozen value while it is being built."""
    for name, value in values.items():
        object.__setattr__(target, name, value)


def is_seconds(value: object, *, above: float | None = None) -> bool:
    """Tell whether *value* is a finite number of seconds, 0 or more (or more than *above*)."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return False
    return value >= 0 if above is None else value > above


def is_count(value: object) -> bool:
    """Tell whether *value* is a whole number, 0 or more."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def one_of(names: Collection[str]) -> str:
    """Return the words that list *names* as what is allowed."""
    return " | ".join(names)
