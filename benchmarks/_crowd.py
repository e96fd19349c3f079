"""Crowds of supervised actors: started, crashed, weighed."""

from __future__ import annotations

import asyncio
import gc
import logging
import time
import tracemalloc
from typing import Any

from stentor.actors import Actor, ActorRef, Directory, LoopActor
from stentor.supervisor import Backoff, Budget, ChildSpec, Record, RestartPolicy, Supervisor

__all__ = ["bytes_of_bare", "bytes_of_supervised", "starts", "storm"]

_POLICY = RestartPolicy(budget=Budget(1_000_000_000, 1.0), backoff=Backoff(initial=0.0, maximum=0.0, jitter=0.0))
"""What the peer has: a budget that is counted in a window of one second, and never spent."""


class Lives:
    """Counts starts, and says when there were enough."""

    def __init__(self) -> None:
        self.count = 0
        self.target = 0
        self.reached = asyncio.Event()


class Mortal(Actor):
    """Crashes when it is told to."""

    def __init__(self, lives: Lives) -> None:
        super().__init__()
        lives.count += 1
        if lives.count == lives.target:
            lives.reached.set()

    def on_receive(self, message: Any) -> None:
        """Crash."""
        raise RuntimeError("crashed")


class Bare(LoopActor):
    """Does nothing."""


class Crowd:
    """A dynamic supervisor with its children, and the record of their failures."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.lives = Lives()
        self.record = Record(1000)
        self.refs: list[ActorRef[Any]] = []

    async def start(self) -> None:
        """Start the supervisor and its children."""
        self.supervisor = await Supervisor.start_async(
            policy=_POLICY,
            dynamic=True,
            template=ChildSpec(id="child", actor=Mortal, args=(self.lives,)),
            path="",
            directory=Directory(),
            recorder=self.record,
        )
        proxy = self.supervisor.proxy()
        for begin in range(0, self.size, 1000):
            # As many calls as the mailbox of the supervisor is sure to hold.
            answers = [proxy.start_child() for _ in range(begin, min(begin + 1000, self.size))]
            self.refs += [await answer for answer in answers]

    async def crash(self) -> None:
        """Crash all of them, once, and wait until each lives again."""
        lives = self.lives
        lives.reached.clear()
        lives.target = lives.count + self.size
        for ref in self.refs:
            ref.tell("crash")
        await lives.reached.wait()

    async def stop(self) -> None:
        """Stop all."""
        await self.supervisor.stop(block=False)


def storm(size: int, rounds: int) -> float:
    """Return restarts a second while all of *size* children crash, *rounds* times, each failure recorded."""

    async def measure() -> float:
        crowd = Crowd(size)
        await crowd.start()
        gc.collect()
        began = time.perf_counter()
        for _ in range(rounds):
            await crowd.crash()
        took = time.perf_counter() - began
        counted = sum(crowd.record.counts().codes.values())
        assert size * rounds == counted, f"{counted} failures on record, {size * rounds} crashes"
        await crowd.stop()
        return size * rounds / took

    return _run(measure)


def starts(size: int) -> float:
    """Return calls of ``start_child`` a second."""

    async def measure() -> float:
        crowd = Crowd(size)
        gc.collect()
        began = time.perf_counter()
        await crowd.start()
        took = time.perf_counter() - began
        await crowd.stop()
        return size / took

    return _run(measure)


def bytes_of_bare(size: int) -> float:
    """Return the bytes of one bare actor."""

    async def measure() -> float:
        refs: list[Any] = []
        before = _traced()
        refs += [Bare.start() for _ in range(size)]
        each = (_traced() - before) / size
        for ref in refs:
            ref.stop(block=False)
        await asyncio.sleep(0)
        return each

    return _run(measure, traced=True)


def bytes_of_supervised(size: int) -> float:
    """Return the bytes of one supervised child, with all that its supervisor keeps about it."""

    async def measure() -> float:
        crowd = Crowd(size)
        before = _traced()
        await crowd.start()
        each = (_traced() - before) / size
        await crowd.stop()
        return each

    return _run(measure, traced=True)


def _traced() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def _run(measure: Any, *, traced: bool = False) -> float:
    # Lines of the log are text for a terminal, which the peer does not print either; the record has each failure.
    logging.getLogger("stentor").setLevel(logging.CRITICAL + 1)
    if traced:
        tracemalloc.start()
    try:
        return float(asyncio.run(measure()))
    finally:
        if traced:
            tracemalloc.stop()
        gc.collect()
