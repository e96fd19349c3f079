"""Replay: the patterns of a ledger as a trace, so that another policy can be tried on them."""

from __future__ import annotations

import builtins
import math
import re
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from typing import cast

from attrs import frozen
from stentor.protocol import errors

from ..policy._directives import an_exception
from ._patterns import Pattern
from ._trace import Crash, Fails, Happening, Outage, StartFails, children_of

__all__ = ["Replay", "replay"]

_LONGEST = 3600.0
_REST = 60.0
_SHORTEST_LIFE = 0.05
"""Seconds; the ledger rounds, and what fails at once must still take its time."""
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@frozen
class Replay:
    """A trace, its children and how many seconds it takes."""

    trace: tuple[Happening, ...]
    children: tuple[str, ...]
    seconds: float


def replay(found: Sequence[Pattern], supervisor: str) -> Replay:
    """Return the busiest hour of *found* as a trace; *supervisor* is whose children they are."""
    began, ends = _busiest(found)
    names = _Names(supervisor)
    trace: list[Happening] = []
    for pattern in found:
        if pattern.lapses[-1].at >= began and pattern.begins <= ends:
            trace.extend(_happenings(pattern, began, ends, names))
    seconds = min(_LONGEST, 10.0 * math.ceil((ends - began + _REST) / 10.0))
    return Replay(tuple(trace), tuple(children_of(trace)), seconds)


def _busiest(found: Sequence[Pattern]) -> tuple[float, float]:
    times = sorted(lapse.at for pattern in found for lapse in pattern.lapses)
    best, most, end = 0, 0, 0
    for begin, at in enumerate(times):
        while end < len(times) and times[end] <= at + _LONGEST - _REST:
            end += 1
        if end - begin > most:
            best, most = begin, end - begin
    return times[best], times[best + most - 1]


def _happenings(pattern: Pattern, began: float, ends: float, names: _Names) -> Iterator[Happening]:
    lapses = [lapse for lapse in pattern.lapses if began <= lapse.at <= ends]
    if not lapses:
        return
    first, last = lapses[0], lapses[-1]
    at, length = first.at - began, last.at - first.at
    exception = _exception(first.exception)
    later = sorted(lapse.uptime for lapse in lapses[1:]) or [_SHORTEST_LIFE]
    life = max(_SHORTEST_LIFE, later[len(later) // 2])
    match pattern.kind:
        case "outage":
            children = tuple(dict.fromkeys(names[lapse.child] for lapse in lapses))
            # Among the lives of many children the short ones are those that met the outage at their start.
            after = max(_SHORTEST_LIFE, min(later[len(later) // 4], 1.0))
            yield Outage(at, length + 2.0 * after, children, exception, after)
        case "loop":
            times = len(lapses) if pattern.ended else math.inf
            yield Fails(names[first.child], life, times, exception, at)
        case "slow_start":
            yield Crash(names[first.child], at, exception)
            yield StartFails(names[first.child], math.inf, exception, at, length)
        case "flapping" | "flaky" | "noise":
            for lapse in lapses:
                yield Crash(names[lapse.child], lapse.at - began, _exception(lapse.exception))


class _Names(dict[str, str]):
    """Path of an actor to the name of a child that stands for it."""

    def __init__(self, supervisor: str) -> None:
        self._above = supervisor.rstrip("/") + "/"
        self._taken: set[str] = set()

    def __missing__(self, path: str) -> str:
        plain = _UNFIT.sub(":", path.removeprefix(self._above).strip("/")) or "child"
        name, number = plain, 1
        while name in self._taken:
            number += 1
            name = f"{plain}~{number}"
        self._taken.add(name)
        self[path] = name
        return name


@cache
def _kind(name: str) -> type[BaseException]:
    module, _, short = name.rpartition(".")
    for place in (errors, builtins, sys.modules.get(module)):
        found = getattr(place, short, None)
        if isinstance(found, type) and issubclass(found, BaseException) and found.__name__ == short:
            return found
    # Its module is not loaded here: a type of the same name stands for it.
    return type(short or "Unknown", (RuntimeError,), {})


def _exception(name: str) -> BaseException:
    return cast(BaseException, an_exception(_kind(name)))
