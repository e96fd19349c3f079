"""Write: a policy as the table of a configuration file that stands for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from attrs import asdict
from stentor.protocol import errors

from ..policy._directives import Restart
from ..policy._policy import RestartPolicy
from ._said import NONE, said

__all__ = ["as_plain", "as_toml"]


def as_plain(policy: RestartPolicy) -> dict[str, Any]:
    """Return *policy* as plain values, as a file would hold them; what is None there is ``"none"``."""
    found: dict[str, Any] = asdict(policy, filter=lambda attribute, _: attribute.name != "decide")
    found["decide"] = {_name(kind): _directive(told) for kind, told in policy.decide.items()}
    return {name: NONE if value is None else value for name, value in found.items()}


def as_toml(name: str, policy: RestartPolicy, old: RestartPolicy | None = None) -> str:
    """Return the lines of ``[policy.NAME]`` that stand for *policy*; those alone in which it differs from *old*."""
    values = as_plain(policy)
    if old is not None:
        values = _changed(values, as_plain(old))
    return "".join(f"{line}\n" for line in _lines(f"policy.{name}", values))


def _changed(values: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of *values* that *old* has not, or not so; of a table those of its own."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        was = old.get(name)
        if isinstance(value, dict) and isinstance(was, dict):
            value = _changed(cast(dict[str, Any], value), cast(dict[str, Any], was))
            if value:
                found[name] = value
        elif value != was:
            found[name] = value
    return found


def _lines(path: str, values: Mapping[str, Any]) -> Iterator[str]:
    tables = {name: cast(dict[str, Any], value) for name, value in values.items() if isinstance(value, dict) and value}
    plain = {name: value for name, value in values.items() if not isinstance(value, dict)}
    if plain:
        yield f"[{path}]"
        yield from (f"{name} = {_value(value)}" for name, value in plain.items())
    for name, value in tables.items():
        if name == "decide":
            yield f"[{path}.decide]"
            yield from (f"{_key(kind)} = {_value(told)}" for kind, told in value.items())
        else:
            yield from _lines(f"{path}.{name}", value)


def _value(value: object) -> str:
    match value:
        case bool() | int() | float() | str():
            return said(value)
        case {"restart": {"charged": bool(charged)}}:
            return f"{{restart = {{charged = {_value(charged)}}}}}"
        case _:
            raise TypeError(f"a file has no form for {value!r}")


def _key(name: str) -> str:
    return name if name.isidentifier() else f'"{name}"'


def _name(kind: type[BaseException]) -> str:
    plain = kind.__module__ == "builtins" or getattr(errors, kind.__name__, None) is kind
    return kind.__name__ if plain else f"{kind.__module__}:{kind.__qualname__}"


def _directive(told: object) -> object:
    return {"restart": {"charged": told.charged}} if isinstance(told, Restart) else told
