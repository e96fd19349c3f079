"""Runtime table: ``[runtime]`` as the options of a runtime, and ``[limits]``."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from attrs import fields
from stentor.protocol import Limits

from ..runtime._options import Options, options
from ._named import NotThere, named
from ._said import NONE
from ._table import Reading, Table
from ._units import SECONDS_HINT, SIZE_HINT, seconds, size

__all__ = ["limits_of", "options_of"]

_CALLABLES = ("on_message", "authenticate", "snapshot", "on_host_lost")
_ELSEWHERE = {
    "limits": "it has a table of its own, [limits]",
    "children": "each has a table of its own, [[children]]",
    "sessions": "it has a table of its own, [policy.sessions]",
    "clock": "give it in code: Runtime.from_config(path, clock=…)",
    "faults": "give it in code: Runtime.from_config(path, faults=…)",
}
_KNOWN = tuple(
    dict.fromkeys(
        [
            *(option.name for option in fields(Options) if option.name not in _ELSEWHERE and option.name != "shared"),
            "snapshot",
            "on_host_lost",
        ]
    )
)


def _or_none(value: object) -> object:
    return None if value == NONE else seconds(value)


_READINGS = {
    "drain": Reading(seconds, SECONDS_HINT),
    "blocked_after": Reading(_or_none, SECONDS_HINT),
    "emit_timeout": Reading(_or_none, SECONDS_HINT),
    "max_memory": Reading(size, SIZE_HINT),
}


def options_of(table: Table, without: Collection[str] = ()) -> dict[str, Any]:
    """Return the options that *table* gives; what is wrong with them goes to its faults.

    Args:
        table: The table ``[runtime]``.
        without: Options that code gives in place of it: they are read, but not judged.
    """
    table.only(_KNOWN, _ELSEWHERE)
    given = table.read(_READINGS, _KNOWN)
    for name in [name for name in _CALLABLES if name in given]:
        _name(given, name, table)
    if "says" in given:
        says = table.table("says")
        given.pop("says")
        if says is not None:
            given["says"] = dict(says.values)
            for name in says.values:
                _name(given["says"], name, says)
    if "store" in given and not isinstance(given["store"], str):
        table.fault("store", given.pop("store"), 'a text such as "memory"')
    table.build(_checked, "", {name: value for name, value in given.items() if name not in without}, _READINGS)
    return given


def _checked(**given: Any) -> Options:
    return options(given)


def _name(values: dict[str, Any], name: str, table: Table) -> None:
    text = values.pop(name)
    try:
        values[name] = named(text)
    except NotThere as missing:
        table.fault(name, text, str(missing))


def limits_of(table: Table) -> Limits | None:
    """Return the limits that *table* gives; None where there are faults, which the table has."""
    known = [limit.name for limit in fields(Limits)]
    readings = {limit.name: _reading(limit.metadata["unit"]) for limit in fields(Limits)}
    faults = len(table.faults)
    table.only(known)
    limits = table.build(Limits, "limits", table.read(readings, known), readings)
    return limits if len(table.faults) == faults else None


def _reading(unit: str) -> Reading:
    table: dict[str, tuple[Callable[[object], object], str]] = {
        "seconds": (seconds, SECONDS_HINT),
        "bytes": (size, SIZE_HINT),
    }
    return Reading(*table.get(unit, (_as_it_is, "")))


def _as_it_is(value: object) -> object:
    return value
