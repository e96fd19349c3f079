"""A policy in a few words, for a column of a table."""

from __future__ import annotations

from ._budget import Budget, BudgetOrUnlimited
from ._policy import RestartPolicy

__all__ = ["brief", "in_words"]


def brief(policy: RestartPolicy) -> str:
    """Return strategy and budgets of *policy*: ``one_for_one 3/5s, children 5/60s``."""
    own = f"{policy.strategy} {_short(policy.budget)}"
    return own if policy.child_budget is None else f"{own}, children {_short(policy.child_budget)}"


def _short(budget: BudgetOrUnlimited) -> str:
    return f"{budget.max_restarts}/{budget.max_seconds:g}s" if isinstance(budget, Budget) else budget


def in_words(budget: BudgetOrUnlimited) -> str:
    """Return *budget* for a sentence: ``3 restarts in 5 s``."""
    if not isinstance(budget, Budget):
        return budget
    return f"{budget.max_restarts} restart{'' if budget.max_restarts == 1 else 's'} in {budget.max_seconds:g} s"
