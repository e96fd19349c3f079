"""Agents: whether what a host gave for one can be awaited, told before it is called."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import partial
from types import FunctionType, MethodType
from typing import Any, cast

__all__ = ["plain"]


def plain(on_message: object, says: object) -> list[str]:
    """Return a fault for each of them that is a plain function: its answer could not be awaited.

    An object that is called, a ``functools.partial`` and a decorated function are looked through.
    """
    given = {"on_message": on_message}
    if isinstance(says, Mapping):
        given |= {f"says[{name!r}]": agent for name, agent in cast(Mapping[object, object], says).items()}
    return [
        f"{name} is {what}; allowed: async def (session, message)"
        for name, agent in given.items()
        if (what := _not_async(agent)) is not None
    ]


def _not_async(agent: Any) -> str | None:
    while isinstance(agent, partial):
        agent = agent.func
    if inspect.iscoroutinefunction(agent) or isinstance(agent, type):
        return None
    # Where a decorator took the place of an async function, what it returns is that one's.
    function = inspect.unwrap(agent) if callable(agent) else agent
    if not isinstance(function, (FunctionType, MethodType)):
        function = inspect.getattr_static(agent.__class__, "__call__", None)
    if not isinstance(function, (FunctionType, MethodType)) or inspect.iscoroutinefunction(function):
        return None
    return "an async generator" if inspect.isasyncgenfunction(function) else "a plain function"
