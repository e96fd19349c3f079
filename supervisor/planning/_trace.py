"""Trace: what happens to the children in a simulation, as plain values; times are seconds from its beginning."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, TypeAlias

from attrs import field, frozen

__all__ = ["Crash", "Exits", "Fails", "Happening", "Outage", "StartFails", "StartTakes", "children_of"]


@frozen
class Crash:
    """*child* fails with *exception* at the time *at*, if it runs then."""

    child: str
    at: float
    exception: BaseException = field(factory=RuntimeError)


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
    exception: BaseException = field(factory=RuntimeError)
    at: float = 0.0


@frozen
class StartFails:
    """Each start of *child* in the *seconds* from the time *at* on fails: *times* of them, or all."""

    child: str
    times: float = math.inf
    exception: BaseException = field(factory=RuntimeError)
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
    exception: BaseException = field(factory=RuntimeError)
    after: float = 0.1


Happening: TypeAlias = Crash | Exits | Fails | StartFails | StartTakes | Outage


def children_of(trace: Sequence[Happening]) -> list[str]:
    """Return the names of the children that *trace* speaks of, in their order."""
    names: dict[str, None] = {}
    for happening in trace:
        names.update(dict.fromkeys(happening.children if isinstance(happening, Outage) else (happening.child,)))
    return list(names)
