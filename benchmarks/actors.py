"""Actors on an event loop beside Pykka's threads, in the same run.

Prints one line a figure; exits with 0 only if every goal is reached.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

import pykka
from _peer import Figure, alternate, timed
from stentor.actors import Actor, LoopActor

TELLS = 50_000
ASKS = 3_000
CROWD = 10_000
CROWD_MESSAGES = 3


class _Counting(pykka.Actor):
    """Counts, and reports when it has everything."""

    def __init__(self, expected: int, done: Callable[[], object]) -> None:
        super().__init__()
        self._left = expected
        self._done = done

    def on_receive(self, message: Any) -> Any:
        self._left -= 1
        if self._left == 0:
            self._done()
        return message


class OnLoop(_Counting, LoopActor):
    """A plain actor on the loop."""


class Guarded(_Counting, Actor):
    """A guarded actor on the loop."""


class OnThread(_Counting, pykka.ThreadingActor):
    """Pykka's own."""

    use_daemon_thread = True


class Tally:
    """Counts actors that are done; thread-safe."""

    def __init__(self, expected: int) -> None:
        self._left = expected
        self._lock = threading.Lock()
        self.all = threading.Event()

    def one(self) -> None:
        with self._lock:
            self._left -= 1
            if self._left == 0:
                self.all.set()


def tell(actor: type[Any]) -> float:
    """One actor, told from a plain thread, until it has handled everything."""
    done = threading.Event()
    ref = actor.start(TELLS, done.set)
    if actor is Guarded:
        # Its mailbox is bounded; the others' are not.
        ref.actor_inbox.capacity = TELLS

    def work() -> int:
        for number in range(TELLS):
            ref.tell(number)
        done.wait()
        return TELLS

    rate = timed(work)
    ref.stop()
    return rate


def ask(actor: type[Any]) -> float:
    """One actor, asked from a plain thread, one question after the other."""
    ref = actor.start(-1, print)

    def work() -> int:
        for number in range(ASKS):
            ref.ask(number)
        return ASKS

    rate = timed(work)
    ref.stop()
    return rate


def crowd(actor: type[Any]) -> float:
    """Ten thousand actors, each told a few messages, until all have handled them."""
    tally = Tally(CROWD)
    refs = [actor.start(CROWD_MESSAGES, tally.one) for _ in range(CROWD)]

    def work() -> int:
        for number in range(CROWD_MESSAGES):
            for ref in refs:
                ref.tell(number)
        tally.all.wait()
        return CROWD * CROWD_MESSAGES

    rate = timed(work)
    for ref in refs:
        ref.stop(block=False)
    stopped = [ref.actor_stopped.wait(60) for ref in refs]
    assert all(stopped)
    return rate


def main() -> int:
    """Measure, print, judge."""
    threading.stack_size(256 * 1024)
    figures: list[Figure] = []
    for label, actor, goals in [
        ("LoopActor", OnLoop, (2.0, 1.0, 40.0)),
        ("guarded Actor", Guarded, (None, None, None)),
    ]:
        rows = [("tell to one actor", tell, goals[0], 5), ("ask from another thread", ask, goals[1], 5)]
        rows.append((f"messages to {CROWD:,} actors", crowd, goals[2], 2))
        for name, measure, goal, rounds in rows:
            figure = alternate(
                f"{label}: {name}",
                lambda measure=measure, actor=actor: measure(actor),  # type: ignore[misc]
                lambda measure=measure: measure(OnThread),  # type: ignore[misc]
                goal,
                rounds,
            )
            print(figure, flush=True)
            figures.append(figure)
    return 0 if all(figure.holds for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
