"""A crashed incarnation that a policy may resume: kept until it is decided upon, and whole when it goes on."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import Any

import pytest
from stentor.actors import Actor, ManualClock
from stentor.supervisor.ledger._record import Record
from stentor.supervisor.policy._budget import Budget
from stentor.supervisor.policy._policy import RestartPolicy
from stentor.supervisor.policy._spec import ChildSpec
from stentor.supervisor.tree._supervisor import Supervisor


class Kept(Actor):
    """Tells who it is, and fails with what it is told."""

    def on_start(self) -> None:
        self.heard: list[Any] = []

    def on_receive(self, message: Any) -> Any:
        if isinstance(message, BaseException):
            raise message
        if message == "later":
            self.tell_later(5.0, "timer")
        elif message == "task":
            self.task = asyncio.get_running_loop().create_task(self.pump())
        elif message == "who":
            return weakref.ref(self)
        elif message == "heard":
            return self.heard
        else:
            self.heard.append(message)
        return None

    async def pump(self) -> None:
        """Tell itself something, some turns of the loop later."""
        for _ in range(20):
            await asyncio.sleep(0)
        self.actor_ref.tell("task ran")


async def resumed(clock: ManualClock) -> tuple[Any, Any]:
    """Return a supervisor that resumes, and its child."""
    policy = RestartPolicy(decide={ValueError: "resume"}, budget=Budget(9, 60.0))
    ref = await Supervisor.start_async(policy, [ChildSpec("a", Kept)], clock=clock, recorder=Record(clock=clock))
    return ref, (await ref.proxy().which_child("a")).ref


@pytest.mark.parametrize("how", ["park", "terminate", "delete"])
async def test_a_child_that_is_set_aside_holds_no_crashed_incarnation(how: str) -> None:
    """Though another of its failures would have been resumed."""
    clock = ManualClock()
    policy = RestartPolicy(decide={ValueError: "resume"}, child_budget=Budget(0, 60.0))
    ref = await Supervisor.start_async(policy, [ChildSpec("a", Kept)], clock=clock, recorder=Record(clock=clock))
    child = (await ref.proxy().which_child("a")).ref
    who = await child.ask("who", block=False)
    child.tell(KeyError())
    await clock.settle()
    assert "parked" == (await ref.proxy().which_child("a")).state
    if how != "park":
        await getattr(ref.proxy(), f"{how}_child")("a")
    gc.collect()

    assert who() is None
    await ref.stop(block=False)


async def test_the_timers_of_a_resumed_actor_go_on() -> None:
    """It is the same incarnation."""
    clock = ManualClock()
    ref, child = await resumed(clock)
    child.tell("later")
    child.tell(ValueError())
    await clock.run(6.0)

    assert ["timer"] == await child.ask("heard", block=False)
    await ref.stop(block=False)


async def test_the_tasks_of_a_resumed_actor_go_on() -> None:
    """What it made acts for it still, and is not fenced."""
    clock = ManualClock()
    ref, child = await resumed(clock)
    child.tell("task")
    child.tell(ValueError())
    await clock.settle()
    for _ in range(30):
        await asyncio.sleep(0)

    assert ["task ran"] == await child.ask("heard", block=False)
    await ref.stop(block=False)
