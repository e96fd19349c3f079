"""Which failure crashes whom: a test for each row of the table, provoked through the public call."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import stentor
from stentor.protocol import AgentFailed, Limits, Text
from stentor.protocol.errors import (
    BufferFull,
    EventNotSerialisable,
    EventRejected,
    EventTooLarge,
    StoreUnavailable,
    WebSocketBridgeUnavailableError,
    WebSocketContextValidationError,
    WebSocketManagerNotInitializedError,
)

from .conftest import Host, Start, until


async def crash_of_a_run(host: Host) -> dict[str, Any]:
    """Let the host's agent run, and return how its run failed; its session must not have noticed."""
    probe = await host.probe()
    probe.say("prompt", {})
    await probe.until(lambda it: any(d.event.type == "agent_failed" for d in it.handled))

    told = [d.event for d in probe.handled if isinstance(d.event, AgentFailed)]
    (failure,) = host.runtime.failures(kind="run")
    assert [failure["id"]] == [event.failure_id for event in told]
    assert [failure["code"]] == [event.code for event in told]
    assert ("running", 1) == host.life()
    assert not any(info.kind == "run" for info in host.runtime.tree())
    return failure


# The runtime does not run, there is no bridge, the context is bad: raised in the caller's stack


async def test_a_runtime_that_does_not_run_raises_in_the_callers_stack(start: Start) -> None:
    """Before its start, and after its stop; the event was never accepted."""
    with pytest.raises(WebSocketManagerNotInitializedError):
        await stentor.Runtime().session(user_id="ada", thread_id="t1")

    host = await start()
    session = await host.session("t2")
    await host.runtime.drain(0)
    with pytest.raises(WebSocketManagerNotInitializedError):
        session.emit(Text("r1", "late"))

    audit = host.runtime.audit()
    assert (0, {"runtime_not_started": 1}) == (audit.accepted, audit.refused)


async def test_a_call_without_context_crashes_the_run_that_makes_it(start: Start) -> None:
    """The run of the caller, and not its session."""

    async def agent(session: stentor.Session, message: stentor.Message) -> None:
        host.runtime.emitter(user_id=session.user_id, thread_id=None).notify_agent_thinking("r1", "who?")

    host = await start(on_message=agent)
    failure = await crash_of_a_run(host)

    assert ("context_invalid", "stop") == (failure["code"], failure["supervision"]["decision"])


@stentor.tool
def search(query: str) -> str:
    """Search."""
    return query


async def test_a_tool_without_a_bridge_crashes_the_run_that_calls_it(start: Start) -> None:
    """It knows its user, and has no run scope to tell of its calls."""
    raised = []

    async def agent(session: stentor.Session, message: stentor.Message) -> None:
        try:
            search("x")
        except WebSocketBridgeUnavailableError as error:
            raised.append(error.user_id)
            raise

    host = await start(on_message=agent)
    failure = await crash_of_a_run(host)

    assert (["ada"], "bridge_unavailable") == (raised, failure["code"])


def test_a_tool_without_any_context_raises_in_the_callers_stack() -> None:
    """There is no default user."""
    with pytest.raises(WebSocketContextValidationError):
        search("x")


# Too large, not serialisable, buffer full: raised in the caller's stack, counted as refused


async def test_an_event_that_is_too_large_crashes_the_run_that_emits_it(start: Start) -> None:
    """Never accepted; it names the field and its size."""
    raised = []

    async def agent(session: stentor.Session, message: stentor.Message) -> None:
        try:
            session.emit(Text("r1", "x" * 2000))
        except EventTooLarge as error:
            raised.append((error.details["field"], error.message_size > 2000))
            raise

    host = await start(on_message=agent, limits=Limits(event_bytes=1000))
    failure = await crash_of_a_run(host)

    assert ([("delta", True)], "event_too_large") == (raised, failure["code"])
    assert {"event_too_large": 1} == host.runtime.audit().refused


async def test_an_event_that_json_can_not_carry_crashes_the_run_that_emits_it(start: Start) -> None:
    """Never accepted; it names the field."""
    raised = []

    async def agent(session: stentor.Session, message: stentor.Message) -> None:
        async with session.run() as run:
            try:
                await run.custom("card", {"open": object()})
            except EventNotSerialisable as error:
                raised.append(error.details["field"])
                raise

    host = await start(on_message=agent)
    failure = await crash_of_a_run(host)

    assert (1, "event_not_serialisable") == (len(raised), failure["code"])
    assert "open" in raised[0]
    assert {"event_not_serialisable": 1} == host.runtime.audit().refused


async def test_a_full_buffer_raises_and_takes_in_again_when_there_is_room(start: Start) -> None:
    """The event that did not fit was never accepted; no event before it was dropped for it."""
    host = await start(limits=Limits(buffer_events=3))
    session = await host.session()
    receipts = [session.emit(Text("r1", str(number))) for number in range(3)]
    with pytest.raises(BufferFull) as caught:
        session.emit(Text("r1", "too much"))
    await host.probe()
    await receipts[-1].acked(timeout=5)
    receipt = session.emit(Text("r1", "now"))
    await receipt.acked(timeout=5)

    audit = host.runtime.audit()
    assert "ada" == caught.value.user_id
    assert (4, 4, {"buffer_full": 1}) == (audit.accepted, audit.acked, audit.refused)
    assert ("running", 1) == host.life()


# The store fails


async def test_a_failing_store_crashes_the_session_and_shuts_the_gate_until_it_works(start: Start) -> None:
    """Charged; emit raises meanwhile and is counted; the client gets 4107, comes back, and misses nothing."""
    host = await start(sessions=stentor.RestartPolicy(child_budget=stentor.Budget(5, 60.0)))
    session, probe = await host.session(), await host.probe()
    host.faults.arm("append", session.id, exception=StoreUnavailable(cause="disk"))
    receipt = session.emit(Text("r1", "kept"))
    await probe.until(lambda it: any(frame["t"] == "bye" for frame in it.frames_in))

    with pytest.raises(StoreUnavailable):
        session.emit(Text("r1", "refused"))
    await receipt.acked(timeout=10)

    assert ["kept"] == [d.event.delta for d in probe.handled]
    assert [4107] == [frame["code"] for frame in probe.frames_in if frame["t"] == "bye"]
    assert (["store_unavailable"], ("running", 2)) == (host.codes(), host.life())
    audit = host.runtime.audit()
    assert (1, 1, {"store_unavailable": 1}) == (audit.accepted, audit.acked, audit.refused)
    assert 4 == host.runtime.tree()["/sessions/ada/t1"].budget_left


# The emitter fails


async def test_a_failing_send_crashes_the_session_and_drops_that_connection(start: Start) -> None:
    """Charged; the event stays buffered and comes over the client's next connection."""
    host = await start()
    session, probe = await host.session(), await host.probe()
    before = probe.line
    host.faults.arm("send", session.id, exception=OSError("broken pipe"))
    receipt = session.emit(Text("r1", "kept"))
    await receipt.acked(timeout=10)

    assert probe.line is not before
    assert ["kept"] == [d.event.delta for d in probe.handled]
    assert (["send_failed"], ("running", 2)) == (host.codes(), host.life())
    assert 4 == host.runtime.tree()["/sessions/ada/t1"].budget_left


# The connection vanishes, ends, breaks the protocol


async def test_a_connection_that_vanished_crashes_the_session_free_of_charge(start: Start) -> None:
    """Restarted at once, by the default policy; severity info; the event stays buffered."""
    host = await start(sessions=None)
    session, probe = await host.session(), await host.probe()
    probe.cut()
    await until(lambda: "connection_lost" in host.codes())
    receipt = session.emit(Text("r1", "kept"))
    await receipt.acked(timeout=10)

    (failure,) = host.runtime.failures()
    assert ("connection_lost", "info") == (failure["code"], failure["severity"])
    assert (("running", 2), 5) == (host.life(), host.runtime.tree()["/sessions/ada/t1"].budget_left)
    assert ["kept"] == [d.event.delta for d in probe.handled]


async def test_a_client_that_says_goodbye_crashes_nobody(start: Start) -> None:
    """The session is detached, its event stays buffered."""
    host = await start()
    session, probe = await host.session(), await host.probe()
    await probe.stop()
    session.emit(Text("r1", "for later"))
    again = await host.probe(tab="again")
    await again.until(lambda it: it.handled)

    assert ([], ("running", 1)) == (host.codes(), host.life())
    assert ["for later"] == [d.event.delta for d in again.handled]


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("not json", 4500),
        ('{"t":"ack","epoch":"EPOCH","seq":99}', 4500),
        ('{"t":"hello","v":1,"session":"ada/t1","tab":"x"}', 4500),
        ('{"t":"what"}', 4500),
        ('{"t":"say","cid":1,"type":"prompt","data":"' + "x" * 70_000 + '"}', 4508),
    ],
    ids=["malformed", "ack-beyond", "second-hello", "unknown", "too-large"],
)
async def test_a_client_that_breaks_the_protocol_crashes_nobody(start: Start, frame: str, code: int) -> None:
    """Its connection is closed with the code, that is on record, and no other session is touched."""
    host = await start()
    session, other = await host.session(), await host.probe("eve/t1")
    probe = await host.probe()
    epoch = next(it["epoch"] for it in probe.frames_in if it["t"] == "welcome")
    session.emit(Text("r1", "kept"))
    probe.send(frame.replace("EPOCH", epoch))
    await probe.until(lambda it: any(seen["t"] == "bye" for seen in it.frames_in))

    assert [code] == [seen["code"] for seen in probe.frames_in if seen["t"] == "bye"]
    assert ([], ("running", 1), 1) == (host.codes(), host.life(), len(host.notes("protocol_error")))
    assert not any(seen["t"] == "bye" for seen in other.frames_in)
    assert 1 == host.runtime.audit().accepted


# The client's handler refuses an event


async def test_an_event_that_the_client_refused_fails_its_receipt_and_crashes_nobody(start: Start) -> None:
    """On record; the events around it are acked."""
    host = await start()
    session, probe = await host.session(), await host.probe()
    probe.reject("handler_error", "TypeError")
    refused, taken = session.emit(Text("r1", "a")), session.emit(Text("r1", "b"))
    with pytest.raises(EventRejected):
        await refused.acked(timeout=10)
    await taken.acked(timeout=10)

    audit = host.runtime.audit()
    assert ([], ("running", 1)) == (host.codes(), host.life())
    assert (2, 1, {"handler_rejected": 1}) == (audit.accepted, audit.acked, audit.failed)
    assert ["handler_rejected"] == [note["code"] for note in host.notes("event_failed")]


# A bug in a handler


class Sums(stentor.Actor):
    """Adds up numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    def on_receive(self, message: int) -> int:
        """Add *message*."""
        self.total += 100 // message
        return self.total


async def test_a_bug_in_a_handler_crashes_its_actor_and_makes_its_message_a_dead_letter(start: Start) -> None:
    """Charged; the address stays, the messages behind it are handled by the next incarnation."""
    host = await start(children=[stentor.ChildSpec("sums", Sums)])
    ref = host.runtime.record.ref("/children/sums")  # type: ignore[attr-defined]
    ref.tell(0)
    answer = await ref.ask(50, block=False)

    assert (2, ("running", 2)) == (answer, host.life("/children/sums"))
    assert ["exception.zero_division_error"] == host.codes()
    assert [("/children/sums", "int")] == host.letters()
    assert 2 == host.runtime.tree()["/children/sums"].budget_left


@pytest.mark.parametrize("point", ["before_step", "inside_step"])
async def test_a_bug_in_a_session_crashes_that_session_alone(start: Start, point: str) -> None:
    """Charged; its connection stays and its events come once and in order; the other session does not notice."""
    host = await start()
    session, probe = await host.session(), await host.probe()
    other, others = await host.session("t2"), await host.probe("ada/t2")
    line = probe.line
    for number in range(10):
        if number == 5:
            host.faults.arm(point, session.id, exception=ZeroDivisionError("a bug"))
        last, beside = session.emit(Text("r1", str(number))), other.emit(Text("r2", str(number)))
        await asyncio.sleep(0)
    await last.acked(timeout=10)
    await beside.acked(timeout=10)

    expected = [str(number) for number in range(10)]
    assert (expected, expected) == ([d.event.delta for d in probe.handled], [d.event.delta for d in others.handled])
    assert probe.line is line
    assert (["exception.zero_division_error"], ("running", 2)) == (host.codes(), host.life())
    assert ("running", 1) == host.life("/sessions/ada/t2")


# A run's own exception


async def test_a_runs_own_exception_crashes_the_run_and_is_told_in_band_once(start: Start) -> None:
    """Temporary: it is not started again. The page reads the type and the id, never the text."""

    async def agent(session: stentor.Session, message: stentor.Message) -> None:
        async with session.run("researcher") as run:
            await run.text("so far so good")
            raise LookupError("password=hunter2")

    host = await start(on_message=agent)
    failure = await crash_of_a_run(host)

    probe = host.probes[0]
    last = probe.handled[-1].event
    assert isinstance(last, AgentFailed)
    assert ("LookupError" in last.message, "hunter2" in last.message) == (True, False)
    assert ["agent_started", "text", "agent_failed"] == [d.event.type for d in probe.handled]
    assert ("exception.lookup_error", "run") == (failure["code"], failure["actor"]["kind"])


async def test_a_run_outlives_its_sessions_crash_and_its_client(start: Start) -> None:
    """The death of the session's actor is no event for the run."""
    go = asyncio.Event()

    async def agent(session: stentor.Session, message: stentor.Message) -> None:
        async with session.run() as run:
            await run.text("before")
            await go.wait()
            await run.text("after")

    host = await start(on_message=agent)
    probe = await host.probe()
    probe.say("prompt", {})
    await probe.until(lambda it: len(it.handled) == 2)
    await probe.stop()
    host.runtime.kill("/sessions/ada/t1", "asked for by the test")
    go.set()
    again = await host.probe(tab="again")
    await again.until(lambda it: it.handled and it.handled[-1].event.type == "agent_completed")

    assert ["text", "agent_completed"] == [d.event.type for d in again.handled][-2:]
    assert ["killed"] == host.codes()
