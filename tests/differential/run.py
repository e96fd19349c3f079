"""Compare many traces, then try the machine's properties: ``python -m tests.differential.run``; exits 1 on a fault."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
import warnings
from collections import Counter
from importlib import import_module
from pathlib import Path

from attrs import define, field
from stentor.supervisor.policy._policy import PolicyWarning

from .compare import Difference, compare, smallest
from .departures import Departure
from .generate import a_trace
from .otp import Otp

__all__ = ["Outcome", "run_traces"]


@define
class Outcome:
    """What came of many traces."""

    traces: int = 0
    found: list[tuple[int, Difference]] = field(factory=list[tuple[int, Difference]])
    """Differences, each with the number of its trace, made as small as can be."""
    departures: Counter[Departure] = field(factory=Counter[Departure])
    """In how many traces each was seen."""

    def report(self, seed: int) -> str:
        """Return it as text."""
        lines = [f"seed {seed}, trace {number}:\n{difference}\n" for number, difference in self.found]
        lines += [
            f"{times:5} traces {'up to' if departure.until else 'with'} {departure}"
            for departure, times in self.departures.most_common()
        ]
        return "\n".join([*lines, f"{self.traces} traces of seed {seed}: {len(self.found)} differences"])

    def summary(self) -> str:
        """Return it in one line."""
        rules = Counter[str]()
        for departure, times in self.departures.items():
            rules[departure.rule.replace(", ", "+")] += times
        seen = ", ".join(f"{rule} {times}" for rule, times in sorted(rules.items()))
        return f"{self.traces} traces: {len(self.found)} differences; departures seen by rule: {seen or 'none'}"


def run_traces(otp: Otp, seed: int, traces: int, most: int = 1) -> Outcome:
    """Compare the first *traces* of *seed*, or as many as it takes to find *most* differences."""
    outcome = Outcome()
    for number in range(traces):
        outcome.traces += 1
        compared = compare(a_trace(seed, number), otp)
        outcome.departures.update(compared.departures)
        if compared.difference is not None:
            outcome.found.append((number, smallest(compared.difference, otp)))
            if len(outcome.found) == most:
                break
    return outcome


def run_properties(steps: int) -> tuple[int, int]:
    """Let the machine's model draw events for at least *steps* steps; return how many it took, in how many examples.

    Raises:
        AssertionError: If something does not hold that always must; what was drawn is printed.
    """
    # Only the command needs it: among the tests it is one of its own.
    world = import_module("tests.supervisor.machine.conftest")
    model = import_module("tests.supervisor.machine.test_model")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PolicyWarning)
        told = model.run_model(world.a_world, world.a_spec, steps)
    return told.steps, told.examples


def main() -> int:
    """Run the traces that the command line asks for, then the model of the machine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traces", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--most", type=int, default=1, help="how many differences to look for")
    parser.add_argument("--steps", type=int, default=100_000, help="of the model of the machine, at least; 0 for none")
    asked = parser.parse_args()
    erl = shutil.which("erl")
    if erl is None:
        print("erl is missing: install Erlang (`apt install erlang-base`)", file=sys.stderr)
        return 1
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, Otp(erl, Path(folder)) as otp:
        outcome = run_traces(otp, asked.seed, asked.traces, asked.most)
    print(f"{outcome.report(asked.seed)}, {time.perf_counter() - began:.1f} s")
    if outcome.found:
        return 1
    steps, examples = run_properties(asked.steps) if asked.steps else (0, 0)
    print(
        f"{outcome.summary()}; {steps} steps of the model in {examples} examples; {time.perf_counter() - began:.0f} s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
