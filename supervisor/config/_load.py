"""Load: a configuration file, read and checked as a whole, so that one refusal names all that is wrong with it."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, TypeVar, cast

from attrs import field, frozen
from stentor.protocol import Limits
from stentor.protocol.errors import BadUsage

from ..policy._policy import RestartPolicy
from ..policy._spec import ChildSpec
from ..runtime._options import refuse
from ..runtime._tree import SESSIONS_POLICY
from ._child_table import specs_of
from ._policy_table import policy_of
from ._runtime_table import limits_of, options_of
from ._table import Table

__all__ = ["SESSIONS", "Config", "build", "checked", "load"]

T = TypeVar("T")

SESSIONS = "sessions"
_TABLES = ("runtime", "limits", "policy", "children")


@frozen(kw_only=True)
class Config:
    """What a configuration file says.

    Attributes:
        file: The file, as it was named.
        options: The options of its ``[runtime]``.
        limits: Its ``[limits]``; None without.
        policies: Its ``[policy.NAME]`` by name; ``sessions`` is that of ``/sessions``.
        children: Its ``[[children]]``, in their order.
    """

    file: str
    options: Mapping[str, Any] = field(factory=dict[str, Any])
    limits: Limits | None = None
    policies: Mapping[str, RestartPolicy] = field(factory=dict[str, RestartPolicy])
    children: tuple[ChildSpec, ...] = ()

    @property
    def given(self) -> dict[str, Any]:
        """The arguments of ``Runtime`` that the file stands for."""
        found = dict(self.options)
        if self.limits is not None:
            found["limits"] = self.limits
        if SESSIONS in self.policies:
            found["sessions"] = self.policies[SESSIONS]
        if self.children:
            found["children"] = list(self.children)
        return found


def load(path: str | os.PathLike[str], *, without: Collection[str] = (), spare: bool = False) -> Config:
    """Read the configuration file *path*.

    ``[policy.sessions]`` changes the policy that ``/sessions`` has anyway; every other ``[policy.NAME]`` changes
    ``RestartPolicy()``. A time is a number of seconds or a text such as ``"10m"``, a size a number of bytes or a text
    such as ``"256MiB"``. A callable or a class is a text ``"package.module:name"``.

    Args:
        path: The file.
        without: Options of ``[runtime]`` that code gives in place of the file's.
        spare: Whether it may have policies that nobody uses.

    Raises:
        BadUsage: If it can not be read, or says something that can not be meant so; ``errors`` has every fault, each
            with the path of the key, the value and what is allowed, and ``file`` the file.
        NotSupported: If nothing of it is wrong, but a later version's.
    """
    name = os.fspath(path)
    return checked(name, _parsed(name), without=without, spare=spare)


def checked(name: str, values: Mapping[str, Any], *, without: Collection[str] = (), spare: bool = False) -> Config:
    """Return what the *values* of the file *name* say. See :func:`load`.

    Raises:
        BadUsage: If they can not be meant so.
        NotSupported: If nothing of it is wrong, but a later version's.
    """
    root = Table("", values)
    root.only(_TABLES)
    options, limits = root.table("runtime"), root.table("limits")
    chosen = {} if options is None else options_of(options, without)
    bounds = None if limits is None else limits_of(limits)
    policies = _policies(root)
    children = specs_of(root, policies)
    if not spare:
        _unused(root, policies)
    refuse(root.faults, root.later, of=name, file=name)
    whole = {key: policy for key, policy in policies.items() if policy is not None}
    return Config(file=name, options=chosen, limits=bounds, policies=whole, children=children)


def build(make: Callable[..., T], path: str | os.PathLike[str], overrides: Mapping[str, Any]) -> T:
    """Return what *make* makes of the options in the file *path*; *overrides* go before the file's own.

    Raises:
        BadUsage: As of :func:`load`, and for overrides as of *make*.
        NotSupported: For what a later version does.
    """
    config = load(path, without=overrides)
    # What the file says was judged by reading it, so that what is refused from here on is the overrides'.
    return make(**{**config.given, **overrides})


def _parsed(name: str) -> dict[str, Any]:
    try:
        with open(name, "rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise BadUsage(f"can not be read: {error.strerror or error}", of=name, file=name) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadUsage(f"is not TOML: {error}", of=name, file=name) from error


def _policies(root: Table) -> dict[str, RestartPolicy | None]:
    table = root.table("policy")
    found: dict[str, RestartPolicy | None] = {}
    for name in () if table is None else table.values:
        inner = None if table is None else table.table(name)
        if inner is not None:
            found[name] = policy_of(inner, SESSIONS_POLICY if name == SESSIONS else RestartPolicy())
    return found


def _unused(root: Table, policies: Mapping[str, RestartPolicy | None]) -> None:
    """Write down each policy that nobody takes: most likely its name is a slip."""
    taken = {SESSIONS, *_taken(root.values.get("children"))}
    for name in policies:
        if name not in taken:
            close = difflib.get_close_matches(name, taken, 1)
            if close and close[0] != SESSIONS and close[0] not in policies:
                continue  # Whoever takes that other name is told already.
            hint = f"; did you mean {close[0]}?" if close else f"; allowed: {SESSIONS}, or the policy of a child"
            root.faults.append(f"policy.{name} is used by no child{hint}")


def _taken(children: object) -> Iterator[str]:
    """Yield the names of the policies that *children* and theirs take."""
    for child in cast(list[object], children) if isinstance(children, list) else []:
        if isinstance(child, dict):
            values = cast(dict[str, object], child)
            if isinstance(values.get("policy"), str):
                yield cast(str, values["policy"])
            yield from _taken(values.get("children"))
