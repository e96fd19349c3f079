"""Propose: the policy that the patterns of a ledger speak for, each change with its reason."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence

from attrs import evolve
from stentor.protocol.errors import WebSocketConnectionLostError

from ..policy._backoff import Backoff
from ..policy._budget import Budget
from ..policy._directives import Restart
from ..policy._hold import Hold
from ..policy._policy import RestartPolicy
from ._lapse import Lapse
from ._patterns import CROWD, TOGETHER, Pattern, PatternKind, quantile
from ._reason import Reason, nice, words

__all__ = ["propose"]

_LONGEST_WAIT = 300.0
_LONGEST_PARK = 3600.0
_WINDOW = 60.0
_PARK = 60.0
_MOST_IN_HOLD = 20
_MARGIN = 1.2


def propose(found: Sequence[Pattern], old: RestartPolicy) -> tuple[RestartPolicy, list[Reason]]:
    """Return the proposal, *old* itself where nothing speaks against it, and the reasons."""
    return _Proposal(found, old).made()


class _Proposal:
    """Goes through the knobs in the order in which one leans on the other."""

    def __init__(self, found: Sequence[Pattern], old: RestartPolicy) -> None:
        self._found = found
        self._old = old
        self._backoff = old.backoff
        self._child_budget = old.child_budget
        self._budget = old.budget
        self._hold = old.hold
        self._unpark_after = old.unpark_after
        self._decide = dict(old.decide)
        self._reasons: list[Reason] = []

    def made(self) -> tuple[RestartPolicy, list[Reason]]:
        self._connections()
        self._waits()
        self._holds()
        self._children()
        self._supervisor()
        self._fit()
        if not self._reasons:
            return self._old, []
        policy = evolve(
            self._old,
            budget=self._budget,
            child_budget=self._child_budget,
            backoff=self._backoff,
            decide=self._decide,
            hold=self._hold,
            unpark_after=self._unpark_after,
        )
        return policy, self._reasons

    def _say(self, knob: str, old: object, new: object, why: str) -> None:
        self._reasons.append(Reason(knob, words(old), words(new), why))

    def _of(self, *kinds: PatternKind) -> list[Pattern]:
        return [pattern for pattern in self._found if pattern.kind in kinds]

    def _connections(self) -> None:
        charged = [lapse for pattern in self._of("flapping") for lapse in pattern.lapses if lapse.charged]
        if charged and WebSocketConnectionLostError not in self._decide:
            self._decide[WebSocketConnectionLostError] = Restart(charged=False)
            self._say(
                "decide[WebSocketConnectionLostError]",
                "restart",
                "Restart(charged=False)",
                f"{len(charged)} lost connections were charged; a connection that comes and goes is nobody's fault.",
            )

    def _waits(self) -> None:
        old = self._backoff
        gone = self._of("outage", "slow_start")
        longest = quantile((pattern.length for pattern in gone), 0.9)
        maximum = min(nice(longest), _LONGEST_WAIT) if longest > 0 else 0.0
        if maximum > old.maximum:
            self._backoff = evolve(self._backoff, maximum=maximum)
            self._say(
                "backoff.maximum",
                old.maximum,
                maximum,
                f"Nine of ten times what was missing was back within {longest:.1f} s: a wait may be as long.",
            )
        lives = [lapse.uptime for pattern in self._of("loop", "slow_start") for lapse in pattern.lapses[1:]]
        usual = quantile(lives, 0.9)
        if lives and usual >= old.reset_after:
            reset_after = nice(1.5 * usual)
            self._backoff = evolve(self._backoff, reset_after=reset_after)
            self._say(
                "backoff.reset_after",
                old.reset_after,
                reset_after,
                f"Children in a loop ran up to {usual:.1f} s, so each life began the waits anew.",
            )

    def _holds(self) -> None:
        outages = self._of("outage") if self._old.strategy == "one_for_one" else []
        missed = [pattern for pattern in outages if self._hold is None or not _caught(self._hold, pattern)]
        if not missed:
            return
        fewest = min(len(pattern.children) for pattern in outages)
        children = max(2, min(_MOST_IN_HOLD, math.ceil(fewest / 2)))
        seconds = nice(max(1.0, *(_MARGIN * _firsts(pattern)[children - 1] for pattern in outages)))
        hold = Hold(children=children, seconds=seconds)
        self._say(
            "hold",
            self._hold,
            hold,
            f"In {len(outages)} outage{'' if len(outages) == 1 else 's'} at least {fewest} children failed of one "
            f"cause, {CROWD} of them within {TOGETHER:g} s: one of them can probe while the others wait, and it costs "
            "one unit.",
        )
        self._hold = hold

    def _children(self) -> None:
        old = self._child_budget
        broken = self._of("loop", "flaky")
        crowd = 0 if old is not None or broken else self._crowd()
        if old is None and not broken and not crowd:
            return
        window = _WINDOW if old is None else old.max_seconds
        healthy = [lapse for pattern in self._of("noise", "slow_start") for lapse in pattern.lapses if lapse.charged]
        usual = int(quantile(_most_of_each(healthy, window), 0.95))
        loops = self._of("loop")
        shortest = min((len(pattern.lapses) for pattern in loops), default=0)
        restarts = old.max_restarts if old is not None else 3
        why = "A child that fails again and again is to be parked alone, before it costs its siblings anything."
        if crowd and isinstance(self._budget, Budget):
            why = (
                f"Children that are well fail up to {crowd} times in {self._budget.max_seconds:g} s together, more "
                "than their supervisor can pay; with budgets of their own only a park costs it something."
            )
        if usual >= restarts:
            restarts = usual + 1
            why = f"Children that are well failed up to {usual} times in {window:g} s."
        elif old is not None and loops and usual + 1 < shortest <= restarts and not any(p.ended for p in loops):
            restarts = max(1, shortest - 1)
            why = (
                f"A loop is {shortest} failures long or longer, and children that are well fail {usual} times at most."
            )
        life = quantile((lapse.uptime for pattern in loops for lapse in pattern.lapses[1:]), 0.9)
        span = sum(self._backoff.delay(attempt, 1.0) for attempt in range(restarts)) + (restarts + 1) * life
        if loops and span > window:
            window = nice(_MARGIN * span)
            why += f" A loop needs {span:.1f} s for {restarts} restarts, and the window has to see them all."
        if old is None or restarts != old.max_restarts or window != old.max_seconds:
            self._child_budget = Budget(max_restarts=restarts, max_seconds=window)
            self._say("child_budget", old, self._child_budget, why)
        self._unpark()

    def _crowd(self) -> int:
        """Return how many failures the supervisor would have to pay for at once, if no budget of its own could be so
        large and still be spent by one child; else 0.
        """
        if isinstance(self._budget, str):
            return 0
        together = _most(self._healthy(), self._budget.max_seconds)
        fits = self._backoff.shortest(together + 1) <= self._budget.max_seconds
        return 0 if together <= self._budget.max_restarts or fits else together

    def _healthy(self) -> list[float]:
        quiet = self._of("noise", "slow_start")
        return sorted(lapse.at for pattern in quiet for lapse in pattern.lapses if lapse.charged)

    def _unpark(self) -> None:
        old = self._unpark_after
        longest = quantile((pattern.length for pattern in self._of("outage", "slow_start")), 0.9)
        wanted = min(_LONGEST_PARK, nice(max(_PARK, longest)))
        if old is None or (longest > old and wanted > old):
            self._unpark_after = wanted
            why = "A parked child is tried again by itself"
            why += (
                f", when most outages are over ({longest:.1f} s)." if longest > 0 else "; if it fails it waits longer."
            )
            self._say("unpark_after", old, wanted, why)

    def _supervisor(self) -> None:
        old = self._budget
        if isinstance(old, str):
            return
        if self._child_budget is None:
            pays = [
                lapse.at for pattern in self._of("noise", "slow_start") for lapse in pattern.lapses if lapse.charged
            ]
            what = "failures of children that are well"
        else:
            pays = [pattern.begins for pattern in self._of("loop", "flaky", "outage")]
            what = "parks and incidents"
        needed = _most(sorted(pays), old.max_seconds) + 1
        if needed > old.max_restarts:
            self._budget = Budget(max_restarts=needed, max_seconds=old.max_seconds)
            self._say(
                "budget",
                old,
                self._budget,
                f"There were up to {needed - 1} {what} within {old.max_seconds:g} s, after which nothing was broken.",
            )

    def _fit(self) -> None:
        """See to it that one child can spend the budget: the waits alone must not be longer than its window."""
        if self._child_budget is not None:
            self._child_budget = self._fitting("child_budget", self._child_budget, self._backoff)
        elif isinstance(self._budget, Budget):
            self._budget = self._fitting("budget", self._budget, self._backoff)

    def _fitting(self, knob: str, budget: Budget, backoff: Backoff) -> Budget:
        waits = backoff.shortest(budget.max_restarts)
        if waits <= budget.max_seconds:
            return budget
        fitting = evolve(budget, max_seconds=nice(_MARGIN * waits))
        why = f"{budget.max_restarts} waits take at least {waits:.1f} s together."
        before = [reason for reason in self._reasons if reason.knob == knob]
        self._reasons = [reason for reason in self._reasons if reason.knob != knob]
        was = before[0].old if before else words(budget)
        self._reasons.append(Reason(knob, was, words(fitting), " ".join([*(each.why for each in before), why])))
        return fitting


def _firsts(outage: Pattern) -> list[float]:
    """Return when each child of *outage* failed first, in seconds from its beginning."""
    first: dict[str, float] = {}
    for lapse in outage.lapses:
        first.setdefault(lapse.child, lapse.at - outage.begins)
    return sorted(first.values())


def _caught(hold: Hold, outage: Pattern) -> bool:
    firsts = _firsts(outage)
    return len(firsts) >= hold.children and firsts[hold.children - 1] <= hold.seconds


def _most_of_each(lapses: Iterable[Lapse], seconds: float) -> list[float]:
    """Return for each child how many of its failures came within *seconds* at the most."""
    times: defaultdict[str, list[float]] = defaultdict(list)
    for lapse in lapses:
        times[lapse.child].append(lapse.at)
    return [float(_most(sorted(own), seconds)) for own in times.values()]


def _most(times: Sequence[float], seconds: float) -> int:
    """Return how many of *times*, in order, lie within *seconds* at the most."""
    return max((index + 1 - bisect_left(times, at - seconds) for index, at in enumerate(times)), default=0)
