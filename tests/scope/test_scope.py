"""The run scope: its events, and that its first failure is raised whatever the host does with it."""

from __future__ import annotations

import asyncio
import contextlib
import threading

import pytest
from stentor.protocol import AgentCancelled, AgentCompleted, AgentFailed
from stentor.protocol.errors import ActorParked, BufferFull, RunEnded, SessionClosed
from stentor.supervisor.runs._handle import Session
from stentor.supervisor.runs._identity import current_identity
from stentor.supervisor.runs._run import Run

from .bridges import ListBridge


def full() -> BufferFull:
    return BufferFull(buffer_size=1, message_size=2, user_id="ada")


async def test_a_run_tells_its_beginning_its_work_and_its_end(session: Session, bridge: ListBridge) -> None:
    """What happens inside stands between agent_started and agent_completed."""
    async with session.run("researcher") as run:
        await run.thinking("hm")
        await run.text("yes")
        await run.custom("card", {"n": 1})
        run.result({"words": 1})

    assert ["agent_started", "agent_thinking", "text", "custom", "agent_completed"] == bridge.types
    assert AgentCompleted(run.id, {"words": 1}) == bridge.events[-1]
    assert {run.id} == {event.run_id for event in bridge.events}


async def test_an_exception_inside_is_told_once_without_its_text(session: Session, bridge: ListBridge) -> None:
    """The page learns the type of an unknown exception; its text may hold secrets."""
    with pytest.raises(ValueError, match="password"):
        async with session.run() as run:
            raise ValueError("password=hunter2")

    last = bridge.events[-1]
    assert isinstance(last, AgentFailed)
    assert (run.id, "exception.value_error", "the agent failed (ValueError)") == (last.run_id, last.code, last.message)
    assert 1 == bridge.types.count("agent_failed")


async def test_a_refused_emit_is_raised_at_the_exit_though_the_host_swallowed_it(
    session: Session, bridge: ListBridge
) -> None:
    """The first failure is sticky."""
    refusal = full()

    with pytest.raises(BufferFull) as caught:
        async with session.run() as run:
            bridge.refuse = refusal
            with contextlib.suppress(BufferFull):
                await run.text("lost?")

    assert refusal is caught.value
    assert "agent_failed" == bridge.types[-1]
    assert "agent_completed" not in bridge.types


async def test_a_bare_emit_of_the_session_fails_the_scope_around_it(session: Session, bridge: ListBridge) -> None:
    """``session.emit`` inside a run is watched too."""
    with pytest.raises(BufferFull):
        async with session.run():
            bridge.refuse = full()
            with pytest.raises(BufferFull):
                session.emit(AgentCompleted("other"))


async def test_the_first_failure_cancels_the_host_and_comes_out_typed(session: Session, bridge: ListBridge) -> None:
    """A host that waits for something else is woken; no cancel stays behind in its task."""
    reached = False
    with pytest.raises(BufferFull):
        async with session.run() as run:
            bridge.refuse = full()
            try:
                run.emit(AgentCompleted("x"))
            except BufferFull:
                await asyncio.Event().wait()
            reached = True

    task = asyncio.current_task()
    assert task is not None
    assert (False, 0) == (reached, task.cancelling())
    await asyncio.sleep(0)


async def test_a_host_that_swallows_the_cancel_too_still_gets_the_failure(session: Session, bridge: ListBridge) -> None:
    """Whatever the run does next raises the first failure again, and so does the exit."""
    first = full()
    with pytest.raises(BufferFull) as caught:
        async with session.run() as run:
            bridge.refuse = first
            with contextlib.suppress(BufferFull):
                await run.text("a")
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            with pytest.raises(BufferFull):
                await run.text("b")

    assert first is caught.value


async def test_a_failure_from_another_thread_reaches_the_waiting_host(session: Session, bridge: ListBridge) -> None:
    """``fail`` is thread-safe."""
    with pytest.raises(SessionClosed):
        async with session.run() as run:
            threading.Thread(target=run.fail, args=(SessionClosed(),)).start()
            await asyncio.Event().wait()


async def test_a_parked_session_fails_every_scope_that_is_open_in_it(session: Session, bridge: ListBridge) -> None:
    """The bridge knows the open scopes, and none once they are left."""
    with pytest.raises(ActorParked):
        async with session.run():
            for scope in bridge.scopes:
                scope.fail(ActorParked())
            await asyncio.Event().wait()

    assert set() == bridge.scopes


async def test_a_cancel_from_outside_ends_as_cancelled(session: Session, bridge: ListBridge) -> None:
    """Who cancels the host's task ends the run as agent_cancelled, and the cancel goes on."""

    async def host() -> None:
        async with session.run():
            await asyncio.Event().wait()

    task = asyncio.create_task(host())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert isinstance(bridge.events[-1], AgentCancelled)


async def test_a_cancel_from_outside_beside_a_failure_goes_on_and_the_failure_is_recorded(
    session: Session, bridge: ListBridge
) -> None:
    """The cancel must be honoured, so the failure cannot be raised: it reaches the record instead."""
    failure = full()

    async def host() -> None:
        async with session.run() as run:
            run.fail(failure)
            await asyncio.Event().wait()

    task = asyncio.create_task(host())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert [failure] == bridge.hidden_errors
    assert "agent_failed" == bridge.types[-1]


async def test_an_end_that_the_bridge_refuses_is_recorded(session: Session, bridge: ListBridge) -> None:
    """The run's own exception still comes out."""
    with pytest.raises(ValueError):
        async with session.run():
            bridge.refuse = full()
            raise ValueError

    assert ["agent_failed"] == [event.type for event, _ in bridge.unsaid_events]


async def test_a_refused_beginning_raises_and_leaves_nothing_behind(session: Session, bridge: ListBridge) -> None:
    """No run began, so none ends."""
    bridge.refuse = full()
    with pytest.raises(BufferFull):
        async with session.run():
            pytest.fail("the body must not run")

    task = asyncio.current_task()
    assert task is not None
    await asyncio.sleep(0)
    assert ([], set(), 0) == (bridge.events, bridge.scopes, task.cancelling())


async def test_the_identity_is_set_inside_and_gone_afterwards(session: Session) -> None:
    """One frozen value, one context variable."""
    async with session.run() as run:
        who = current_identity.get()

    assert who is not None
    assert ("ada", "t1", run.id) == (who.user_id, who.thread_id, who.run_id)
    assert (None, None) == (current_identity.get(), Run.current.get())


async def test_a_run_within_a_run_has_an_end_of_its_own(session: Session, bridge: ListBridge) -> None:
    """The inner run's failure ends the inner run; a host that answers it goes on."""
    async with session.run("planner") as outer:
        with pytest.raises(ValueError):
            async with session.run("worker") as inner:
                raise ValueError

    ends = [(event.type, event.run_id) for event in bridge.events[2:]]
    assert [("agent_failed", inner.id), ("agent_completed", outer.id)] == ends


async def test_a_run_whose_scope_has_ended_can_tell_nothing_more(session: Session, bridge: ListBridge) -> None:
    """Its end was told; what still works for it is refused, and the late end of a tool is on record."""
    async with session.run() as run:
        call = run.tool("search")
        await call.__aenter__()
    late = [run.text("x"), run.thinking("x"), run.custom("x"), run.tool("y").__aenter__()]
    for verb in late:
        with pytest.raises(RunEnded):
            await verb
    with pytest.raises(RunEnded):
        run.emit(AgentCancelled(run.id, "x"))
    call.broke(ValueError())

    assert ["agent_started", "tool_executing", "agent_completed"] == bridge.types
    assert [("tool_failed", "run_ended")] == [(event.type, error.code) for event, error in bridge.unsaid_events]


async def test_the_end_of_a_run_may_use_the_reserve_and_nothing_else_may(session: Session, bridge: ListBridge) -> None:
    """Its page has to learn the end also where the run filled the buffer."""
    async with session.run() as run:
        await run.text("x")
    with pytest.raises(ValueError):
        async with session.run() as run:
            run.emit(AgentCancelled("other", "not the scope's own end"))
            raise ValueError

    assert ["agent_completed", "agent_failed"] == [event.type for event in bridge.reserved]
