"""Policy table: ``[policy.NAME]`` with its parts, read over the policy that it changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import asdict, fields
from stentor.protocol.errors import BadPolicy

from ..policy._backoff import Backoff
from ..policy._budget import Budget
from ..policy._directives import DIRECTIVES, Directive, Restart
from ..policy._hold import Hold
from ..policy._policy import RestartPolicy
from ._named import NotThere, exception
from ._said import NONE
from ._said import allowed as in_words
from ._table import Reading, Table
from ._units import SECONDS_HINT, seconds

__all__ = ["policy_of"]

P = TypeVar("P", Budget, Backoff, Hold)

_SECONDS = Reading(seconds, SECONDS_HINT)
_PARTS: Mapping[str, tuple[type[Any], Mapping[str, Reading]]] = {
    "budget": (Budget, {"max_seconds": _SECONDS}),
    "child_budget": (Budget, {"max_seconds": _SECONDS}),
    "backoff": (Backoff, dict.fromkeys(("initial", "maximum", "reset_after"), _SECONDS)),
    "hold": (Hold, {"seconds": _SECONDS}),
}
_OPTIONAL = ("child_budget", "hold", "unpark_after")
_KNOWN = tuple(attribute.name for attribute in fields(RestartPolicy))
_HINTS = {
    "unpark_after": Reading(seconds, SECONDS_HINT),
    "budget": Reading(seconds, "as a table: max_restarts, max_seconds"),
    "child_budget": Reading(seconds, "as a table: max_restarts, max_seconds"),
    "backoff": Reading(seconds, f"as a table: {', '.join(a.name for a in fields(Backoff))}"),
    "hold": Reading(seconds, "as a table: children, seconds"),
}
_ALLOWED = f"{' | '.join(DIRECTIVES)} | {{restart = {{charged = false}}}}"


def policy_of(table: Table, base: RestartPolicy) -> RestartPolicy | None:
    """Return *base* with what *table* gives in place of its own; None where there are faults, which the table has."""
    table.only(_KNOWN)
    given: dict[str, Any] = {name: getattr(base, name) for name in _KNOWN}
    whole = True
    for name, value in table.values.items():
        if name not in _KNOWN:
            continue
        if name in _OPTIONAL and value == NONE:
            given[name] = None
        elif name == "decide":
            given[name] = {**base.decide, **_rows(table)}
        elif name in _PARTS and isinstance(value, dict):
            given[name] = _part(table, name, getattr(base, name))
            whole = whole and given[name] is not None
        else:
            given[name] = seconds(value) if name == "unpark_after" else value
    if not whole:
        # The other values are checked all the same; whether budget and waits fit is not known.
        given.update(backoff=Backoff(initial=0.001), budget="unlimited", child_budget=Budget(0))
    policy = table.build(RestartPolicy, "policy", given, _HINTS)
    return policy if whole else None


def _part(table: Table, name: str, base: object) -> object:
    inner = table.table(name)
    if inner is None:
        raise TypeError(f"{table.key(name)} was a table a moment ago")
    make, readings = _PARTS[name]
    known = [attribute.name for attribute in fields(make)]
    faults = len(inner.faults)
    inner.only(known)
    given = {**(asdict(cast(Any, base)) if isinstance(base, make) else {}), **inner.read(readings, known)}
    owner = "budget" if make is Budget else name
    made = inner.build(make, owner, given, readings)
    return made if len(inner.faults) == faults else None


def _rows(table: Table) -> dict[type[BaseException], Directive]:
    inner = table.table("decide")
    rows: dict[type[BaseException], Directive] = {}
    if inner is None:
        return rows
    for name, value in inner.values.items():
        try:
            kind = exception(name)
        except NotThere as missing:
            inner.faults.append(f"{inner.key(_quoted(name))}: allowed as key: {missing}")
            continue
        directive = _directive(inner, name, value)
        if directive is not None:
            rows[kind] = directive
    return rows


def _directive(inner: Table, name: str, value: object) -> Directive | None:
    match value:
        case "resume" | "restart" | "stop" | "escalate":
            return cast(Directive, value)
        case {"restart": dict()} if len(cast(dict[str, Any], value)) == 1:
            try:
                return Restart(**cast(dict[str, dict[str, Any]], value)["restart"])
            except BadPolicy as wrong:
                texts = [in_words(text.removeprefix("restart.")) for text in wrong.errors]
                inner.faults.extend(f"{inner.key(_quoted(name))}.restart.{text}" for text in texts)
                return None
        case _:
            inner.fault(_quoted(name), value, _ALLOWED)
            return None


def _quoted(name: str) -> str:
    return name if name.isidentifier() else f'"{name}"'
