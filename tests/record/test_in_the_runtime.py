"""The record of a runtime: its sums come by themselves, and each end of an actor stands there once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import pytest
import stentor
from stentor.actors import Actor, ActorRef, ManualClock
from stentor.protocol.errors import Killed


class Worker(Actor):
    """Fails when told so, and hangs when told so."""

    async def on_receive(self, message: str) -> None:
        """Do it."""
        if message == "hang":
            await asyncio.Event().wait()
        raise ValueError(message)

    async def on_stop(self) -> None:
        """Ignore the stop."""
        await asyncio.Event().wait()


async def until(condition: Callable[[], object]) -> None:
    """Let the loop go on until *condition* holds; the test's own time limit bounds it."""
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0)


def worker(runtime: stentor.Runtime) -> ActorRef[Worker]:
    """Return the address of the worker."""
    return runtime.record.ref("/children/worker")  # type: ignore[attr-defined, no-any-return]


def texts(caplog: pytest.LogCaptureFixture, part: str) -> list[str]:
    """Return the lines that hold *part*."""
    return [
        record.getMessage() for record in caplog.records if record.name == "stentor" and part in record.getMessage()
    ]


async def test_a_sum_comes_though_nothing_else_happens(caplog: pytest.LogCaptureFixture) -> None:
    """Ten seconds after the first failure that had no line, by the runtime's clock."""
    clock = ManualClock()
    children = [stentor.ChildSpec("worker", Worker, shutdown="brutal_kill")]
    policy = stentor.RestartPolicy(budget=stentor.Budget(9, 60.0), backoff=stentor.Backoff(initial=0.1, jitter=0.0))
    nested = stentor.ChildSpec(
        "tree", stentor.Supervisor, kwargs={"policy": policy, "children": children}, kind="supervisor"
    )
    async with stentor.Runtime(children=[nested], clock=clock, blocked_after=None, drain=0.1) as runtime:
        path = "/children/tree/worker"
        for number in range(4):
            runtime.record.ref(path).tell(f"bug {number}")  # type: ignore[attr-defined]
            await until(lambda number=number: runtime.record.counts().kinds.get("failure") == number + 1)
            await clock.run(1.0)
        before = texts(caplog, "ValueError"), texts(caplog, " more ")
        await clock.run(10.0)
        summed = texts(caplog, " more exception")

    assert (1, []) == (len(before[0]), before[1])
    assert 1 == len(summed)
    assert summed[0].startswith(f"3 more exception.value_error (restart) in 10 s, at {path}; the last [")


async def test_the_record_sets_no_timer_when_its_runtime_has_ended(caplog: pytest.LogCaptureFixture) -> None:
    """What was summed is told at the end, and its timer is taken back."""
    clock = ManualClock()
    caplog.set_level(logging.INFO, "stentor")
    children = [stentor.ChildSpec("worker", Worker, shutdown="brutal_kill")]
    async with stentor.Runtime(children=children, clock=clock, blocked_after=None, drain=0.1) as runtime:
        record = runtime.record
        before = clock.pending
        for _ in range(3):
            record.note("strange", path="/x")
        await until(lambda: clock.pending == before + 1)
    after = clock.pending
    for _ in range(3):
        record.note("strange", path="/x")
    await asyncio.sleep(0)

    assert (0, 0) == (after, clock.pending)
    assert 1 == len(texts(caplog, "2 more note (strange)"))


async def test_a_child_that_is_given_up_at_its_deadline_is_on_record_once() -> None:
    """By the decision and its rule."""
    clock = ManualClock()
    children = [stentor.ChildSpec("worker", Worker, shutdown=2.0)]
    async with stentor.Runtime(children=children, clock=clock, blocked_after=None, drain=0.1) as runtime:
        worker(runtime).tell("hang")
        ending = asyncio.ensure_future(runtime.supervisor("/children").terminate_child("worker"))
        await clock.run(2.0)
        await ending
        given_up = [(entry.path, entry.rule) for entry in runtime.record if entry.kind == "abandoned"]

    assert [("/children/worker", "shutdown")] == given_up


async def test_a_kill_says_so_once_in_its_line(caplog: pytest.LogCaptureFixture) -> None:
    """The name of the exception has said it."""
    children = [stentor.ChildSpec("worker", Worker, shutdown="brutal_kill")]
    async with stentor.Runtime(children=children, drain=0.1) as runtime:
        runtime.kill("/children/worker", "it hung")
        await until(lambda: len(runtime.record) > 0)

    assert ": Killed: it hung [" in texts(caplog, "it hung")[0]
    assert ("it hung", "it hung") == (str(Killed("it hung")), Killed("it hung").reason)
