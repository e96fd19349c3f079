"""Patterns: what the failures of one supervisor's children have in common."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import median
from typing import Literal

from attrs import frozen
from stentor.protocol import errors

from ._lapse import Lapse

__all__ = ["Pattern", "PatternKind", "patterns", "quantile"]

PatternKind = Literal["outage", "loop", "slow_start", "flapping", "flaky", "noise"]

TOGETHER = 2.0
"""Seconds within which the first failures of an outage come."""
CROWD = 5
"""Different children that make an outage."""
ROW = 3
"""Failures in a row that make a loop."""
LONGEST_LIFE = 300.0
"""Seconds; a child that ran for longer is in no loop."""


@frozen
class Pattern:
    """Failures that belong together.

    ``outage``: five children or more, one fingerprint, within two seconds. ``loop``: one child fails again and again
    soon after its start, as on a poison message. ``slow_start``: its starts failed, then one did not. ``flapping``:
    connections that come and go. ``flaky``: one child fails more than all others together. ``noise``: the rest.
    """

    kind: PatternKind
    lapses: tuple[Lapse, ...]

    @property
    def begins(self) -> float:
        """Unix seconds of its first failure."""
        return self.lapses[0].at

    @property
    def length(self) -> float:
        """Seconds from its first failure to its last."""
        return self.lapses[-1].at - self.lapses[0].at

    @property
    def children(self) -> tuple[str, ...]:
        """The children that failed, in the order of their first failures."""
        return tuple(dict.fromkeys(lapse.child for lapse in self.lapses))

    @property
    def uptime(self) -> float:
        """The usual seconds from a start to the failure."""
        return median(lapse.uptime for lapse in self.lapses)

    @property
    def ended(self) -> bool:
        """Whether it ended by itself, and not with a park."""
        return not self.lapses[-1].parked

    def text(self) -> str:
        """Return what it is in words."""
        number, names = len(self.lapses), self.children
        who = names[0] if len(names) == 1 else f"{len(names)} children ({names[0]}, …)"
        exception = self.lapses[0].exception.rpartition(".")[2]
        failed = f"{number} failure{'' if number == 1 else 's'}"
        match self.kind:
            case "outage":
                return f"outage: {who} failed with {exception} together, for {self.length:.1f} s"
            case "loop":
                return (
                    f"loop: {who} failed {number} times in a row with {exception}, {self.uptime:.2f} s after its start"
                )
            case "slow_start":
                return f"slow start: {who} could not start for {self.length:.1f} s ({failed}, {exception})"
            case "flapping":
                return f"flapping: {failed} of connections, {who}"
            case "flaky":
                return f"flaky child: {who} has {failed}, more than all others together"
            case "noise":
                return f"the rest: {failed}, {who}"


def patterns(lapses: Sequence[Lapse], longest_wait: float) -> list[Pattern]:
    """Return the patterns of one supervisor's failures, each failure in one of them, by their beginning.

    Args:
        lapses: The failures, oldest first.
        longest_wait: Seconds that the policy may wait before a restart: a row or an outage may pause for as long.
    """
    flapping = [lapse for lapse in lapses if is_connection(lapse.exception)]
    rest = [lapse for lapse in lapses if not is_connection(lapse.exception)]
    pause = max(2.0 * longest_wait, TOGETHER)
    found: list[Pattern] = [Pattern("flapping", tuple(flapping))] if flapping else []
    outages = list(_outages(rest, pause))
    found += outages
    rest = _without(rest, outages)
    rows = list(_rows(rest, pause))
    found += rows
    rest = _without(rest, rows)
    flaky = list(_flaky(rest))
    found += flaky
    rest = _without(rest, flaky)
    if rest:
        found.append(Pattern("noise", tuple(rest)))
    return sorted(found, key=lambda pattern: pattern.begins)


def is_connection(name: str) -> bool:
    """Whether *name* is the type of a connection that was lost, which is nobody's fault."""
    kind = getattr(errors, name.rpartition(".")[2], None)
    return isinstance(kind, type) and issubclass(kind, errors.WebSocketConnectionLostError)


def quantile(values: Iterable[float], share: float) -> float:
    """Return the smallest of *values* that *share* of them do not exceed; 0 without any."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def _without(lapses: Sequence[Lapse], found: Sequence[Pattern]) -> list[Lapse]:
    taken = {id(lapse) for pattern in found for lapse in pattern.lapses}
    return [lapse for lapse in lapses if id(lapse) not in taken]


def _runs(lapses: Iterable[Lapse], pause: float, since: Callable[[Lapse], float]) -> Iterator[list[Lapse]]:
    """Yield the failures in runs between which there was a longer pause, which *since* says the end of."""
    run: list[Lapse] = []
    for lapse in lapses:
        if run and since(lapse) - run[-1].at > pause:
            yield run
            run = []
        run.append(lapse)
    if run:
        yield run


def _outages(lapses: Sequence[Lapse], pause: float) -> Iterator[Pattern]:
    by_cause: defaultdict[str, list[Lapse]] = defaultdict(list)
    for lapse in lapses:
        by_cause[lapse.fingerprint].append(lapse)
    for same in by_cause.values():
        for run in _runs(same, pause, lambda lapse: lapse.at):
            first: dict[str, float] = {}
            for lapse in run:
                first.setdefault(lapse.child, lapse.at)
            times = sorted(first.values())
            if len(times) >= CROWD and times[CROWD - 1] - times[0] <= TOGETHER:
                yield Pattern("outage", tuple(run))


def _rows(lapses: Sequence[Lapse], pause: float) -> Iterator[Pattern]:
    by_child: defaultdict[tuple[str, str], list[Lapse]] = defaultdict(list)
    for lapse in lapses:
        by_child[lapse.child, lapse.fingerprint].append(lapse)
    for same in by_child.values():
        for run in _runs(same, pause, _began):
            starting = [lapse for lapse in run if lapse.starting]
            if len(starting) >= 2 and len(starting) * 2 > len(run) and not run[-1].parked:
                yield Pattern("slow_start", tuple(run))
            elif len(run) >= ROW and _regular(run[1:]):
                yield Pattern("loop", tuple(run))


def _began(lapse: Lapse) -> float:
    # How long a child was up is no pause in its failing, unless it was well in between.
    return lapse.at - lapse.uptime if lapse.uptime <= LONGEST_LIFE else math.inf


def _regular(run: Sequence[Lapse]) -> bool:
    """Whether each life lasted about as long as the others; the first of all may have been a long one."""
    middle = median(lapse.uptime for lapse in run)
    spread = quantile((abs(lapse.uptime - middle) for lapse in run), 0.75)
    return spread <= max(0.5, 0.5 * middle)


def _flaky(lapses: Sequence[Lapse]) -> Iterator[Pattern]:
    by_child: defaultdict[str, list[Lapse]] = defaultdict(list)
    for lapse in lapses:
        by_child[lapse.child].append(lapse)
    for own in by_child.values():
        if len(own) >= ROW and len(own) * 2 > len(lapses) and len(by_child) > 1:
            yield Pattern("flaky", tuple(own))
    if len(by_child) == 1 and len(lapses) >= ROW:
        yield Pattern("flaky", tuple(lapses))
