"""What one life of an actor leaves to the next, and what a supervisor's own next life begins with."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from stentor.actors import Actor, Directory, ManualClock, Terminated, ThreadActor
from stentor.protocol.errors import ActorDied
from stentor.supervisor.ledger._record import Record
from stentor.supervisor.policy._backoff import Backoff
from stentor.supervisor.policy._budget import Budget
from stentor.supervisor.policy._policy import RestartPolicy
from stentor.supervisor.policy._spec import ChildSpec
from stentor.supervisor.tree._supervisor import Supervisor

AT_ONCE = RestartPolicy(backoff=Backoff(initial=0.0, jitter=0.0))


class Witness:
    """Writes down what each life finds of the one before when it starts."""

    found: list[tuple[int, Any]]

    def __init__(self, found: list[tuple[int, Any]]) -> None:
        super().__init__()
        self.found = found

    def on_start(self) -> None:
        self.found.append((self.incarnation, self.last_failure))  # type: ignore[attr-defined]

    def on_receive(self, message: Any) -> Any:
        if isinstance(message, BaseException):
            raise message
        return message


class Worker(Witness, Actor):
    """On the loop."""


class Thread(Witness, ThreadActor):
    """In a thread."""


class Jumping(ManualClock):
    """A clock whose wall time somebody sets back and forth."""

    def wall(self) -> float:
        """Return what no interval may be taken from."""
        return -1e9 * self.now()


async def test_a_clock_on_the_wall_that_is_set_changes_no_window() -> None:
    """B2: what counts are monotonic seconds."""
    clock = Jumping()
    policy = RestartPolicy(backoff=AT_ONCE.backoff, budget=Budget(1, 5.0))
    ref = await Supervisor.start_async(policy, [ChildSpec("a", Worker, ([],))], clock=clock)
    child = (await ref.proxy().which_child("a")).ref
    child.tell(ValueError())
    await clock.run(6.0)
    child.tell(ValueError())
    await clock.settle()
    assert ref.is_alive()
    child.tell(ValueError())
    await clock.settle()

    assert not ref.is_alive()


async def test_a_supervisor_that_is_started_again_has_its_whole_budget() -> None:
    """B4: the history of the one that gave up is gone with it."""
    clock, directory = ManualClock(), Directory()
    policy = RestartPolicy(backoff=AT_ONCE.backoff, budget=Budget(1, 60.0))
    inner = ChildSpec(
        "sub", Supervisor, kwargs={"policy": policy, "children": [ChildSpec("a", Worker, ([],))]}, kind="supervisor"
    )
    top = (await Supervisor.start_async(AT_ONCE, [inner], clock=clock, directory=directory, path="")).proxy()
    lives: list[int] = []
    for _ in range(3):
        directory.get("/sub/a").ref.tell(ValueError())  # type: ignore[union-attr]
        await clock.settle()
        lives.append((await top.which_child("sub")).incarnation)

    assert [1, 2, 2] == lives


@pytest.mark.parametrize("restart", ["permanent", "transient"])
async def test_the_parent_decides_about_a_supervisor_that_gave_up(restart: Any) -> None:
    """B5: it is restarted, also where it would stay down after a planned end."""
    clock, directory = ManualClock(), Directory()
    policy = RestartPolicy(backoff=AT_ONCE.backoff, budget=Budget(0, 60.0))
    kwargs = {"policy": policy, "children": [ChildSpec("a", Worker, ([],))]}
    inner = ChildSpec("sub", Supervisor, kwargs=kwargs, kind="supervisor", restart=restart)
    top = (await Supervisor.start_async(AT_ONCE, [inner], clock=clock, directory=directory, path="")).proxy()
    directory.get("/sub/a").ref.tell(ValueError())  # type: ignore[union-attr]
    await clock.settle()

    assert ("running", 2) == ((i := await top.which_child("sub")).state, i.incarnation)


@pytest.mark.parametrize("actor", [Worker, Thread])
async def test_an_actor_knows_at_its_start_which_life_it_is_and_what_ended_the_last(actor: Any) -> None:
    """The same failure that the record has; the first life finds none."""
    clock = ManualClock()
    record, found = Record(clock=clock), list[tuple[int, Any]]()
    ref = await Supervisor.start_async(AT_ONCE, [ChildSpec("a", actor, (found,))], clock=clock, recorder=record)
    child = (await ref.proxy().which_child("a")).ref
    for error in (KeyError("one"), ValueError("two")):
        with pytest.raises(type(error)):
            await child.ask(error, block=False)
    await child.ask("alive", block=False)
    await ref.stop(block=False)

    assert [(1, None), (2, KeyError), (3, ValueError)] == [
        (life, failure and type(failure.exception)) for life, failure in found
    ]
    ids = [entry.failure.id for entry in record.entries() if entry.kind == "failure" and entry.failure]
    assert ids == [failure.id for _, failure in found[1:]]


async def test_a_child_that_waits_for_its_restart_is_not_active() -> None:
    """F3: nor is one that is stopped."""
    clock = ManualClock()
    specs = [ChildSpec(name, Worker, ([],)) for name in "abc"]
    sup = (await Supervisor.start_async(children=specs, clock=clock)).proxy()
    (await sup.which_child("a")).ref.tell(ValueError())
    await sup.terminate_child("b")
    await clock.settle()
    counts = await sup.count_children()

    assert (3, 1, 1) == (counts.specs, counts.active, counts.restarting)


class Watcher(Actor):
    """Hears of ends."""

    def __init__(self, heard: list[Any]) -> None:
        super().__init__()
        self.heard = heard

    def on_receive(self, message: Any) -> None:
        if isinstance(message, Terminated):
            self.heard.append(message.reason)
        else:
            self.watch(message)


async def test_a_watcher_hears_once_of_the_end_and_of_no_restart() -> None:
    """M4: under a supervisor; and also who watches when it is long gone."""
    clock, heard = ManualClock(), list[Any]()
    ref = await Supervisor.start_async(AT_ONCE, [ChildSpec("a", Worker, ([],))], clock=clock)
    child = (await ref.proxy().which_child("a")).ref
    watcher = Watcher.start(heard)
    watcher.tell(child)
    await clock.settle()
    child.tell(ValueError())
    await clock.settle()
    assert [] == heard
    await ref.proxy().terminate_child("a")
    await clock.settle()
    assert ["terminated"] == heard
    watcher.tell(child)
    await clock.settle()

    assert ["terminated"] * 2 == heard
    watcher.stop(block=False)


async def test_what_waited_for_a_child_that_is_stopped_for_good_is_answered_and_on_record() -> None:
    """M3: the ask fails at once, the tell is a dead letter with its reason."""
    clock = ManualClock()
    record = Record(clock=clock)
    ref = await Supervisor.start_async(children=[ChildSpec("a", Worker, ([],))], clock=clock, recorder=record)
    child = (await ref.proxy().which_child("a")).ref
    child.tell(ValueError())
    await clock.settle()
    asked = child.ask("asked", block=False)
    child.tell("told")
    await ref.proxy().terminate_child("a")

    with pytest.raises(ActorDied):
        await asyncio.wait_for(asked, 5)
    letters = [entry for entry in record.entries() if entry.kind == "dead_letter"]
    assert 2 == len(letters)
    assert "terminated" in str(letters[-1])


async def test_an_ask_of_a_child_that_gives_its_supervisor_up_is_answered() -> None:
    """M3: nobody waits for what never comes."""
    clock = ManualClock()
    policy = RestartPolicy(budget=Budget(0, 60.0))
    ref = await Supervisor.start_async(policy, [ChildSpec("a", Worker, ([],))], clock=clock)
    child = (await ref.proxy().which_child("a")).ref
    child.tell(ValueError())
    asked = child.ask("asked", block=False)
    await clock.settle()

    with pytest.raises(ActorDied):
        await asyncio.wait_for(asked, 5)
    assert not ref.is_alive()
