"""Load: a configuration file, read and checked as a whole, so that one refusal names all that is wrong with it."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from attrs import field, frozen
from stentor.protocol import Limits
from stentor.protocol.errors import BadUsage, NotSupported

from ..policy._policy import RestartPolicy
from ..policy._spec import ChildSpec
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


def load(path: str | os.PathLike[str]) -> Config:
    """Read the configuration file *path*.

    ``[policy.sessions]`` changes the policy that ``/sessions`` has anyway; every other ``[policy.NAME]`` changes
    ``RestartPolicy()``. A time is a number of seconds or a text such as ``"10m"``, a size a number of bytes or a text
    such as ``"256MiB"``. A callable or a class is a text ``"package.module:name"``.

    Raises:
        BadUsage: If it can not be read, or says something that can not be meant so; ``errors`` has every fault, each
            with the file, the path of the key, the value and what is allowed.
        NotSupported: For an option that a later version has.
    """
    name = os.fspath(path)
    return checked(name, _parsed(name))


def checked(name: str, values: Mapping[str, Any]) -> Config:
    """Return what the *values* of the file *name* say.

    Raises:
        BadUsage: If they can not be meant so; as of :func:`load`.
        NotSupported: For an option that a later version has.
    """
    root = Table("", values)
    root.only(_TABLES)
    options, limits = root.table("runtime"), root.table("limits")
    try:
        chosen = {} if options is None else options_of(options)
    except NotSupported as later:
        raise NotSupported(f"{name}: {later.details['what']}", later.details["instead"], file=name) from later
    bounds = None if limits is None else limits_of(limits)
    policies = _policies(root)
    children = specs_of(root, policies)
    if root.faults:
        raise BadUsage([f"{name}: {text}" for text in root.faults], file=name)
    whole = {key: policy for key, policy in policies.items() if policy is not None}
    return Config(file=name, options=chosen, limits=bounds, policies=whole, children=children)


def build(make: Callable[..., T], path: str | os.PathLike[str], overrides: Mapping[str, Any]) -> T:
    """Return what *make* makes of the options in the file *path*; *overrides* go before the file's own.

    Raises:
        BadUsage: As of :func:`load`, and for overrides as of *make*.
        NotSupported: For what a later version does.
    """
    config = load(path)
    try:
        return make(**{**config.given, **overrides})
    except NotSupported as later:
        what = later.details["what"]
        if _key(what) not in config.options or _key(what) in overrides:
            raise
        raise NotSupported(f"{config.file}: runtime.{what}", later.details["instead"], file=config.file) from later
    except BadUsage as wrong:
        found = [
            f"{config.file}: runtime.{text}" if _key(text) in config.options and _key(text) not in overrides else text
            for text in wrong.details["errors"]
        ]
        raise BadUsage(found, file=config.file) from wrong


def _key(text: str) -> str:
    """Return the option that an error begins with: ``store=…`` and ``store is …``."""
    return text.partition(" ")[0].partition("=")[0]


def _parsed(name: str) -> dict[str, Any]:
    try:
        with open(name, "rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise BadUsage(f"{name}: can not be read: {error.strerror or error}", file=name) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadUsage(f"{name}: is not TOML: {error}", file=name) from error


def _policies(root: Table) -> dict[str, RestartPolicy | None]:
    table = root.table("policy")
    found: dict[str, RestartPolicy | None] = {}
    for name in () if table is None else table.values:
        inner = None if table is None else table.table(name)
        if inner is not None:
            found[name] = policy_of(inner, SESSIONS_POLICY if name == SESSIONS else RestartPolicy())
    return found
