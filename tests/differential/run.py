"""Compare many traces: ``python -m tests.differential.run --traces 5000``; exits 1 where both supervisors differ."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from attrs import define, field

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


def main() -> int:
    """Run the traces that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traces", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--most", type=int, default=1, help="how many differences to look for")
    asked = parser.parse_args()
    erl = shutil.which("erl")
    if erl is None:
        print("erl is missing: install Erlang (`apt install erlang-base`)", file=sys.stderr)
        return 1
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, Otp(erl, Path(folder)) as otp:
        outcome = run_traces(otp, asked.seed, asked.traces, asked.most)
    print(f"{outcome.report(asked.seed)}, {time.perf_counter() - began:.1f} s")
    return 1 if outcome.found else 0


if __name__ == "__main__":
    sys.exit(main())
