"""Restart policy: what a supervisor does when a child fails, as one frozen and checked value."""

from __future__ import annotations

import math
import warnings
from typing import Any, Literal, Never

from attrs import field, frozen
from stentor.protocol.errors import BadPolicy

from ._backoff import Backoff
from ._budget import Budget, BudgetOrUnlimited
from ._checks import Faults, assign, is_seconds, one_of
from ._directives import Decide, Restart, checked, unreachable
from ._hold import Hold
from ._short import Short

__all__ = ["AUTO_SHUTDOWN", "STRATEGIES", "AutoShutdown", "PolicyWarning", "RestartPolicy", "Strategy"]

Strategy = Literal["one_for_one", "one_for_all", "rest_for_one"]
AutoShutdown = Literal["never", "any_significant", "all_significant"]

STRATEGIES = ("one_for_one", "one_for_all", "rest_for_one")
AUTO_SHUTDOWN = ("never", "any_significant", "all_significant")
_UNLIMITED = "unlimited"
_LONGEST_PARK = 16
"""The longest wait of a parked child, as a multiple of the first."""
_FIELDS = ("strategy", "budget", "child_budget", "backoff", "decide", "ladder", "hold", "unpark_after", "auto_shutdown")


class PolicyWarning(UserWarning):
    """A policy or spec that is allowed, but hardly meant so; the text gives the reason."""


@frozen(init=False, repr=False)
class RestartPolicy(Short):
    """How a supervisor answers the failures of its children.

    Args:
        strategy: ``one_for_one`` restarts the failed child, ``one_for_all`` all of them, ``rest_for_one`` it and
            those after it.
        budget: Restarts that the supervisor may spend before it gives up; or ``"unlimited"``.
        child_budget: Gives each child a budget of its own, and parks a child that has spent it.
        backoff: The waits before restarts.
        decide: Exception type to ``resume``, ``restart``, ``stop``, ``escalate`` or ``Restart(charged=False)``;
            the most specific class wins, and what no row matches is restarted.
        ladder: Whether a restart throws away more with each charged failure in the window of ``child_budget``, which
            it needs. How much, is the child's matter: it finds the number in ``estate.rung``.
        hold: When many children fail of one cause, they are one incident; under ``one_for_one`` only.
        unpark_after: Seconds until a child that was parked for its failures is tried again, growing with each park;
            None leaves it to ``unpark_child``.
        auto_shutdown: Whether the supervisor ends, as planned, with the first significant child that ends by itself
            (``any_significant``), or with the last (``all_significant``).

    Raises:
        BadPolicy: If a value is not allowed, or if the budget can never be spent; ``errors`` has all faults.
    """

    strategy: Strategy
    budget: BudgetOrUnlimited
    child_budget: Budget | None
    backoff: Backoff
    decide: Decide = field(hash=False)
    ladder: bool
    hold: Hold | None
    unpark_after: float | None
    auto_shutdown: AutoShutdown

    def __init__(
        self,
        strategy: Strategy = "one_for_one",
        budget: BudgetOrUnlimited | None = None,
        child_budget: Budget | None = None,
        backoff: Backoff | None = None,
        decide: Decide | None = None,
        ladder: bool = False,
        hold: Hold | None = None,
        unpark_after: float | None = None,
        auto_shutdown: AutoShutdown = "never",
        **unknown: Never,
    ) -> None:
        faults = Faults("policy")
        budget = Budget() if budget is None else budget
        backoff = Backoff() if backoff is None else backoff
        rows = checked({} if decide is None else decide, faults)
        a_budget = isinstance(budget, Budget) or budget == _UNLIMITED
        faults.need(strategy in STRATEGIES, "strategy", strategy, one_of(STRATEGIES))
        faults.need(a_budget, "budget", budget, 'a Budget | "unlimited"')
        faults.need(_is(child_budget, Budget), "child_budget", child_budget, "a Budget | None")
        faults.need(isinstance(backoff, Backoff), "backoff", backoff, "a Backoff")  # pyright: ignore[reportUnnecessaryIsInstance]
        faults.need(isinstance(ladder, bool), "ladder", ladder, "True | False")  # pyright: ignore[reportUnnecessaryIsInstance]
        faults.need(_is(hold, Hold), "hold", hold, "a Hold | None")
        faults.need(_unpark(unpark_after), "unpark_after", unpark_after, "seconds, more than 0 | None")
        faults.need(auto_shutdown in AUTO_SHUTDOWN, "auto_shutdown", auto_shutdown, one_of(AUTO_SHUTDOWN))
        faults.need(ladder is not True or child_budget is not None, "ladder", ladder, "False without a child_budget")
        alone = strategy == "one_for_one" or strategy not in STRATEGIES
        faults.need(hold is None or alone, "hold", hold, f"None under {strategy}, which restarts siblings together")
        faults.unknown(unknown, _FIELDS)
        if not faults.found:
            faults.found.extend(impossible(budget, child_budget, backoff))
        if faults.found:
            raise BadPolicy(faults.found)
        assign(self, strategy=strategy, budget=budget, child_budget=child_budget, backoff=backoff, decide=rows)
        assign(self, ladder=ladder, hold=hold, unpark_after=unpark_after, auto_shutdown=auto_shutdown)
        for text in [*unreachable(rows), *spinning(rows, backoff)]:
            warnings.warn(text, PolicyWarning, stacklevel=2)

    def unpark_wait(self, parks: int, chance: float) -> float | None:
        """Return the seconds until a child that was parked *parks* times before is tried again; None for never.

        It is never shorter than ``unpark_after``, grows by the backoff's factor to at most 16 times that, and is
        drawn longer by up to the backoff's jitter, so that many parked children do not return as one.
        """
        first = self.unpark_after
        if first is None:
            return None
        longest = first * _LONGEST_PARK
        try:
            wait = min(longest, first * self.backoff.factor**parks)
        except OverflowError:
            wait = longest
        return wait * (1.0 + self.backoff.jitter * chance)


def impossible(budget: BudgetOrUnlimited, child_budget: Budget | None, backoff: Backoff) -> list[str]:
    """Return why one failing child could never spend the budget: its waits alone are longer than the window."""
    tested, name = (child_budget, "child_budget") if child_budget is not None else (budget, "budget")
    if not isinstance(tested, Budget):
        return []
    waits = backoff.shortest(tested.max_restarts)
    if waits <= tested.max_seconds:
        return []
    return [
        f"policy.{name} allows {tested.max_restarts} restarts in {tested.max_seconds:g} s, but the first "
        f"{tested.max_restarts} waits of the backoff take at least {waits:g} s together, so one child can never "
        f'spend it; allowed: max_seconds of {waits:g} or more, fewer max_restarts, a shorter backoff, or "unlimited"'
    ]


def spinning(decide: Decide, backoff: Backoff) -> list[str]:
    """Return a warning for each row by which a child that can not start is tried for ever, without any wait."""
    free = [cls for cls, directive in decide.items() if isinstance(directive, Restart) and not directive.charged]
    if backoff.initial > 0:
        return []
    return [
        f"decide[{cls.__name__}] restarts free of charge and backoff.initial is 0: a child whose start fails with it "
        "is tried for ever without a wait"
        for cls in free
    ]


def too_slow(policy: RestartPolicy) -> float:
    """Return the seconds that each start, or stop, may take for one failing child still to spend its budget."""
    budget = policy.budget if policy.child_budget is None else policy.child_budget
    if not isinstance(budget, Budget) or budget.max_restarts == 0:
        return math.inf
    return (budget.max_seconds - policy.backoff.shortest(budget.max_restarts)) / budget.max_restarts


def _is(value: Any, kind: type[Any]) -> bool:
    return value is None or isinstance(value, kind)


def _unpark(value: object) -> bool:
    return value is None or is_seconds(value, above=0)
