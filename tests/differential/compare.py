"""Both supervisors under one trace: the first step at which they differ, and the smallest trace that still shows it."""

from __future__ import annotations

from itertools import zip_longest

from attrs import frozen

from .departures import OPTIONS, Departure, Moment, even, parted
from .otp import Otp
from .ours import run_ours
from .trace import Seen, Trace

__all__ = ["Compared", "Difference", "compare", "smallest"]

_NOTHING = Seen(end="no step more")


@frozen
class Difference:
    """Where both part: at line *at* of the trace (1 is the start); both logs up to there."""

    trace: Trace
    at: int
    otp: tuple[Seen, ...]
    ours: tuple[Seen, ...]

    def __str__(self) -> str:
        lines = ["supervisor  " + self.trace.lines()[0]]
        for number, (step, otp, ours) in enumerate(zip(self.trace.lines()[1:], self.otp, self.ours, strict=False), 1):
            lines.append(f"{'->' if number == self.at else '  '} {number}. {step}")
            lines += [
                f"       {'=' if left == right else '!'} OTP  {left:<58} ours  {right}"
                for left, right in zip(otp.lines(), ours.lines(), strict=True)
            ]
        return "\n".join(lines)


@frozen
class Compared:
    """What came of one trace: a difference that no departure explains, or None; and the departures that were seen."""

    difference: Difference | None
    departures: frozenset[Departure]


def compare(trace: Trace, otp: Otp) -> Compared:
    """Run *trace* through both and compare them up to its end, or to where a departure leads them apart."""
    theirs, ours = otp.run(trace, OPTIONS), run_ours(trace)
    steps = (None, *trace.steps)
    raw: list[Moment] = []
    moments: list[Moment] = []
    seen: set[Departure] = set()
    for at, (their, our) in enumerate(zip_longest(theirs, ours, fillvalue=_NOTHING)):
        raw.append(Moment(trace, steps[at], their, our))
        evened, departures = (raw[-1], []) if _NOTHING in (their, our) else even(raw[-1])
        moments.append(evened)
        seen.update(departures)
        if evened.otp != evened.ours:
            apart = parted(raw)
            if apart is not None:
                return Compared(None, frozenset(seen | {apart}))
            found = Difference(trace, at + 1, tuple(m.otp for m in moments), tuple(m.ours for m in moments))
            return Compared(found, frozenset(seen))
    return Compared(None, frozenset(seen))


def smallest(found: Difference, otp: Otp) -> Difference:
    """Return the difference of the smallest trace that is found by leaving out one thing after the other."""
    while True:
        for trace in found.trace.smaller():
            less = compare(trace, otp).difference
            if less is not None:
                found = less
                break
        else:
            return found
