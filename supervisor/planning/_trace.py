"""Trace: what happens to the children in a simulation, as plain values; times are seconds from its beginning."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, TypeAlias, cast

from attrs import field, frozen

from ..policy._checks import is_seconds
from ..policy._directives import an_exception

__all__ = ["Crash", "Exits", "Fails", "Happening", "Outage", "StartFails", "StartTakes", "children_of", "faults_of"]


def _failed(value: Any) -> Any:
    """Return the exception that *value* stands for; what is none stays as it is, and is refused by the simulation."""
    failed = an_exception(value)
    return value if failed is None else failed


@frozen
class Crash:
    """*child* fails with *exception*, or one of that class, at the time *at*, if it runs then."""

    child: str
    at: float
    exception: BaseException = field(factory=RuntimeError, converter=_failed)


@frozen
class Exits:
    """*child* ends by itself, well, at the time *at*; ``planned`` as by ``Shutdown``."""

    child: str
    at: float
    reason: Literal["normal", "planned"] = "normal"


@frozen
class Fails:
    """*child* fails *after* so many seconds in each of its lives, from the time *at* on: *times*, or for ever."""

    child: str
    after: float
    times: float = math.inf
    exception: BaseException = field(factory=RuntimeError, converter=_failed)
    at: float = 0.0


@frozen
class StartFails:
    """Each start of *child* in the *seconds* from the time *at* on fails: *times* of them, or all."""

    child: str
    times: float = math.inf
    exception: BaseException = field(factory=RuntimeError, converter=_failed)
    at: float = 0.0
    seconds: float = math.inf


@frozen
class StartTakes:
    """Each start of *child* takes so many *seconds*."""

    child: str
    seconds: float


@frozen
class Outage:
    """For *seconds* from the time *at* on, what *children* need is not there.

    Who runs fails *after* so many seconds, and so does who is started meanwhile.
    """

    at: float
    seconds: float
    children: Sequence[str]
    exception: BaseException = field(factory=RuntimeError, converter=_failed)
    after: float = 0.1


Happening: TypeAlias = Crash | Exits | Fails | StartFails | StartTakes | Outage


def children_of(trace: Sequence[Happening]) -> list[str]:
    """Return the names of the children that *trace* speaks of, in their order."""
    names: dict[str, None] = {}
    for happening in trace:
        names.update(dict.fromkeys(happening.children if isinstance(happening, Outage) else (happening.child,)))
    return list(names)


def faults_of(happening: Happening, end: float) -> Iterator[str]:
    """Yield what is wrong with *happening* in a simulation that takes *end* seconds."""
    if isinstance(happening, Outage):
        names: Any = happening.children
        listed = isinstance(names, (list, tuple, set, frozenset))
        if not listed or not all(isinstance(name, str) for name in cast(Iterable[object], names)):
            yield f"{happening!r}: children is {names!r}; allowed: a list of names"
    elif not isinstance(happening.child, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        yield f"{happening!r}: child is {happening.child!r}; allowed: a name"
    exception: object = getattr(happening, "exception", None)
    if exception is not None and not isinstance(exception, BaseException):
        yield f"{happening!r}: exception is {exception!r}; allowed: an exception, or the class of one"
    for name in ("at", "after", "seconds", "times"):
        value: object = getattr(happening, name, 0.0)
        if not is_seconds(value) and not (name in ("seconds", "times") and value == math.inf):
            yield f"{happening!r}: {name} is {value!r}; allowed: a number, 0 or more"
        elif name == "at" and is_seconds(end) and value > end:  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
            yield f"{happening!r}: at is {value!r}, and the simulation ends at {end:g} s; allowed: a larger seconds="
