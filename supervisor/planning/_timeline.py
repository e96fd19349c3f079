"""Timeline: what a supervisor decided in a simulation, one line for each decision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import field, frozen

__all__ = ["Decision", "Ended", "Timeline"]

_HEAD = ("time", "child", "what", "decision", "rule", "wait", "budget left", "rung")
_BRIEF = (0, 1, 2, 3, 5, 6)
_RIGHT = ("time", "wait")


@frozen(kw_only=True)
class Decision:
    """One decision of the supervisor.

    Attributes:
        at: Seconds from the beginning.
        child: The child that it is about; None where it is about all of them.
        what: What happened: type of the exception, or the kind of the entry.
        decision: restart, resume, stop, escalate, park, unpark, hold, release, give_up, abandon.
        rule: The rule that decided.
        wait: Seconds until the next attempt, or None.
        charged: Whether it cost a unit of a budget.
        left: Units of the budget that are left; None where no budget was asked.
        max_restarts: Units that this budget has, in ``window_s`` seconds.
        attempt: Which attempt it is, from 1.
        rung: How much the restart throws away, where there is a ladder.
    """

    at: float
    child: str | None
    what: str
    decision: str
    rule: str
    wait: float | None = None
    charged: bool = False
    left: int | None = None
    max_restarts: int | None = None
    window_s: float | None = None
    attempt: int | None = None
    rung: int | None = None

    @property
    def budget(self) -> str:
        """What is left of the budget, such as ``2/3 in 5 s``; empty where none was asked."""
        if self.left is None or self.window_s is None:
            return ""
        return f"{self.left}/{self.max_restarts} in {self.window_s:g} s"

    def cells(self) -> tuple[str, ...]:
        """Return the texts of its line."""
        wait = "" if self.wait is None else f"{self.wait:.2f} s"
        rung = "" if self.rung is None else str(self.rung)
        name = "all" if self.child is None else self.child
        return (f"{self.at:.2f} s", name, self.what, self.decision, self.rule, wait, self.budget, rung)


@frozen
class Ended:
    """The supervisor's end: when, why, and for which child."""

    at: float
    why: str
    child: str | None = None


@frozen
class Timeline:
    """The decisions of a simulation, in their order; it prints as a table.

    Attributes:
        entries: The decisions.
        seconds: How long was simulated.
        ended: Why the supervisor ended before that; None if it did not.
    """

    entries: tuple[Decision, ...]
    seconds: float
    ended: Ended | None
    _running: Mapping[str, float] = field(alias="running")

    @property
    def restarts(self) -> int:
        """How many restarts were decided, resumes among them; each retry of a start is one, a hold is none."""
        return sum(entry.decision in ("restart", "resume") for entry in self.entries)

    @property
    def parks(self) -> int:
        """How often a child was parked."""
        return sum(entry.decision == "park" for entry in self.entries)

    @property
    def children(self) -> tuple[str, ...]:
        """The names of the children."""
        return tuple(self._running)

    def running_share(self, child: str | None = None) -> float:
        """Return the share of the time, 0 to 1, that *child* ran; of all children together without one."""
        if not self._running or self.seconds == 0:
            return 0.0
        ran = sum(self._running.values()) / len(self._running) if child is None else self._running[child]
        return ran / self.seconds

    def lines(self, *, brief: bool = False, limit: int | None = None) -> list[str]:
        """Return the table's lines and a summary; *brief* leaves columns out, *limit* the lines after so many."""
        shown = self.entries if limit is None else self.entries[:limit]
        columns = _BRIEF if brief else range(len(_HEAD) if any(each.rung is not None for each in shown) else 7)
        rows = [_HEAD, *(entry.cells() for entry in shown)]
        found = list(_table([tuple(row[column] for column in columns) for row in rows])) if shown else []
        if len(shown) < len(self.entries):
            found.append(f"… and {len(self.entries) - len(shown)} more")
        return [*found, *self.summary()]

    def summary(self) -> list[str]:
        """Return what came of it, in words."""
        shares = [self.running_share(name) for name in self._running]
        ran = f"running {100 * self.running_share():.1f} % of {self.seconds:g} s"
        if len(shares) > 1:
            ran += f" (the least {100 * min(shares):.1f} %)"
        counts = f"{_count(self.restarts, 'restart')}, {_count(self.parks, 'park')}"
        if self.ended is None:
            return [f"{counts}; {ran}"]
        of = "" if self.ended.child is None else f" by {self.ended.child}"
        return [f"{counts}; {ran}", f"the supervisor ended at {self.ended.at:.2f} s: {self.ended.why}{of}"]

    def to_dict(self) -> dict[str, Any]:
        """Return what came of it as plain values."""
        ended = self.ended
        return {
            "seconds": self.seconds,
            "restarts": self.restarts,
            "parks": self.parks,
            "decisions": len(self.entries),
            "running_share": round(self.running_share(), 4),
            "ended": None if ended is None else {"at": ended.at, "why": ended.why, "child": ended.child},
        }

    def __repr__(self) -> str:
        return "\n".join(self.lines())


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _table(rows: list[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    right = [name in _RIGHT for name in rows[0]]
    for row in rows:
        cells = zip(row, widths, right, strict=True)
        yield "  ".join(cell.rjust(width) if end else cell.ljust(width) for cell, width, end in cells).rstrip()
