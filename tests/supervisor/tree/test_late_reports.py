"""What a child's slot reports when another child has its id already: real actors, and their real ends."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from stentor.actors import Actor, Exited, Failure, ManualClock, StartFailed, ThreadActor
from stentor.supervisor.ledger._record import Record
from stentor.supervisor.policy._backoff import Backoff
from stentor.supervisor.policy._policy import RestartPolicy
from stentor.supervisor.policy._spec import ChildSpec
from stentor.supervisor.tree._supervisor import Supervisor

AT_ONCE = RestartPolicy(backoff=Backoff(initial=0.0, jitter=0.0))


class Worker(Actor):
    """Fails with what it is told."""

    def on_receive(self, message: Any) -> Any:
        if isinstance(message, BaseException):
            raise message
        return message


class Stuck(ThreadActor):
    """Hangs in its thread until it is let go, and fails then."""

    def on_receive(self, message: Any) -> Any:
        if isinstance(message, tuple):
            entered, let_go = message
            entered.set()
            let_go.wait(20)
            raise ValueError("late")
        return message


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("what", ["exited", "failed"])
async def test_a_late_report_of_a_killed_child_is_not_about_the_next_with_its_id(dynamic: bool, what: str) -> None:
    """T4, W4: though both are the first incarnation at that address."""
    clock = ManualClock()
    record = Record(clock=clock)
    spec = ChildSpec("a", Worker, restart="temporary", shutdown="brutal_kill")
    sup: Any = (await Supervisor.start_async(AT_ONCE, dynamic=dynamic, clock=clock, recorder=record)).proxy()
    first = await sup.start_child(spec)
    slot = first._actor_weakref().estate
    failure: Failure = slot.capture(ValueError(), "on_receive")
    await sup.terminate_child("a")
    second = await sup.start_child(spec)
    late = {"exited": Exited("a", 1, "crash", failure), "failed": StartFailed("a", 1, failure)}
    slot.parent.control(late[what])
    await clock.settle()

    assert ("running", 1) == ((info := await sup.which_child("a")).state, info.incarnation)
    assert "alive" == await second.ask("alive", block=False)
    assert [] == [entry for entry in record.entries() if entry.failure is failure]
    await sup.actor_ref.stop(block=False)


async def test_an_abandoned_thread_that_fails_late_does_not_touch_its_successor() -> None:
    """T4: it was given up at its deadline, and another child was started under its id."""
    clock = ManualClock()
    record = Record(clock=clock)
    spec = ChildSpec("a", Stuck, restart="temporary", shutdown=0)
    sup: Any = (await Supervisor.start_async(AT_ONCE, clock=clock, recorder=record)).proxy()
    entered, let_go = threading.Event(), threading.Event()
    first = await sup.start_child(spec)
    thread_of = set(threading.enumerate())
    first.tell((entered, let_go))
    while not entered.is_set():
        await clock.settle()
    stopped = sup.terminate_child("a")
    await clock.run(0.1)
    await stopped
    second = await sup.start_child(spec)
    let_go.set()
    for thread in thread_of - {threading.current_thread()}:
        if "/a" in thread.name:
            thread.join(5)
    await clock.settle()

    assert ("running", 1) == ((info := await sup.which_child("a")).state, info.incarnation)
    assert "alive" == await second.ask("alive", block=False)
    await sup.actor_ref.stop(block=False)
