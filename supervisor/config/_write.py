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


def as_toml(name: str, policy: RestartPolicy) -> str:
    """Return the lines of ``[policy.NAME]`` that stand for *policy*."""
    return "\n".join(_lines(f"policy.{name}", as_plain(policy))) + "\n"


def _lines(path: str, values: Mapping[str, Any]) -> Iterator[str]:
    yield f"[{path}]"
    tables = {name: cast(dict[str, Any], value) for name, value in values.items() if isinstance(value, dict) and value}
    for name, value in values.items():
        if not isinstance(value, dict):
            yield f"{name} = {_value(value)}"
    for name, value in tables.items():
        if name == "decide":
            yield f"[{path}.decide]"
            yield from (f"{_key(kind)} = {_value(told)}" for kind, told in value.items())
        else:
            yield from _lines(f"{path}.{name}", value)


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str():
            return f'"{value}"'
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
