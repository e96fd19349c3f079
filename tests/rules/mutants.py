"""All mutants: each rule broken, in one way or more."""

from __future__ import annotations

from . import mutants_ends, mutants_policies, mutants_restarts
from .house import Mutant

__all__ = ["MUTANTS"]

MUTANTS: tuple[Mutant, ...] = (*mutants_restarts.MUTANTS, *mutants_ends.MUTANTS, *mutants_policies.MUTANTS)
