"""A thread that was given up, in a real runtime: what it was handed while it lived is of no use to it any more."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import stentor
from attrs import define, field
from stentor.actors import Actor, ActorRef, ManualClock, Reply, ThreadActor, abandoned_threads
from stentor.protocol import AgentThinking
from stentor.protocol.errors import ActorDied, Fenced

from .children import PATIENCE

DEADLINE = 5.0


@define(eq=False)
class Stage:
    """What the worker is handed, where it hangs, and what became of each thing that it tried afterwards."""

    session: Any = None
    run: Any = None
    other: ActorRef[Any] | None = None
    host: Any = None
    arrived: threading.Event = field(factory=threading.Event)
    released: threading.Event = field(factory=threading.Event)
    over: threading.Event = field(factory=threading.Event)
    tried: dict[str, str] = field(factory=dict[str, str])
    lives: list[int] = field(factory=list[int])

    def attempt(self, door: str, function: Callable[[], Any]) -> None:
        """Try *function*."""
        try:
            function()
        except Fenced:
            self.tried[door] = "fenced"
        except BaseException as error:
            self.tried[door] = repr(error)
        else:
            self.tried[door] = "went through"


class Worker(ThreadActor):
    """Hangs when it is told to, once."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.stage = stage
        stage.lives.append(self.incarnation)

    def on_receive(self, message: Any) -> Any:
        if message != "hang":
            return message, self.incarnation
        stage, reply = self.stage, self.defer_reply()
        stage.arrived.set()
        assert stage.released.wait(PATIENCE)
        self._try_all(stage, reply)
        stage.over.set()
        return "too late"

    def _try_all(self, stage: Stage, reply: Reply) -> None:
        session, run, other = stage.session, stage.run, stage.other
        assert other is not None
        event = AgentThinking("r1", "from the dead")
        for door, function in {
            "take a message": lambda: self.actor_inbox.get(),
            "reply": lambda: reply.set("from the dead"),
            "fail the asker": lambda: reply.fail(ValueError()),
            "defer a reply": self.defer_reply,
            "tell": lambda: other.tell("from the dead"),
            "ask": lambda: other.ask("from the dead", block=False),
            "ask and wait": lambda: other.ask("from the dead"),
            "call a proxy": lambda: other.proxy().on_receive("from the dead"),
            "tell itself": lambda: self.actor_ref.tell("from the dead"),
            "ask itself": lambda: self.actor_ref.ask("from the dead"),
            "control": lambda: other.control("from the dead"),
            "stop another": lambda: other.stop(block=False),
            "watch": lambda: self.watch(other),
            "set a timer": lambda: self.tell_later(1.0, "from the dead"),
            "set a timer of the clock": lambda: self.clock.call_later(1.0, print),
            "emit": lambda: session.emit(event),
            "emit in a run": lambda: run.emit(event),
            "put in a run": lambda: asyncio.run(run.thinking("from the dead")),
            "set a run's result": lambda: run.result("from the dead"),
            "fail a run": lambda: run.fail(ValueError()),
        }.items():
            stage.attempt(door, function)


class Other(Actor):
    """Hears nothing from the dead."""

    def __init__(self, heard: list[Any]) -> None:
        super().__init__()
        self.heard = heard

    def on_receive(self, message: Any) -> Any:
        self.heard.append(message)
        return message


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage()
    yield stage
    stage.released.set()
    for thread in threading.enumerate():
        if thread.name.startswith("stentor/"):
            await asyncio.to_thread(thread.join, PATIENCE)


def _notes(record: Any, kind: str) -> list[dict[str, Any]]:
    return [dict(it.facts) for it in record.entries() if it.facts is not None and it.facts.get("note") == kind]


async def _given_up(clock: ManualClock, runtime: Any) -> None:
    children = runtime.supervisor("/children")
    stopped = children.terminate_child("worker")
    await clock.run(DEADLINE)
    await asyncio.wait_for(stopped, PATIENCE)


async def test_an_abandoned_thread_gets_through_no_door_of_a_runtime(stage: Stage) -> None:
    """T4: everything is refused with Fenced and on record; nobody hears, no event is accepted, no run fails."""
    clock, heard, before = ManualClock(), list[Any](), abandoned_threads()
    children = [
        stentor.ChildSpec(id="worker", actor=Worker, args=(stage,), shutdown=DEADLINE),
        stentor.ChildSpec(id="other", actor=Other, args=(heard,)),
    ]
    async with stentor.Runtime(children=children, clock=clock, blocked_after=None) as runtime:
        supervisor = runtime.supervisor("/children")
        worker, stage.other = [(await supervisor.which_child(name)).ref for name in ("worker", "other")]
        stage.session = await runtime.session(user_id="ada", thread_id="t1")
        async with stage.session.run("researcher") as stage.run:
            asked = worker.ask("hang", block=False)
            assert await asyncio.to_thread(stage.arrived.wait, PATIENCE)
            accepted = runtime.audit().accepted
            await _given_up(clock, runtime)
            with pytest.raises(ActorDied):
                await asyncio.wait_for(asked, PATIENCE)
            successor = await asyncio.wait_for(supervisor.restart_child("worker"), PATIENCE)
            waits = successor.ask("hello", block=False)
            assert before + 1 == abandoned_threads()
            timers = clock.pending
            stage.released.set()
            assert await asyncio.to_thread(stage.over.wait, PATIENCE)

            assert {"fenced"} == set(stage.tried.values()), stage.tried
            assert 20 == len(stage.tried)
            assert (accepted, timers, None) == (runtime.audit().accepted, clock.pending, stage.run.failure)
        assert ("hello", 2) == await asyncio.wait_for(waits, PATIENCE)
        assert ([], [1, 2]) == (heard, stage.lives)
        doors = {note["door"] for note in _notes(runtime.record, "fenced")}
        assert {"take", "reply", "send", "watch", "timer", "append", "result", "fail"} <= doors
        [given_up] = _notes(runtime.record, "thread_abandoned")
        assert 1 == given_up["incarnation"]
        rules = [(it.rule, it.path) for it in runtime.record.entries() if it.kind == "abandoned" and it.rule]
        assert [("shutdown", "/children/worker")] == rules


class Runner(ThreadActor):
    """Opens a run of a synchronous runtime, and hangs inside it."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.stage = stage

    def on_receive(self, message: Any) -> None:
        stage = self.stage
        try:
            with stage.host.run(stage.session, "researcher") as run:
                stage.arrived.set()
                assert stage.released.wait(PATIENCE)
                stage.attempt("put", lambda: run.thinking("from the dead").get())
                stage.attempt("call", lambda: stage.host.call(asyncio.sleep(0)))
                stage.attempt("session", lambda: stage.host.session(user_id="eve", thread_id="t1"))
                if message == "loudly":
                    run.result("from the dead")
        finally:
            stage.over.set()


@pytest.mark.parametrize("leaves", ["quietly", "loudly"])
async def test_the_run_of_an_abandoned_thread_ends_as_failed_and_tells_nothing_else(stage: Stage, leaves: str) -> None:
    """A synchronous runtime does for it what it asks, but not for the dead; and no run stays open for ever."""

    def go() -> tuple[Any, list[str], int]:
        with stentor.Runtime.in_thread(drain=0.1) as stage.host:
            stage.session = stage.host.session(user_id="ada", thread_id="t1").get(PATIENCE)
            ref = Runner.start(stage)
            ref.tell(leaves)
            assert stage.arrived.wait(PATIENCE)
            slot: Any = ref.actor_inbox
            slot.dispatcher.call(lambda: slot.close("given up"))
            stage.released.set()
            assert stage.over.wait(PATIENCE)
            return stage.host.tree(), [f["code"] for f in stage.host.failures()], stage.host.audit().accepted

    tree, codes, accepted = await asyncio.to_thread(go)

    assert dict.fromkeys(("put", "call", "session"), "fenced") == stage.tried
    assert "fenced" in codes
    assert 2 == accepted  # agent_started, agent_failed
    assert ("ada", False) == ("ada" if "ada" in str(tree) else str(tree), "eve" in str(tree))
