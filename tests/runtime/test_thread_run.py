"""A run of a synchronous host: its scope is as loud as that of an asynchronous one."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Iterator

import pytest
import stentor
from stentor.protocol.clients import ProbeClient, dial_websocket
from stentor.supervisor import Pending, ThreadedRuntime

ENDS = ("agent_completed", "agent_failed", "agent_cancelled")


@pytest.fixture
def runtime() -> Iterator[ThreadedRuntime]:
    with stentor.Runtime.in_thread(drain=0.1, limits=stentor.Limits(buffer_events=8), emit_timeout=0.05) as running:
        yield running


@pytest.fixture
def session(runtime: ThreadedRuntime) -> stentor.Session:
    return runtime.session(user_id="ada", thread_id="t1").get(5)


def told(runtime: ThreadedRuntime) -> list[str]:
    """Return the types of the events that ada's client gets, up to the end of her run."""
    url = runtime.serve("127.0.0.1", 0).get(5).url

    async def read() -> list[str]:
        probe = ProbeClient(dial_websocket(url), session="ada/t1")
        probe.start()
        await probe.until(lambda it: any(one.event.type in ENDS for one in it.handled))
        await probe.stop()
        return [one.event.type for one in probe.handled]

    return runtime.call(read()).get(10)


@stentor.tool
def double(number: int) -> int:
    """Double it."""
    return 2 * number


@stentor.tool
def broken() -> None:
    """Fail."""
    raise ValueError("no")


def test_a_synchronous_host_runs_an_agent(runtime: ThreadedRuntime, session: stentor.Session) -> None:
    """Each verb is awaited by get; what it tells comes in its order."""
    with runtime.run(session, "agent", run_id="r7") as run:
        run.thinking("hm").get(5)
        with run.tool("search", query="q") as tool:
            tool.result([1])
        assert 4 == double(2)
        receipt = run.text("hello").get(5)
        run.result("done")

    assert ("r7", "agent", "ada/t1", "done") == (run.id, run.agent, run.session, run.answer)
    assert receipt.wait(timeout=5, until="buffered")
    assert told(runtime) == [
        "agent_started",
        "agent_thinking",
        *("tool_executing", "tool_completed") * 2,
        "text",
        "agent_completed",
    ]


def test_what_the_host_raises_fails_the_run_and_passes(runtime: ThreadedRuntime, session: stentor.Session) -> None:
    """It is the same exception that comes out."""
    error = ValueError("no")

    with pytest.raises(ValueError, match="no") as caught, runtime.run(session):
        raise error

    assert error is caught.value
    assert ["agent_started", "agent_failed"] == told(runtime)


def test_a_refused_emit_is_raised_at_the_exit_although_the_host_swallowed_it(
    runtime: ThreadedRuntime, session: stentor.Session
) -> None:
    """The first failure sticks; every later verb raises it again."""
    with pytest.raises(stentor.EventNotSerialisable) as caught, runtime.run(session) as run:
        for _ in range(2):
            with pytest.raises(stentor.EventNotSerialisable):
                run.custom("c", {1, 2}).get(5)

    assert run.failure is caught.value
    assert ["agent_started", "agent_failed"] == told(runtime)


def test_a_tool_that_fails_in_the_hosts_thread_fails_the_run(
    runtime: ThreadedRuntime, session: stentor.Session
) -> None:
    """Also where a framework swallows what it raised."""
    with pytest.raises(ValueError, match="no"), runtime.run(session), pytest.raises(ValueError, match="no"):
        broken()

    assert ["agent_started", "tool_executing", "tool_failed", "agent_failed"] == told(runtime)


def test_a_tool_block_that_fails_fails_the_run(runtime: ThreadedRuntime, session: stentor.Session) -> None:
    """As in an asynchronous host."""
    with pytest.raises(KeyError), runtime.run(session) as run, run.tool("search"):
        raise KeyError("k")

    assert ["agent_started", "tool_executing", "tool_failed", "agent_failed"] == told(runtime)


def test_no_room_in_time_is_raised_where_it_was_waited_for(runtime: ThreadedRuntime, session: stentor.Session) -> None:
    """Get waits as long as the runtime's own bound says, and no longer."""
    with pytest.raises(stentor.EmitTimeout), runtime.run(session) as run:
        for _ in range(20):
            run.text("x").get(5)

    assert "agent_failed" == told(runtime)[-1]


def test_a_session_that_is_closed_inside_is_loud_at_the_exit(
    runtime: ThreadedRuntime, session: stentor.Session
) -> None:
    """The host's thread can not be cancelled; it learns when it leaves."""
    with pytest.raises(stentor.SessionClosed), runtime.run(session) as run, pytest.raises(stentor.FlushTimeout):
        runtime.call(session.close(0.0)).get(5)

    assert isinstance(run.failure, stentor.SessionClosed)


def test_ctrl_c_in_the_hosts_thread_cancels_the_run(runtime: ThreadedRuntime, session: stentor.Session) -> None:
    """The runtime's own loop does not end by it."""
    with pytest.raises(KeyboardInterrupt), runtime.run(session) as run, run.tool("search"):
        raise KeyboardInterrupt

    assert runtime.ready
    assert ["agent_started", "tool_executing", "tool_failed", "agent_cancelled"] == told(runtime)


def test_ctrl_c_while_the_scope_opens_cancels_the_run(
    runtime: ThreadedRuntime, session: stentor.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The host never got it, so nobody else would end it."""

    def interrupted(pending: Pending[object], timeout: float | None = None) -> None:
        raise KeyboardInterrupt

    scope = runtime.run(session)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Pending, "get", interrupted)
        scope.__enter__()

    assert ["agent_started", "agent_cancelled"] == told(runtime)
    assert "<ThreadedRunScope closed: run of 'agent' in ada/t1>" == repr(scope)
    assert 0 == len(runtime.failures())


def test_a_scope_that_is_left_in_another_context_ends_its_run(
    runtime: ThreadedRuntime, session: stentor.Session
) -> None:
    """A web framework enters and leaves a generator of the host's in two copies of one context."""
    scope = runtime.run(session)
    contextvars.copy_context().run(scope.__enter__)
    contextvars.copy_context().run(scope.__exit__, None, None, None)

    assert ["agent_started", "agent_completed"] == told(runtime)


def test_a_runtime_that_ends_inside_a_run_is_loud_at_the_exit() -> None:
    """Nobody waits for ever, and the run is not silently lost."""
    runtime = stentor.Runtime.in_thread(drain=0.1)
    with pytest.raises(stentor.StentorError):
        with runtime:
            scope = runtime.run(runtime.session(user_id="ada", thread_id="t1").get(5))
            scope.__enter__()
        scope.__exit__(None, None, None)


def test_runs_of_two_threads_do_not_mix(runtime: ThreadedRuntime, session: stentor.Session) -> None:
    """Each thread's tools find its own run."""
    found: dict[str, str | None] = {}
    together = threading.Barrier(2)

    def host(name: str) -> None:
        with runtime.run(session, run_id=name):
            together.wait(5)
            current = stentor.Run.current.get()
            found[name] = None if current is None else current.id

    threads = [threading.Thread(target=host, args=(name,)) for name in ("r1", "r2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert {"r1": "r1", "r2": "r2"} == found
    assert stentor.Run.current.get() is None


def test_a_scope_says_how_far_it_is(runtime: ThreadedRuntime, session: stentor.Session) -> None:
    """State first; the run has its own name."""
    scope = runtime.run(session, "agent", run_id="r7")
    said = [repr(scope)]
    with scope as run:
        said += [repr(scope), repr(run), repr(run.tool("search"))]
    said.append(repr(scope))

    assert [
        "<ThreadedRunScope new: run of 'agent' in ada/t1>",
        "<ThreadedRunScope open: run of 'agent' in ada/t1>",
        "<ThreadedRun r7 of 'agent' in ada/t1>",
        "<ThreadedToolCall 'search' c1>",
        "<ThreadedRunScope closed: run of 'agent' in ada/t1>",
    ] == said


def test_a_scope_is_entered_once(runtime: ThreadedRuntime, session: stentor.Session) -> None:
    """The run that is open goes on."""
    scope = runtime.run(session, "agent")

    with scope as run:
        with pytest.raises(stentor.BadUsage, match="once"):
            scope.__enter__()
        run.text("x").get(5)

    assert ["agent_started", "text", "agent_completed"] == told(runtime)
