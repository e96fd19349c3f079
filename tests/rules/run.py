"""Break each rule and see its tests turn red: ``python -m tests.rules.run``; ``--list`` prints the rules."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from attrs import define, field

from .house import Mutant, Outcome, run_tests
from .mutants import MUTANTS
from .rules import RULES

__all__ = ["Finding", "listing", "try_mutants"]

_PROCESSES = 2


@define
class Finding:
    """What came of the mutants of one rule."""

    rule: str
    killed: list[Mutant] = field(factory=list[Mutant])
    survived: list[Mutant] = field(factory=list[Mutant])
    trouble: list[str] = field(factory=list[str])
    red: set[str] = field(factory=set[str])

    @property
    def never_red(self) -> list[str]:
        """The tests that no mutant of the rule turned red."""
        return [test for test in RULES[self.rule].tests if test not in self.red]

    @property
    def holds(self) -> bool:
        """Whether every mutant was noticed, and every test noticed one."""
        return bool(RULES[self.rule].tests and self.killed) and not (self.survived or self.trouble or self.never_red)

    def add(self, mutant: Mutant, outcome: Outcome) -> None:
        """Take in what came of *mutant*."""
        if outcome.trouble:
            self.trouble.append(f"{mutant}\n      {outcome.trouble}")
        elif outcome.red:
            self.killed.append(mutant)
            self.red |= outcome.red
        else:
            self.survived.append(mutant)

    def lines(self) -> list[str]:
        """Return it as text: one line, and one for each fault."""
        tests, mutants = len(RULES[self.rule].tests), len(self.killed) + len(self.survived) + len(self.trouble)
        return [
            f"{self.rule:12} {tests:3} tests  {mutants:3} mutants  {'holds' if self.holds else 'FAULTS'}",
            *(f"   never red: {test}" for test in self.never_red),
            *(f"   survived: {mutant}" for mutant in self.survived),
            *(f"   not run: {text}" for text in self.trouble),
        ]


def try_mutants(mutants: Sequence[Mutant]) -> Iterable[tuple[Mutant, Outcome]]:
    """Run the tests of each one's rule over it, some at a time; yield what came of it, in the order given."""
    with ThreadPoolExecutor(_PROCESSES) as pool:
        yield from zip(mutants, pool.map(_try, mutants), strict=True)


def _try(mutant: Mutant) -> Outcome:
    if mutant.times() != 1:
        return Outcome(frozenset(), trouble=f"its text stands {mutant.times()} times in {mutant.file}, and not once")
    return run_tests(RULES[mutant.rule].tests, mutant)


def listing() -> str:
    """Return every rule with what it promises and the tests that show it."""
    lines: list[str] = []
    for name, rule in RULES.items():
        lines += [f"{name}  {rule.promise}", *(f"    {test}" for test in rule.tests), ""]
    return "\n".join(lines)


def _whole() -> tuple[frozenset[str], frozenset[str], str]:
    """Run all tests over the package as it is: a test that is red or skipped without a mutant shows nothing."""
    outcome = run_tests(sorted({test for rule in RULES.values() for test in rule.tests}))
    return outcome.red, outcome.skipped, outcome.trouble


def main() -> int:
    """Do what the command line asks for; return 0 only if every rule holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="print the rules with their tests, and break nothing")
    parser.add_argument("--only", nargs="+", metavar="RULE", help="these rules alone")
    asked = parser.parse_args()
    if asked.list:
        print(listing())
        return 0
    began = time.monotonic()
    red, skipped, trouble = _whole()
    for text in (*sorted(red), *sorted(skipped), *([trouble] if trouble else [])):
        print(f"without any mutant not green: {text}")
    findings = {name: Finding(name) for name in RULES if not asked.only or name in asked.only}
    left = [mutant for mutant in MUTANTS if mutant.rule in findings]
    order = {name: number for number, name in enumerate(findings)}
    left.sort(key=lambda mutant: order[mutant.rule])
    waiting = dict.fromkeys(findings, 0)
    for mutant in left:
        waiting[mutant.rule] += 1
    for mutant, outcome in try_mutants(left):
        findings[mutant.rule].add(mutant, outcome)
        waiting[mutant.rule] -= 1
        if not waiting[mutant.rule]:
            print("\n".join(findings[mutant.rule].lines()), flush=True)
    return _sum_up(list(findings.values()), began, sound=not (red or skipped or trouble))


def _sum_up(findings: list[Finding], began: float, *, sound: bool) -> int:
    tests = {test for finding in findings for test in RULES[finding.rule].tests}
    killed, survived, dumb, lost = (
        sum(len(each) for each in lists)
        for lists in (
            [finding.killed for finding in findings],
            [finding.survived for finding in findings],
            [finding.never_red for finding in findings],
            [finding.trouble for finding in findings],
        )
    )
    print(
        f"{len(findings)} rules, {len(tests)} tests, {killed + survived + lost} mutants: {killed} noticed, {survived} "
        f"survived, {lost} not run; {dumb} tests never red; {time.monotonic() - began:.0f} s"
    )
    return 0 if sound and all(finding.holds for finding in findings) else 1


if __name__ == "__main__":
    sys.exit(main())
