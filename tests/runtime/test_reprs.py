"""What a user sees of each object in a plain REPL: one line, its state first, and what it is about."""

from __future__ import annotations

import re
from typing import Any

import pytest
import stentor
from stentor.actors import Actor, LoopActor


class Echo(Actor):
    """Answers."""

    def on_receive(self, message: object) -> object:
        return message


class Plain(LoopActor):
    """Is not guarded."""


def plain(value: object) -> str:
    """Return the repr of *value* without its URN."""
    return re.sub(r"urn:uuid:[0-9a-f-]+", "urn", repr(value))


async def test_a_runtime_says_its_state() -> None:
    """From the beginning to the end."""
    runtime = stentor.Runtime(node="here", drain=0.1)
    said = [repr(runtime)]
    async with runtime:
        said.append(repr(runtime))
    said.append(repr(runtime))

    assert [f"<Runtime {state}: here>" for state in ("new", "running", "stopped")] == said


async def test_an_address_says_how_its_actor_is_and_where() -> None:
    """The proxy too, and after the end."""
    async with stentor.Runtime(drain=0.1, children=[stentor.ChildSpec("echo", Echo)]) as runtime:
        record: Any = runtime.record
        ref = record.ref("/children/echo")
        said = [plain(ref), plain(ref.proxy()), plain(ref.ask("x", block=False))]
    said.append(plain(ref))

    assert [
        "<ActorRef running at /children/echo: Echo (urn)>",
        "<ActorProxy for Echo (urn), running at /children/echo, attr_path=()>",
        "<LoopFuture waiting>",
        "<ActorRef closed at /children/echo: Echo (urn)>",
    ] == said


async def test_the_address_of_a_plain_actor_says_whether_it_lives() -> None:
    """It stands in no tree."""
    ref = Plain.start()
    alive = plain(ref)
    await ref.stop(block=False)

    assert ("<ActorRef alive: Plain (urn)>", "<ActorRef stopped: Plain (urn)>") == (alive, plain(ref))


async def test_a_future_says_whether_its_answer_is_there() -> None:
    """And with what it failed."""
    ref = Echo.start()
    answer = ref.ask("x", block=False)
    await answer
    await ref.stop(block=False)
    late = ref.ask("x", block=False)
    with pytest.raises(stentor.ActorDied):
        await late

    assert ("<LoopFuture done>", "<LoopFuture failed by ActorDied>") == (repr(answer), repr(late))


async def test_a_scope_says_how_far_it_is() -> None:
    """New, open, closed; failed as soon as it is."""
    async with stentor.Runtime(drain=0.1) as runtime:
        session = await runtime.session(user_id="ada", thread_id="t1")
        scope = session.run("agent")
        said = [repr(scope)]
        with pytest.raises(ValueError, match="no"):
            async with scope as run:
                said += [repr(scope), repr(run.tool("search"))]
                run.fail(ValueError("no"))
                said.append(repr(scope))
        async with (whole := session.run("agent")):
            pass
        said.append(repr(whole))

    assert [
        "<RunScope new: 'agent' in ada/t1>",
        "<RunScope open: 'agent' in ada/t1>",
        "<ToolCall 'search' c1>",
        "<RunScope failed: 'agent' in ada/t1>",
        "<RunScope closed: 'agent' in ada/t1>",
    ] == said


async def test_an_emitter_says_whether_it_has_a_bridge() -> None:
    """Without a runtime that runs it has none."""
    runtime = stentor.Runtime(drain=0.1)
    said = [repr(runtime.emitter(user_id="ada", thread_id="t1"))]
    async with runtime:
        said.append(repr(runtime.emitter(user_id="ada", thread_id="t1")))

    assert [
        "<UserWebSocketEmitter without a bridge: user 'ada', thread 't1'>",
        "<UserWebSocketEmitter bridged: user 'ada', thread 't1'>",
    ] == said
