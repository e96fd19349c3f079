"""``@stentor.tool``: report a tool's calls, and record its failure before a framework can hide it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast, overload

from stentor.protocol.errors import StentorError, WebSocketBridgeUnavailableError

from ._identity import identity_of
from ._run import Run
from ._tool_call import ToolCall

__all__ = ["tool"]

P = ParamSpec("P")
R = TypeVar("R")

_DEPTH = 6


@overload
def tool(function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def tool(*, name: str) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def tool(function: Callable[..., Any] | None = None, /, *, name: str | None = None) -> Callable[..., Any]:
    """Make *function*, sync or async, report its calls: put it innermost, under the framework's own decorator.

    Signature, name and docstring stay, so that a framework still reads its schema from them. An argument or result
    that JSON can not carry is told by the name of its type; the function itself gets and returns the real one.

    Raises:
        WebSocketContextValidationError: At a call outside any run.
        WebSocketBridgeUnavailableError: At a call that has an identity, but no run scope around it.
    """
    if function is None:

        def named(inner: Callable[..., Any]) -> Callable[..., Any]:
            return _wrap(inner, name)

        return named
    return _wrap(function, name)


def current_run(operation: str) -> Run:
    """Return the run of the task that asks.

    Raises:
        WebSocketContextValidationError: If there is no identity.
        WebSocketBridgeUnavailableError: If there is no run.
    """
    who = identity_of(operation)
    run = Run.current.get()
    if run is None:
        raise WebSocketBridgeUnavailableError(operation=operation, user_id=who.user_id, thread_id=who.thread_id)
    return run


def _wrap(function: Callable[..., Any], name: str | None) -> Callable[..., Any]:
    label: str = name or str(getattr(function, "__name__", "tool"))
    signature = inspect.signature(function)

    def begin(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Run, ToolCall]:
        run = current_run(f"tool {label}")
        return run, run.tool(label, **_arguments(signature, args, kwargs))

    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def reported(*args: Any, **kwargs: Any) -> Any:
            _, call = begin(args, kwargs)
            async with call:
                value = await function(*args, **kwargs)
                call.result(plain(value))
            return value

        return reported

    @wraps(function)
    def reported_sync(*args: Any, **kwargs: Any) -> Any:
        run, call = begin(args, kwargs)
        run.emit(call.executing())
        try:
            value = function(*args, **kwargs)
            call.result(plain(value))
        except BaseException as error:
            call.broke(error)
            raise
        try:
            run.emit(call.ended())
        except StentorError as refused:
            call.broke(refused)
            raise
        return value

    return reported_sync


def _arguments(signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    # A call that does not fit the signature raises the same TypeError that the function itself would raise.
    bound = signature.bind(*args, **kwargs).arguments
    return {name: plain(value) for name, value in bound.items() if name not in ("self", "cls")}


def plain(value: Any, depth: int = 0) -> Any:
    """Return *value* as JSON can carry it: what is no plain value is told by the name of its type."""
    if value is None or isinstance(value, (str, bool, int)) or (isinstance(value, float) and value - value == 0.0):
        return value
    if depth < _DEPTH and isinstance(value, Mapping):
        pairs = cast(Mapping[Any, Any], value).items()
        return {str(key): plain(item, depth + 1) for key, item in pairs}
    if depth < _DEPTH and isinstance(value, (list, tuple)):
        return [plain(item, depth + 1) for item in cast(list[Any], value)]
    return f"<{type(value).__name__}>"
