"""ThreadActor: the guard for code that blocks, and what becomes of a thread that hangs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pykka
import pytest
from stentor.actors import (
    Actor,
    Exited,
    Gate,
    LoopActor,
    ManualClock,
    Outbox,
    Pending,
    Started,
    StartFailed,
    ThreadActor,
    abandoned_threads,
)
from stentor.protocol import AgentThinking
from stentor.protocol.errors import ActorDied, BadUsage, Fenced, Refused
from stentor.supervisor import ChildSpec, RestartPolicy, Supervisor


class Boom(Exception):
    pass


class Station:
    """Where a handler reports that it hangs, and is let go; what it could do then is written down."""

    def __init__(self) -> None:
        self.arrived = threading.Event()
        self.released = threading.Event()
        self.left = threading.Event()
        self.tried: dict[str, BaseException | str] = {}
        self.seen: list[Any] = []
        self.gate = Gate(ManualClock())
        self.gate.start()
        self.outbox = Outbox("ada/t1", self.gate)

    def hang(self) -> None:
        self.arrived.set()
        assert self.released.wait(30)

    def attempt(self, name: str, function: Any, *args: Any) -> None:
        try:
            function(*args)
        except BaseException as error:
            self.tried[name] = error
        else:
            self.tried[name] = "went through"


class Worker(ThreadActor):
    def __init__(self, station: Station, other: Any = None) -> None:
        self.station = station
        self.other = other
        self.thread = threading.current_thread()

    def on_receive(self, message: Any) -> Any:
        match message:
            case "boom":
                raise Boom
            case "no":
                raise Refused("no")
            case "where":
                return threading.current_thread(), self.thread, self.incarnation
            case "hang":
                self._hang()
            case "later":
                self.tell_later(5.0, "tick")
            case _:
                self.station.seen.append((self.incarnation, message))
                return message
        return None

    def _hang(self) -> None:
        station, reply = self.station, self.defer_reply()
        station.hang()
        station.attempt("reply", reply.set, 1)
        station.attempt("defer", self.defer_reply)
        station.attempt("self", self.actor_ref.tell, "again")
        station.attempt("take", self.actor_inbox.get)
        station.attempt("tell", lambda: self.other.tell("from the dead"))
        station.attempt("ask", lambda: self.other.ask("from the dead", block=False))
        station.attempt("timer", self.tell_later, 1.0, "tick")
        station.attempt("clock", lambda: self.clock.call_later(1.0, print))
        station.attempt("append", lambda: station.outbox.accept(AgentThinking(run_id="r", text="from the dead")))
        station.left.set()


@pytest.fixture
async def station() -> AsyncIterator[Station]:
    station = Station()
    yield station
    station.released.set()
    for thread in threading.enumerate():
        if thread.name.startswith("stentor/"):
            await asyncio.to_thread(thread.join, 10)


async def _arrived(station: Station) -> None:
    assert await asyncio.to_thread(station.arrived.wait, 10)


async def _until_left(station: Station) -> None:
    station.released.set()
    assert await asyncio.to_thread(station.left.wait, 10)


def _threads(path: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == f"stentor{path}"]


async def _started(house: Any, *args: Any, **options: Any) -> Any:
    estate = house.estate(Worker, *args, **options)
    assert isinstance(estate.launch(), Pending)
    await _heard(house, Started)
    return estate


async def _heard(house: Any, kind: type[Any]) -> Any:
    async with asyncio.timeout(10):
        while True:
            message = await house.parent.next()
            if isinstance(message, kind):
                return message


def test_a_thread_actor_runs_in_one_daemon_thread_of_its_own(station: Station) -> None:
    """Constructor and handlers alike; and it is Pykka's ThreadingActor to whoever asks."""
    ref = Worker.start(station)
    now, first, incarnation = ref.ask("where")
    ref.stop()

    assert (True, 1) == (now is first, incarnation)
    assert now is not threading.current_thread()
    assert now.daemon
    assert issubclass(Worker, pykka.ThreadingActor)


def test_its_thread_ends_with_it(station: Station) -> None:
    """An orderly end leaves no thread, and none counts as abandoned."""
    ref = Worker.start(station)
    thread = ref.ask("where")[0]
    ref.stop()
    thread.join(10)

    assert not thread.is_alive()
    assert 0 == abandoned_threads()


def test_a_refusal_answers_and_a_proxy_works(station: Station) -> None:
    """Refused does not crash it."""
    ref = Worker.start(station)
    with pytest.raises(Refused):
        ref.ask("no")

    assert ref.proxy().incarnation.get() == 1
    ref.stop()


def test_the_constructor_raises_where_it_is_started() -> None:
    """As for any guarded actor."""

    class Broken(ThreadActor):
        def __init__(self) -> None:
            raise Boom

    with pytest.raises(Boom):
        Broken.start()


async def test_on_a_loop_start_names_start_async(station: Station) -> None:
    """Waiting for a thread would block the loop."""
    with pytest.raises(BadUsage, match="start_async"):
        Worker.start(station)
    ref = await Worker.start_async(station)

    assert await ref.ask(5, block=False) == 5
    ref.stop(block=False)


def test_a_hook_that_is_a_coroutine_is_refused_with_the_class() -> None:
    """A thread can await nothing."""
    with pytest.raises(BadUsage, match="on_receive"):

        class Wrong(ThreadActor):  # pyright: ignore[reportUnusedClass]
            async def on_receive(self, message: Any) -> None:
                pass


async def test_its_crash_is_told_to_the_parent_and_the_next_incarnation_goes_on(house: Any, station: Station) -> None:
    """Failure with frames as tuples, asker answered, waiting messages kept, address the same, a new thread."""
    estate = await _started(house, station)
    first = (await estate.ref.ask("where", block=False))[0]
    asked = estate.ref.ask("boom", block=False)
    estate.ref.tell("kept")
    with pytest.raises(Boom) as caught:
        await asked
    exited = await _heard(house, Exited)

    assert ("crash", 1, "on_receive") == (exited.reason, exited.incarnation, exited.failure.frames[-1][2])
    assert exited.failure.id == caught.value.failure_id  # type: ignore[attr-defined]
    assert all("actors/thread" not in frame[0] for frame in exited.failure.frames)
    house.parent.heard.clear()
    estate.launch()
    await _heard(house, Started)
    assert first is not (await estate.ref.ask("where", block=False))[0]
    assert [(2, "kept")] == station.seen
    estate.close("done")


async def test_a_failed_start_says_in_which_step(house: Any) -> None:
    """The constructor is "init"."""

    class Broken(ThreadActor):
        def __init__(self) -> None:
            raise Boom

    house.estate(Broken).launch()
    failed = await _heard(house, StartFailed)

    assert "init" == failed.failure.operation
    assert isinstance(failed.failure.exception, Boom)


async def test_it_stops_ahead_of_its_backlog(house: Any, station: Station) -> None:
    """The control lane comes first; what waits stays for the next incarnation."""
    estate = await _started(house, station, None)
    estate.suspend()
    estate.ref.tell("waits")
    estate.request_stop()
    exited = await _heard(house, Exited)

    assert ("shutdown", None) == (exited.reason, exited.failure)
    assert 1 == estate.depth
    assert [] == station.seen
    estate.close("done")


async def test_while_it_blocks_the_loop_and_other_actors_go_on(house: Any, station: Station) -> None:
    """That is what it is for."""
    estate = await _started(house, station)
    estate.ref.tell("hang")
    await _arrived(station)
    other = await Worker.start_async(Station())

    assert 7 == await other.ask(7, block=False)
    estate.close("done")
    other.stop(block=False)


async def test_an_abandoned_thread_is_counted_and_the_asker_is_answered(house: Any, station: Station) -> None:
    """Nobody waits for a thread that hangs; the next incarnation starts while it does."""
    before = abandoned_threads()
    estate = await _started(house, station)
    asked = estate.ref.ask("hang", block=False)
    await _arrived(station)
    estate.abandon()
    with pytest.raises(ActorDied):
        await asked
    estate.launch()

    assert 2 == (await estate.ref.ask("where", block=False))[2]
    assert before + 1 == abandoned_threads()
    notes = dict(house.ledger.notes)
    assert ("/child", 1) == (notes["thread_abandoned"]["path"], notes["thread_abandoned"]["incarnation"])
    await _until_left(station)
    for thread in _threads("/child"):
        if thread is not (await estate.ref.ask("where", block=False))[0]:
            thread.join(10)
    assert before == abandoned_threads()
    estate.close("done")


async def test_what_an_abandoned_thread_tries_is_refused_and_recorded(house: Any, station: Station) -> None:
    """It can neither reply, take a message, send to anybody, nor set a timer; its result counts for nothing."""
    heard: list[Any] = []

    class Other(LoopActor):
        def on_receive(self, message: Any) -> None:
            heard.append(message)

    other = Other.start()
    estate = await _started(house, station, other)
    estate.ref.tell("hang")
    await _arrived(station)
    [thread] = _threads("/child")
    estate.abandon()
    await _until_left(station)
    await asyncio.to_thread(thread.join, 10)
    await other.ask("end", block=False)

    assert {"reply", "defer", "self", "take", "tell", "ask", "timer", "clock", "append"} == set(station.tried)
    assert {Fenced} == {type(outcome) for outcome in station.tried.values()}
    assert {"reply", "send", "take", "timer", "append", "result"} <= set(house.ledger.doors())
    assert ["end"] == heard
    assert (0, {"fenced": 1}) == (station.gate.memory, station.gate.refused)
    other.stop(block=False)
    estate.close("done")


async def test_a_timer_of_a_thread_fires_on_its_clock(house: Any, station: Station) -> None:
    """Under the manual clock, too, although it is set from the thread."""
    estate = await _started(house, station)
    await estate.ref.ask("later", block=False)
    house.clock.advance(5.0)
    await estate.ref.ask("after", block=False)

    assert [(1, "tick"), (1, "after")] == station.seen
    estate.close("done")


async def test_under_a_supervisor_it_is_restarted_at_one_address(station: Station) -> None:
    """A ThreadActor stands in a ChildSpec like any other."""
    supervisor = await Supervisor.start_async(
        policy=RestartPolicy(), children=[ChildSpec(id="w", actor=Worker, args=(station,))]
    )
    child = await supervisor.proxy().which_child("w")
    ref = child.ref
    with pytest.raises(Boom):
        await ref.ask("boom", block=False)

    assert 2 == (await ref.ask("where", block=False))[2]
    supervisor.stop(block=False)


async def test_a_thread_actor_that_is_resumed_goes_on_in_a_new_thread(station: Station) -> None:
    """Its state stays; only the thread of the step that crashed has ended."""
    supervisor = await Supervisor.start_async(
        policy=RestartPolicy(decide={Boom: "resume"}), children=[ChildSpec(id="w", actor=Worker, args=(station,))]
    )
    ref = (await supervisor.proxy().which_child("w")).ref
    before = (await ref.ask("where", block=False))[0]
    with pytest.raises(Boom):
        await ref.ask("boom", block=False)
    now, _, incarnation = await ref.ask("where", block=False)

    assert 1 == incarnation
    assert now is not before
    supervisor.stop(block=False)


async def test_an_actor_that_is_resumed_may_still_answer_later() -> None:
    """It is no ended incarnation: its lease is a new one."""

    class Later(Actor):
        def on_receive(self, message: Any) -> Any:
            if message == "boom":
                raise Boom
            reply = self.defer_reply()
            reply.set(message)

    supervisor = await Supervisor.start_async(
        policy=RestartPolicy(decide={Boom: "resume"}), children=[ChildSpec(id="w", actor=Later)]
    )
    ref = (await supervisor.proxy().which_child("w")).ref
    with pytest.raises(Boom):
        await ref.ask("boom", block=False)

    assert 5 == await ref.ask(5, block=False)
    supervisor.stop(block=False)


def test_a_guarded_actor_and_a_thread_actor_share_the_guard() -> None:
    """One guard, two places to run."""
    assert Actor.defer_reply is ThreadActor.defer_reply
