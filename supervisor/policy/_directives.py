"""Directives: what a failure's exception type asks for, the most specific class first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Never, TypeAlias, cast

from attrs import frozen
from stentor.protocol.errors import BadPolicy, Refused, Shutdown

from ._checks import Faults, assign, one_of

__all__ = ["DIRECTIVES", "Decide", "Directive", "Restart", "an_exception", "checked", "matching", "unreachable"]

DIRECTIVES = ("resume", "restart", "stop", "escalate")


@frozen(init=False)
class Restart:
    """Restart the child; with ``charged=False`` at once, without cost and without counting as an attempt."""

    charged: bool

    def __init__(self, charged: bool = True, **unknown: Never) -> None:
        faults = Faults("restart")
        faults.need(isinstance(charged, bool), "charged", charged, "True | False")  # pyright: ignore[reportUnnecessaryIsInstance]
        faults.unknown(unknown, ("charged",))
        if faults.found:
            raise BadPolicy(faults.found)
        assign(self, charged=charged)


Directive: TypeAlias = Literal["resume", "restart", "stop", "escalate"] | Restart
Decide: TypeAlias = Mapping[type[BaseException], Directive]


def checked(decide: object, faults: Faults) -> dict[type[BaseException], Directive]:
    """Return the rows of *decide*; each that is not allowed goes to *faults*."""
    if not isinstance(decide, Mapping):
        faults.need(False, "decide", decide, "a mapping of exception types to directives")
        return {}
    rows: dict[type[BaseException], Directive] = {}
    for key, directive in cast(Mapping[Any, Any], decide).items():
        is_type = isinstance(key, type) and issubclass(key, BaseException)
        faults.need(is_type, "decide", cast(object, key), "an exception type as key")
        fits = isinstance(directive, Restart) or (isinstance(directive, str) and directive in DIRECTIVES)
        name = getattr(cast(object, key), "__name__", repr(cast(object, key)))
        faults.need(fits, f"decide[{name}]", directive, f"{one_of(DIRECTIVES)} | Restart(charged=False)")
        if is_type and fits:
            rows[key] = cast(Directive, directive)
    return rows


def an_exception(value: object) -> BaseException | None:
    """Return *value* if it is an exception; of a class one that was never raised; None of anything else."""
    if isinstance(value, BaseException):
        return value
    if not isinstance(value, type) or not issubclass(value, BaseException):
        return None
    # Only its type matters, and what its constructor would ask for is not known; a group is none without a content.
    kind: Any = value
    content = ("", [Exception()]) if issubclass(value, BaseExceptionGroup) else ()
    return cast(BaseException, kind.__new__(kind, *content))


def matching(decide: Decide, exception: BaseException | None) -> tuple[type[BaseException] | None, Directive]:
    """Return the row that decides on *exception*, most specific class first, and its directive."""
    if decide and exception is not None:
        for cls in type(exception).__mro__:
            directive = decide.get(cls)
            if directive is not None:
                return cls, directive
    return None, "restart"


def unreachable(decide: Decide) -> list[str]:
    """Return a warning for each row that can never match, with the reason."""
    return [
        f"decide[{cls.__name__}] can never match: {reason}"
        for cls in decide
        for kind, reason in (
            (Refused, "a refusal answers its caller and crashes nobody"),
            (Shutdown, "a planned end is no failure"),
        )
        if issubclass(cls, kind)
    ]
