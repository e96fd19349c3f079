"""Child table: ``[[children]]`` as child specifications, supervisors with children of their own among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import fields

from ..policy._policy import RestartPolicy
from ..policy._spec import ChildSpec
from ..tree._supervisor import Supervisor
from ._named import NotThere, named
from ._said import said
from ._table import Reading, Table
from ._units import SECONDS_HINT, seconds

__all__ = ["specs_of"]

_READINGS = {"shutdown": Reading(seconds, SECONDS_HINT), "start_timeout": Reading(seconds, SECONDS_HINT)}
_SPEC = tuple(attribute.name for attribute in fields(ChildSpec))
_KNOWN = (*_SPEC, "policy", "children")


def specs_of(table: Table, policies: Mapping[str, RestartPolicy | None]) -> tuple[ChildSpec, ...]:
    """Return the children that *table* lists under ``children``; what is wrong with them goes to its faults."""
    listed = list(table.tables("children"))
    found = [_spec(child, policies) for child in listed]
    ids = [str(child.values["id"]) for child in listed if "id" in child.values]
    for name in sorted({each for each in ids if ids.count(each) > 1}):
        table.faults.append(f"{table.key('children')}: the id {said(name)} stands twice; allowed: each id once")
    return tuple(spec for spec in found if spec is not None)


def _spec(table: Table, policies: Mapping[str, RestartPolicy | None]) -> ChildSpec | None:
    table.only(_KNOWN)
    given = table.read(_READINGS, _SPEC)
    faults = len(table.faults)
    if "id" not in given:
        table.faults.append(f"{table.key('id')} is missing; allowed: a text")
    if given.get("kind") == "supervisor" and "actor" not in given:
        given["actor"] = Supervisor
    elif "actor" not in given:
        table.faults.append(f'{table.key("actor")} is missing; allowed: a text "package.module:Class"')
    else:
        given["actor"] = _actor(table, given["actor"])
    kwargs = _of_a_supervisor(table, given, policies)
    if len(table.faults) > faults:
        # Not to be built; its other values are looked at all the same.
        given.update(id=given.get("id", "unnamed"), actor=given.get("actor") or Supervisor)
        table.build(ChildSpec, f"spec {given['id']!r}", given, _READINGS)
        return None
    if kwargs:
        given["kwargs"] = {**given.get("kwargs", {}), **kwargs}
    return table.build(ChildSpec, f"spec {given['id']!r}", given, _READINGS)


def _actor(table: Table, text: object) -> Any:
    try:
        return named(text)
    except NotThere as missing:
        table.fault("actor", text, str(missing))
        return None


def _of_a_supervisor(
    table: Table, given: Mapping[str, Any], policies: Mapping[str, RestartPolicy | None]
) -> dict[str, Any]:
    """Return what only a supervisor is given: its policy by name, and its own children."""
    own = [name for name in ("policy", "children") if name in table.values]
    actor = given.get("actor")
    if own and not (isinstance(actor, type) and issubclass(actor, Supervisor)):
        for name in own:
            table.fault(name, table.values[name], 'only for kind = "supervisor"')
        return {}
    kwargs: dict[str, Any] = {}
    policy = table.values.get("policy")
    if isinstance(policy, str) and policy in policies:
        kwargs["policy"] = policies[policy]
    elif policy is not None:
        there = ", ".join(policies) or "none in this file"
        table.fault("policy", policy, f"the name of a [policy.NAME] of this file: {there}")
    if "children" in table.values:
        kwargs["children"] = specs_of(table, policies)
    return kwargs
