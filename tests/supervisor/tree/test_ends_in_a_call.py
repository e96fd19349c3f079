"""A supervisor that gives up inside a call ends, though nobody is left to wait for."""

from __future__ import annotations

from typing import Any

import pytest
from stentor.actors import Actor, ManualClock
from stentor.supervisor.ledger._record import Record
from stentor.supervisor.policy._backoff import Backoff
from stentor.supervisor.policy._budget import Budget
from stentor.supervisor.policy._policy import RestartPolicy
from stentor.supervisor.policy._spec import ChildSpec
from stentor.supervisor.tree._supervisor import Supervisor


class Once(Actor):
    """Starts once, and fails at whatever it is told."""

    def on_start(self) -> None:
        if self.incarnation > 1:
            raise ValueError("no more")

    def on_receive(self, message: Any) -> Any:
        raise ValueError(message)


class Quiet(Actor):
    """Does nothing."""


LATER = Backoff(initial=5.0, jitter=0.0)
OF_ALL = RestartPolicy(budget=Budget(1, 1000.0), backoff=LATER)
OF_EACH = RestartPolicy(budget=Budget(1, 1000.0), child_budget=Budget(0, 1000.0), backoff=LATER)
NOW: dict[str, Any] = {"child_id": "a", "now": True}


@pytest.mark.parametrize("with_a_sibling", [False, True])
@pytest.mark.parametrize(
    ("policy", "call", "values"),
    [(OF_ALL, "restart_child", NOW), (OF_EACH, "unpark_child", {"child_id": "a"})],
)
async def test_a_supervisor_that_gives_up_inside_a_call_ends(
    policy: RestartPolicy, call: str, values: dict[str, Any], with_a_sibling: bool
) -> None:
    """The caller gets the reason of its own, and the parent hears of the end: here, the next call does."""
    clock = ManualClock()
    children = [ChildSpec("a", Once), ChildSpec("b", Quiet, shutdown="brutal_kill")][: 1 + with_a_sibling]
    ref = await Supervisor.start_async(policy, children, clock=clock, recorder=Record(clock=clock))
    sup: Any = ref.proxy()
    (await sup.which_child("a")).ref.tell("fail")
    await clock.settle()
    with pytest.raises(ValueError, match="no more"):
        await getattr(sup, call)(**values)
    await clock.settle()

    assert not ref.is_alive()


async def test_the_parent_hears_of_a_supervisor_that_gave_up_inside_a_call() -> None:
    """And restarts it."""
    clock = ManualClock()
    below = ChildSpec("s", Supervisor, (OF_ALL, [ChildSpec("a", Once)]), kind="supervisor")
    policy = RestartPolicy(backoff=Backoff(initial=0.0, jitter=0.0))
    top = await Supervisor.start_async(policy, [below], clock=clock, recorder=Record(clock=clock))
    sup: Any = (await top.proxy().which_child("s")).ref.proxy()
    (await sup.which_child("a")).ref.tell("fail")
    await clock.settle()
    with pytest.raises(ValueError, match="no more"):
        await sup.restart_child("a", now=True)
    await clock.settle()

    assert ("running", 2) == ((info := await top.proxy().which_child("s")).state, info.incarnation)
    await top.stop(block=False)
