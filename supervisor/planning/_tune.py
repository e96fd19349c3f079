"""Tune: from the failures on record to a policy that would have met them better, with reasons, old beside new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap
from typing import Any

from attrs import frozen
from stentor.protocol.errors import BadUsage

from ..config._write import as_plain, as_toml
from ..policy._policy import RestartPolicy
from ._lapse import Lapse
from ._patterns import Pattern, patterns
from ._propose import propose
from ._reason import Reason
from ._replay import replay
from ._simulate import on_paper, simulate
from ._timeline import Timeline

__all__ = ["Tuning", "supervisors_of", "tune"]

_LINES = 24
_SHOWN = 12
_WIDTH = 120
_BETWEEN = " | "
_MODEL = (
    "A model of the busiest hour, not a replay: its failures as patterns, under the supervisor's own machine, with "
    "jitter in the middle."
)


@frozen(kw_only=True)
class Tuning:
    """What came of it.

    Attributes:
        supervisor: Path of the supervisor whose children failed.
        failures: How many failures of its children the ledger holds.
        found: The patterns in them.
        old: The policy that was given. ``new``: the one that is proposed; the same where nothing speaks against it.
        reasons: Each change with its reason.
        before: What the old policy does on a trace made from the patterns. ``after``: what the new one does.
    """

    supervisor: str
    failures: int
    found: tuple[Pattern, ...]
    old: RestartPolicy
    new: RestartPolicy
    reasons: tuple[Reason, ...]
    before: Timeline
    after: Timeline

    @property
    def changed(self) -> bool:
        """Whether there is something to propose."""
        return bool(self.reasons)

    def text(self, name: str) -> str:
        """Return it as text; *name* is that of the policy in a file."""
        return "\n".join(self._lines(name)) + "\n"

    def to_dict(self, name: str) -> dict[str, Any]:
        """Return it as plain values; *name* is that of the policy in a file."""
        return {
            "schema": "stentor.tuning/1",
            "supervisor": self.supervisor,
            "failures": self.failures,
            "patterns": [
                {
                    "kind": pattern.kind,
                    "failures": len(pattern.lapses),
                    "children": len(pattern.children),
                    "seconds": round(pattern.length, 3),
                    "text": pattern.text(),
                }
                for pattern in self.found
            ],
            "changed": self.changed,
            "reasons": [
                {"knob": each.knob, "old": each.old, "new": each.new, "why": each.why} for each in self.reasons
            ],
            "old": as_plain(self.old),
            "new": as_plain(self.new),
            "before": self.before.to_dict(),
            "after": self.after.to_dict(),
            "toml": as_toml(name, self.new, self.old),
        }

    def _lines(self, name: str) -> Iterator[str]:
        yield f"{self.failures} failure{'' if self.failures == 1 else 's'} under {self.supervisor}"
        yield from (f"  {pattern.text()}" for pattern in self.found[:_SHOWN])
        if len(self.found) > _SHOWN:
            yield f"  … and {len(self.found) - _SHOWN} patterns more"
        yield ""
        if not self.changed:
            yield "The policy fits: there is nothing to propose. What it does:"
            yield ""
            yield from wrap(_MODEL, _WIDTH)
            yield from self.before.lines(brief=True, limit=_LINES)
            return
        yield "Proposed"
        for reason in self.reasons:
            yield from wrap(str(reason), _WIDTH, initial_indent="  ", subsequent_indent="    ")
        yield ""
        yield from wrap(_MODEL, _WIDTH)
        yield from beside(self.before.lines(brief=True, limit=_LINES), self.after.lines(brief=True, limit=_LINES))
        yield ""
        yield "The lines that change"
        yield as_toml(name, self.new, self.old).rstrip("\n")


def tune(lapses: Sequence[Lapse], old: RestartPolicy, supervisor: str) -> Tuning:
    """Return what the failures of *supervisor*'s children speak for.

    Args:
        lapses: A ledger's failures, oldest first; those of other supervisors are left out.
        old: The policy that was in force.
        supervisor: Path of the supervisor.

    Raises:
        BadUsage: If none of the failures is of a child of *supervisor*.
    """
    own = [lapse for lapse in lapses if lapse.supervisor == supervisor]
    if not own:
        there = ", ".join(supervisors_of(lapses)) or "none"
        raise BadUsage(f"the ledger holds no failure under {supervisor!r}; there are: {there}", supervisor=supervisor)
    found = patterns(own, old.backoff.maximum)
    new, reasons = propose(found, old)
    again = replay(found, supervisor)
    children = [on_paper(name) for name in again.children]
    before = simulate(old, again.trace, children=children, seconds=again.seconds)
    after = before if new is old else simulate(new, again.trace, children=children, seconds=again.seconds)
    return Tuning(
        supervisor=supervisor,
        failures=len(own),
        found=tuple(found),
        old=old,
        new=new,
        reasons=tuple(reasons),
        before=before,
        after=after,
    )


def supervisors_of(lapses: Sequence[Lapse]) -> list[str]:
    """Return the supervisors that *lapses* speak of, the one with most failures first."""
    return [name for name, _ in Counter(lapse.supervisor for lapse in lapses).most_common()]


def beside(left: Sequence[str], right: Sequence[str]) -> Iterator[str]:
    """Yield the lines of *left* and *right* beside each other, under a head of their own."""
    left, right = ["old policy", *left], ["new policy", *right]
    width = max(map(len, left))
    for one, other in zip_longest(left, right, fillvalue=""):
        yield f"{one.ljust(width)}{_BETWEEN}{other}".rstrip()
