"""What goes wrong in a supervisor's own hands is a child's failed start, or the supervisor's crash; never silence."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from stentor.actors import Actor, Directory, ManualClock
from stentor.protocol.errors import (
    ActorDied,
    AlreadyPresent,
    BadSpec,
    ChildStartError,
    Refused,
    Shutdown,
    StentorError,
)
from stentor.supervisor.ledger._entry import Entry
from stentor.supervisor.ledger._record import Record
from stentor.supervisor.policy._backoff import Backoff
from stentor.supervisor.policy._budget import Budget
from stentor.supervisor.policy._policy import RestartPolicy
from stentor.supervisor.policy._spec import ChildSpec
from stentor.supervisor.tree._broken import SupervisorBroken
from stentor.supervisor.tree._supervisor import Supervisor

AT_ONCE = Backoff(initial=0.0, jitter=0.0)


class Worker(Actor):
    """Fails with what it is told."""

    def on_receive(self, message: Any) -> Any:
        if isinstance(message, BaseException):
            raise message
        return message


class Failing(Worker):
    """Starts once; each later start raises what the test wants."""

    error: BaseException

    def on_start(self) -> None:
        if self.incarnation > 1:
            raise self.error


class Evil(Exception):
    """Can not even be looked at."""

    @property
    def failure_id(self) -> str:
        raise ZeroDivisionError("evil")


class Unspeakable(Worker):
    """Fails its start with what can not be captured."""

    def on_start(self) -> None:
        raise Evil


class Full(Record):
    """A record that refuses one entry of a supervisor, once."""

    def __init__(self, clock: ManualClock, error: BaseException) -> None:
        super().__init__(clock=clock)
        self.error: BaseException | None = error

    def add(self, entry: Entry) -> None:
        error = self.error
        if entry.supervisor is not None and error is not None:
            self.error = None
            raise error
        super().add(entry)


@pytest.fixture
def clock() -> ManualClock:
    """Time that stands still."""
    return ManualClock()


async def test_a_child_whose_address_is_taken_fails_its_start_and_the_supervisor_goes_on(clock: ManualClock) -> None:
    """It is the caller who hears of it; nothing is kept, and the next call is served."""
    directory = Directory()
    await Supervisor.start_async(children=[ChildSpec("y", Worker)], clock=clock, directory=directory, path="/d/x")
    sup = Supervisor.dynamic(template=ChildSpec("t", Worker), clock=clock, directory=directory, path="/d").proxy()
    with pytest.raises(AlreadyPresent):
        await asyncio.wait_for(sup.start_child(id="x/y"), 5)

    assert [] == await sup.which_children()
    assert (await asyncio.wait_for(sup.start_child(id="z"), 5)).is_alive()
    assert directory.get("/d/x/y").ref.is_alive()  # type: ignore[union-attr]


async def test_a_restart_that_can_not_be_built_is_tried_again_and_charged(clock: ManualClock) -> None:
    """As any failed restart: here one of a group whose other member's address was taken meanwhile."""
    directory, record = Directory(), Record(clock=clock)
    policy = RestartPolicy(strategy="one_for_all", backoff=Backoff(initial=1.0, factor=1.0, jitter=0.0))
    specs = [ChildSpec("a", Worker), ChildSpec("b", Worker, restart="transient")]
    sup = (
        await Supervisor.start_async(
            policy=policy, children=specs, clock=clock, directory=directory, recorder=record, path="/s"
        )
    ).proxy()
    a, b = [child.ref for child in await sup.which_children()]
    await b.stop(block=False)
    await clock.settle()
    squatter = await Supervisor.start_async(clock=clock, directory=directory, path="/s/b")
    a.tell(ValueError("boom"))
    await clock.run(1.0)
    assert "restarting" == (await sup.which_child("b")).state
    await squatter.stop(block=False)
    await clock.run(1.0)

    assert ["running", "running"] == [child.state for child in await sup.which_children()]
    failures = [(e.path, e.failure.operation, e.restarts_in_window) for e in record.entries() if e.failure is not None]
    assert [("/s/a", "handle", 1), ("/s/b", "init", 2)] == failures


async def test_a_child_that_can_not_be_built_is_parked_without_an_estate(clock: ManualClock) -> None:
    """B6: it has spent its budget before there was anything of it to keep."""
    directory = Directory()
    policy = RestartPolicy(strategy="one_for_all", backoff=AT_ONCE, child_budget=Budget(1, 5.0))
    specs = [ChildSpec("a", Worker), ChildSpec("b", Worker, restart="transient")]
    sup = (
        await Supervisor.start_async(policy=policy, children=specs, clock=clock, directory=directory, path="/s")
    ).proxy()
    a, b = [child.ref for child in await sup.which_children()]
    await b.stop(block=False)
    await clock.settle()
    squatter = await Supervisor.start_async(clock=clock, directory=directory, path="/s/b")
    a.tell(ValueError("boom"))
    await clock.run(0.1)
    assert "parked" == (await sup.which_child("b")).state
    await squatter.stop(block=False)

    assert (await sup.unpark_child("b")).is_alive()


async def test_a_start_that_can_not_even_be_captured_is_a_failed_start(clock: ManualClock) -> None:
    """Whatever launching raises is the child's failure, not the supervisor's."""
    ref = await Supervisor.start_async(clock=clock)
    sup = ref.proxy()
    with pytest.raises((Evil, ZeroDivisionError)):
        await asyncio.wait_for(sup.start_child(ChildSpec("x", Unspeakable)), 5)

    assert (True, []) == (ref.is_alive(), await sup.which_children())


@pytest.mark.parametrize("error", [Refused("the record is full"), Shutdown("enough"), OSError("disk")])
async def test_what_its_hands_raise_crashes_the_supervisor_whatever_it_is(
    clock: ManualClock, error: BaseException
) -> None:
    """A refusal is none where nobody called: a machine that believes in what was not done can not go on."""
    record, directory = Full(clock, error), Directory()
    ref = await Supervisor.start_async(
        children=[ChildSpec("a", Worker)], clock=clock, recorder=record, directory=directory, path=""
    )
    below = (await ref.proxy().which_child("a")).ref
    below.tell(ValueError("boom"))
    await clock.settle()

    assert (False, False, []) == (ref.is_alive(), below.is_alive(), directory.paths())
    own = next(e.failure for e in record.entries() if e.failure is not None and e.path == "")
    expected = OSError if isinstance(error, OSError) else SupervisorBroken
    assert expected is type(own.exception)
    assert error in (own.exception, own.exception.__cause__)


async def test_who_calls_a_supervisor_whose_hands_fail_is_answered(clock: ManualClock) -> None:
    """And not by a refusal: it is gone."""
    record = Full(clock, Refused("the record is full"))
    ref = await Supervisor.start_async(clock=clock, recorder=record, path="/s")
    with pytest.raises(StentorError) as caught:
        await asyncio.wait_for(ref.proxy().start_child(ChildSpec("x", Unspeakable)), 5)

    assert not isinstance(caught.value, Refused)
    assert isinstance(caught.value, ActorDied | SupervisorBroken)
    assert not ref.is_alive()


async def test_a_boot_in_which_its_hands_fail_leaves_nobody_behind(clock: ManualClock) -> None:
    """The children that had started before are gone with it."""
    directory = Directory()
    record = Full(clock, Refused("the record is full"))
    with pytest.raises(SupervisorBroken):
        await Supervisor.start_async(
            children=[ChildSpec("a", Worker), ChildSpec("b", Unspeakable)],
            clock=clock,
            recorder=record,
            directory=directory,
            path="",
        )

    assert [] == directory.paths()


@pytest.mark.parametrize("error", [Refused("not today"), Shutdown("enough")])
async def test_a_failed_restart_that_is_escalated_crashes_the_supervisor_also_if_it_is_a_refusal(
    clock: ManualClock, error: StentorError
) -> None:
    """X1: the supervisor would else take it for an answer to a caller, or for a planned end of its own."""
    Failing.error = error
    policy = RestartPolicy(backoff=AT_ONCE, decide={StentorError: "escalate"})
    record = Record(clock=clock)
    ref = await Supervisor.start_async(
        policy=policy, children=[ChildSpec("a", Failing)], clock=clock, recorder=record, path="/s"
    )
    (await ref.proxy().which_child("a")).ref.tell(ValueError("boom"))
    await clock.settle()

    own = next(e.failure for e in record.entries() if e.failure is not None and e.path == "/s")
    assert (False, ChildStartError, error) == (ref.is_alive(), type(own.exception), own.exception.__cause__)


@pytest.mark.parametrize("name", ["x/y", "/", "a\nb", "a\x00", "\x9b31m"])
async def test_an_id_that_would_break_the_path_is_refused(clock: ManualClock, name: str) -> None:
    """C3: when the spec is built, so that no start ever meets it."""
    with pytest.raises(BadSpec, match=r"id is .*; allowed: a text"):
        ChildSpec(name, Worker)


async def test_only_the_names_of_a_template_may_hold_a_slash(clock: ManualClock) -> None:
    """Those of sessions do: user/thread."""
    sup = Supervisor.dynamic(template=ChildSpec("t", Worker), clock=clock, path="/d").proxy()
    await sup.start_child(id="ada/t1")
    with pytest.raises(BadSpec):
        await sup.start_child(id="ada\x1b/t1")

    assert ["/d/ada/t1"] == [child.path for child in await sup.which_children()]
