"""The supervisor beside OTP's own and Pykka's threads, in the same run.

Prints one line a figure; exits with 0 only if every goal is reached. OTP runs its fastest kind of supervisor,
``simple_one_for_one``, without any report; ours records each failure. Needs Erlang (``apt install erlang-base``).
"""

from __future__ import annotations

import sys
import threading
from typing import Any

import pykka
from _crowd import bytes_of_bare, bytes_of_supervised, starts, storm
from _otp import Otp
from _peer import Figure, alternate, compare, timed
from stentor.actors import LoopActor

STORM = 10_000
FEW, MANY = 1_000, 100_000
BARE = 2_000
BARE_BYTES, SUPERVISED_BYTES = 2.5 * 1024, 4.0 * 1024


class OnLoop(LoopActor):
    """A plain actor on the loop."""


class OnThread(pykka.ThreadingActor):
    """Pykka's own."""

    use_daemon_thread = True


def started(actor: type[Any]) -> float:
    """Return the starts a second of bare actors from a plain thread."""
    refs: list[pykka.ActorRef[Any]] = []

    def work() -> int:
        refs.extend(actor.start() for _ in range(BARE))
        return BARE

    rate = timed(work)
    for ref in refs:
        ref.stop(block=False)
    assert all(ref.actor_stopped.wait(60) for ref in refs)
    return rate


def growth(rounds: int = 3) -> Figure:
    """Compare the restarts a second of many children with those of few."""
    few: list[float] = []
    many: list[float] = []
    for _ in range(rounds):
        few.append(storm(FEW, 20))
        many.append(storm(MANY, 1))
    return compare(f"restarts, {MANY:,} children beside {FEW:,}", many, few, 1 / 1.5)


def weighed(name: str, ours: float, goal: float) -> bool:
    """Print the weight of one actor; say whether it is light enough."""
    holds = ours <= goal
    print(f"{name:<58} {ours:>11,.0f} bytes  goal {goal:,.0f}  {'ok' if holds else 'MISSED'}", flush=True)
    return holds


def main() -> int:
    """Measure, print, judge."""
    threading.stack_size(256 * 1024)
    otp = Otp()
    figures: list[Figure] = []

    def show(figure: Figure) -> None:
        print(figure, flush=True)
        figures.append(figure)

    show(
        alternate(
            f"crash storm, {STORM:,} children, each failure recorded",
            lambda: storm(STORM, 3),
            lambda: otp.ask("storm", STORM, 3, "no"),
            3.0,
            3,
        )
    )
    show(
        alternate(
            f"the same, OTP's reports kept in a table: {STORM:,} children",
            lambda: storm(STORM, 3),
            lambda: otp.ask("storm", STORM, 3, "yes"),
            None,
            2,
        )
    )
    show(growth())
    show(alternate("start_child", lambda: starts(MANY), lambda: otp.ask("start", MANY), 0.5, 3))
    show(alternate("start of bare actors", lambda: started(OnLoop), lambda: started(OnThread), 50.0, 3))
    light = weighed(f"one bare actor, of {MANY:,}", bytes_of_bare(MANY), BARE_BYTES)
    light &= weighed(f"one supervised actor, of {MANY:,}", bytes_of_supervised(MANY), SUPERVISED_BYTES)
    weighed(f"for comparison: OTP's, of {MANY:,}", otp.ask("memory", MANY), float("inf"))
    return 0 if light and all(figure.holds for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
