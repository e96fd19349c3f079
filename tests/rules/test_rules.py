"""Every rule has its tests, each test exists, each mutant still fits, and some of them are tried for real."""

from __future__ import annotations

import ast
import random
from functools import cache

import pytest

from .house import ROOT
from .mutants import MUTANTS
from .rules import IDS, RULES
from .run import try_mutants

SAMPLE = 6


@cache
def known_in(file: str) -> frozenset[str]:
    """Return the names of the tests that stand in *file*."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_every_rule_is_there_and_none_is_empty() -> None:
    """A promise in words, a test that shows it, and a mutant that breaks it."""
    assert 44 == len(set(IDS))
    assert list(IDS) == list(RULES)
    assert [] == [name for name, rule in RULES.items() if not (rule.promise and rule.tests)]
    assert set(IDS) == {mutant.rule for mutant in MUTANTS}


@pytest.mark.parametrize("name", IDS)
def test_each_test_of_a_rule_exists_and_stands_there_once(name: str) -> None:
    """A test that was renamed shows nothing."""
    tests = RULES[name].tests

    assert [] == [test for test in tests if test.partition("::")[2] not in known_in(test.partition("::")[0])]
    assert len(tests) == len(set(tests))


@pytest.mark.parametrize("name", IDS)
def test_each_mutant_of_a_rule_fits_its_file(name: str) -> None:
    """The text that it changes stands there once, and what it becomes is Python."""
    mutants = [mutant for mutant in MUTANTS if mutant.rule == name]

    assert [] == [str(mutant) for mutant in mutants if mutant.times() != 1]
    for mutant in mutants:
        compile(mutant.text(), mutant.file, "exec")


def test_some_mutants_are_noticed_by_the_tests_of_their_rules() -> None:
    """Drawn anew each time; all of them are tried by ``make rules``."""
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    drawn = random.Random(seed).sample(MUTANTS, SAMPLE)

    for mutant, outcome in try_mutants(drawn):
        assert "" == outcome.trouble, mutant
        assert outcome.red & set(RULES[mutant.rule].tests), f"nobody noticed {mutant} (seed {seed})"
