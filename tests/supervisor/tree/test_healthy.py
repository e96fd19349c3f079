"""When a session counts as well again: after it has stood for a while, and has done something."""

from __future__ import annotations

from typing import Any

import pytest
from stentor.actors import Actor, ManualClock
from stentor.supervisor.policy._backoff import Backoff
from stentor.supervisor.policy._budget import Budget
from stentor.supervisor.policy._policy import RestartPolicy
from stentor.supervisor.policy._spec import ChildSpec, Kind
from stentor.supervisor.tree._supervisor import Supervisor

POLICY = RestartPolicy(backoff=Backoff(initial=1.0, jitter=0.0, reset_after=10.0), budget=Budget(9, 1000.0))


class Child(Actor):
    """Fails with what it is told; also when it is woken, if it was told so."""

    def on_receive(self, message: Any) -> Any:
        if isinstance(message, BaseException):
            raise message
        return message

    def on_wake(self) -> None:
        """Nothing to do."""


class Slow(Child):
    """The same, by a coroutine."""

    async def on_receive(self, message: Any) -> Any:
        if isinstance(message, BaseException):
            raise message
        return message


async def attempts(clock: ManualClock, kind: Kind, actor: type[Actor], *messages: object) -> int:
    """Let a child fail, do *messages* in its second life, stand for 10 s and fail again; return its attempts."""
    sup = (await Supervisor.start_async(POLICY, [ChildSpec("a", actor, kind=kind)], clock=clock)).proxy()
    ref = (await sup.which_child("a")).ref
    # What the life before has handled is no merit of this one.
    await ref.ask("hello", block=False)
    ref.tell(ValueError())
    await clock.run(1.0)
    for message in messages:
        ref.wake() if message == "wake" else ref.tell(message)
    await clock.run(10.0)
    ref.tell(ValueError())
    await clock.settle()
    return (await sup.which_child("a")).attempts


@pytest.mark.parametrize("actor", [Child, Slow])
async def test_a_session_that_handled_a_message_begins_with_the_first_wait(actor: type[Actor]) -> None:
    """W2: it stood long enough, and did what it is for."""
    assert 1 == await attempts(ManualClock(), "session", actor, "hello")


@pytest.mark.parametrize("messages", [(), ("wake",)])
async def test_a_session_that_only_stood_there_waits_longer(messages: tuple[object, ...]) -> None:
    """W2: to be woken for nothing is no work."""
    assert 2 == await attempts(ManualClock(), "session", Child, *messages)


async def test_a_worker_that_only_stood_there_begins_with_the_first_wait() -> None:
    """W2: what a worker is for need not come by messages."""
    assert 1 == await attempts(ManualClock(), "worker", Child)
