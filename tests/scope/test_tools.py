"""Tool calls: executing, then completed or failed; the decorator; what is refused without context."""

from __future__ import annotations

import contextlib
import inspect

import pytest
from stentor.protocol import ToolCompleted, ToolExecuting, ToolFailed
from stentor.protocol.errors import (
    BufferFull,
    EventNotSerialisable,
    WebSocketBridgeUnavailableError,
    WebSocketContextValidationError,
)
from stentor.supervisor.runs._handle import Session
from stentor.supervisor.runs._identity import Identity, current_identity
from stentor.supervisor.runs._tools import tool
from stentor.supervisor.runs._user_emitter import UserWebSocketEmitter

from .bridges import ListBridge


async def test_a_tool_call_tells_its_arguments_and_its_result(session: Session, bridge: ListBridge) -> None:
    """Both events carry the same call id."""
    async with session.run() as run, run.tool("search", query="loud") as call:
        call.result(["a.md:3"])

    assert ToolExecuting(run.id, "search", "c1", {"query": "loud"}) == bridge.events[1]
    assert ToolCompleted(run.id, "search", "c1", ["a.md:3"]) == bridge.events[2]


async def test_a_failed_tool_fails_the_run_though_a_framework_hid_it(session: Session, bridge: ListBridge) -> None:
    """tool_failed is told, the run ends as agent_failed, and the exception is raised at the exit."""
    with pytest.raises(LookupError):
        async with session.run() as run:
            try:
                async with run.tool("search"):
                    raise LookupError("no index")
            except LookupError:
                pass

    assert ["agent_started", "tool_executing", "tool_failed", "agent_failed"] == bridge.types


async def test_a_failure_that_the_agent_answers_is_told_and_the_run_goes_on(
    session: Session, bridge: ListBridge
) -> None:
    """``failed`` reports; it does not raise."""
    async with session.run() as run, run.tool("read", file="x") as call:
        call.failed("no such file", "not_found")

    assert ToolFailed(run.id, "read", "c1", "no such file", "not_found") == bridge.events[2]
    assert "agent_completed" == bridge.types[-1]


async def test_a_result_that_is_refused_is_told_as_a_failed_call(session: Session, bridge: ListBridge) -> None:
    """The page must see the call end."""
    with pytest.raises(EventNotSerialisable):
        async with session.run() as run, run.tool("search") as call:
            call.result("x")
            bridge.refuse = EventNotSerialisable(event_type="tool_completed", field="result", reason="a set")

    assert ["tool_failed", "agent_failed"] == bridge.types[-2:]


@tool
def add(a: int, b: int = 2) -> int:
    """Add."""
    return a + b


@tool(name="lookup")
async def find(word: str) -> object:
    """Find."""
    if word == "boom":
        raise LookupError(word)
    return object()


async def test_a_decorated_tool_reports_itself_and_returns_the_real_value(session: Session, bridge: ListBridge) -> None:
    """Sync and async; what JSON can not carry is told by the name of its type."""
    async with session.run() as run:
        total = add(1, b=5)
        found = await find("x")

    assert (6, object) == (total, type(found))
    assert ToolExecuting(run.id, "add", "c1", {"a": 1, "b": 5}) == bridge.events[1]
    assert ToolCompleted(run.id, "add", "c1", 6) == bridge.events[2]
    assert ToolCompleted(run.id, "lookup", "c2", "<object>") == bridge.events[4]


async def test_a_decorated_tool_keeps_its_signature() -> None:
    """A framework reads name, schema and docstring from it."""
    assert ("add", "Add.", ["a", "b"]) == (add.__name__, add.__doc__, list(inspect.signature(add).parameters))
    assert inspect.iscoroutinefunction(find)


async def test_a_decorated_tools_failure_is_recorded_before_a_framework_hides_it(
    session: Session, bridge: ListBridge
) -> None:
    """The run ends with it."""
    with pytest.raises(LookupError):
        async with session.run():
            with contextlib.suppress(LookupError):
                await find("boom")

    assert ["tool_failed", "agent_failed"] == bridge.types[-2:]


async def test_a_tool_outside_any_context_raises() -> None:
    """There is no default user."""
    with pytest.raises(WebSocketContextValidationError):
        add(1)


async def test_a_tool_with_an_identity_but_no_run_has_no_bridge() -> None:
    """Who is meant is known, where to tell it is not."""
    token = current_identity.set(Identity("ada", "t1"))
    try:
        with pytest.raises(WebSocketBridgeUnavailableError) as caught:
            await find("x")
    finally:
        current_identity.reset(token)

    assert ("ada", "t1") == (caught.value.user_id, caught.value.thread_id)


def test_each_notification_reaches_the_bridge(bridge: ListBridge) -> None:
    """The five of them, in their order."""
    emitter = UserWebSocketEmitter(bridge, "ada", "t1")  # type: ignore[arg-type]

    emitter.notify_agent_started("r1", "researcher")
    emitter.notify_agent_thinking("r1", "hm")
    emitter.notify_tool_executing("r1", "search", {"q": 1}, "c1")
    emitter.notify_tool_completed("r1", "search", 2, "c1")
    emitter.notify_agent_completed("r1", "done")

    expected = ["agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"]
    assert expected == bridge.types


@pytest.mark.parametrize(
    ("user", "thread", "run", "missing"),
    [(None, "t1", "r1", ["user_id"]), ("ada", "", "r1", ["thread_id"]), ("ada", "t1", None, "run_id")],
)
def test_a_notification_without_context_raises_and_names_what_is_missing(
    bridge: ListBridge, user: str | None, thread: str | None, run: str | None, missing: object
) -> None:
    """Nothing is queued."""
    emitter = UserWebSocketEmitter(bridge, user, thread)  # type: ignore[arg-type]

    with pytest.raises(WebSocketContextValidationError) as caught:
        emitter.notify_agent_thinking(run, "hm")

    assert (missing, "notify_agent_thinking") == (caught.value.missing, caught.value.operation)
    assert [] == bridge.events


def test_a_notification_without_a_bridge_raises() -> None:
    """It does not return False."""
    with pytest.raises(WebSocketBridgeUnavailableError):
        UserWebSocketEmitter(None, "ada", "t1").notify_agent_completed("r1")


def test_a_notification_that_is_refused_raises(bridge: ListBridge) -> None:
    """What emit raises comes through."""
    bridge.refuse = BufferFull(buffer_size=1, message_size=2, user_id="ada")

    with pytest.raises(BufferFull):
        UserWebSocketEmitter(bridge, "ada", "t1").notify_agent_thinking("r1", "x")  # type: ignore[arg-type]
