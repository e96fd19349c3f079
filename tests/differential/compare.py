"""Both supervisors under one trace: the first step at which they differ, and the smallest trace that still shows it."""

from __future__ import annotations

from itertools import zip_longest

from attrs import frozen

from .departures import OPTIONS, Moment, even
from .faults import Fault, fault
from .otp import Otp
from .ours import run_ours
from .trace import Seen, Trace

__all__ = ["Difference", "compare", "smallest"]

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


def compare(trace: Trace, otp: Otp) -> Difference | Fault | None:
    """Return the first difference that no departure explains; the fault, if it is a known one; or None."""
    theirs, ours = otp.run(trace, OPTIONS), run_ours(trace)
    steps = (None, *trace.steps)
    moments: list[Moment] = []
    for at, (their, our) in enumerate(zip_longest(theirs, ours, fillvalue=_NOTHING)):
        moment = Moment(trace, steps[at], their, our)
        moments.append(moment if _NOTHING in (their, our) else even(moment))
        if moments[-1].otp != moments[-1].ours:
            found = Difference(trace, at + 1, tuple(m.otp for m in moments), tuple(m.ours for m in moments))
            return fault(moments) or found
    return None


def smallest(found: Difference, otp: Otp) -> Difference:
    """Return the difference of the smallest trace that is found by leaving out one thing after the other."""
    while True:
        for trace in found.trace.smaller():
            less = compare(trace, otp)
            if isinstance(less, Difference):
                found = less
                break
        else:
            return found
