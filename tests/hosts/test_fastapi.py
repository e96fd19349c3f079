"""The FastAPI example, mounted and served by uvicorn."""

from __future__ import annotations

import asyncio
import http.client

import pytest
from stentor.protocol.clients import Client, ProbeClient, dial_websocket
from stentor.protocol.errors import Forbidden, StentorError
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from .conftest import Served


def get(port: int, path: str) -> tuple[int, str]:
    """Return status and body of a plain GET."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


async def test_a_prompt_is_answered_word_by_word(served: Served) -> None:
    """From the browser's side of the socket: started, the tool, the words, completed."""
    async with Client(served.url, session="demo/t1") as client:
        await client.say("prompt", {"text": "hear me"})
        events = []
        async for delivery in client:
            events.append(delivery.event)
            if delivery.event.type == "agent_completed":
                break

    expected = ["agent_started", "tool_executing", "tool_completed", "text", "text", "agent_completed"]
    assert expected == [event.type for event in events]
    assert "HEAR ME " == "".join(event.delta for event in events if event.type == "text")


async def test_a_crash_in_the_middle_is_not_seen_in_the_words(served: Served) -> None:
    """The connection belongs to the session's estate, also under somebody else's server."""
    async with Client(served.url, session="demo/t1") as client:
        await client.say("prompt", {"text": "one two three"})
        text = ""
        async for delivery in client:
            if delivery.event.type == "tool_completed":
                served.module.runtime.kill("/sessions/demo/t1", "asked for by the test")
            if delivery.event.type == "text":
                text += delivery.event.delta
            if delivery.event.type == "agent_completed":
                break

    assert "ONE TWO THREE " == text
    assert ["killed"] == [failure["code"] for failure in served.module.runtime.failures()]


async def test_a_client_that_was_cut_resumes(served: Served) -> None:
    """What it missed comes after it came back."""
    session = await served.module.runtime.session(user_id="demo", thread_id="t1")
    probe = ProbeClient(dial_websocket(served.url), session="demo/t1")
    probe.start()
    await probe.until(lambda it: it.position is not None)
    probe.cut()
    for number in range(3):
        session.emit(served.module.stentor.Text("r1", str(number)))
    await probe.until(lambda it: len(it.handled) == 3)
    await probe.stop()

    assert ["0", "1", "2"] == [delivery.event.delta for delivery in probe.handled]
    assert [1, 2, 3] == probe.seqs


async def test_a_session_of_somebody_else_is_forbidden(served: Served) -> None:
    """The host vouched for demo in t1; the hello asks for more than that."""
    async with Client(served.url, session="eve/t1") as client:
        with pytest.raises(Forbidden):
            await anext(client)


def last_refusal(served: Served) -> tuple[int, str]:
    """Return code and reason of the newest entry about a client that was not let in."""
    notes = [it.facts for it in served.module.runtime.record.entries() if it.facts]
    refusals = [it for it in notes if it.get("note") == "connection_refused"]
    return refusals[-1]["close_code"], refusals[-1]["reason"]


async def test_a_page_of_a_foreign_origin_gets_a_403(served: Served) -> None:
    """No browser lets another site's page in."""
    with pytest.raises(InvalidStatus) as caught:
        await connect(served.url, origin="https://evil.example", subprotocols=["stentor.v1.json"])  # type: ignore[list-item, arg-type]

    assert 403 == caught.value.response.status_code
    assert (403, "forbidden") == last_refusal(served)


async def test_a_client_without_our_subprotocol_is_told_and_closed_with_4501(served: Served) -> None:
    """Its own offer is echoed, so that a browser gets as far as the reason."""
    async with connect(served.url, subprotocols=["chat"]) as socket:  # type: ignore[list-item]
        said = str(await socket.recv())
        await socket.wait_closed()

    assert ("chat", 4501) == (socket.subprotocol, socket.close_code)
    assert '"t":"error"' in said
    assert (4501, "protocol_error") == last_refusal(served)


async def test_a_binary_message_ends_the_connection(served: Served) -> None:
    """This protocol is text."""
    async with connect(served.url, subprotocols=["stentor.v1.json"]) as socket:  # type: ignore[list-item]
        await socket.send(b"\x00\x01")
        await socket.wait_closed()

    assert 1003 == socket.close_code


async def test_the_tree_and_the_readiness_are_served(served: Served) -> None:
    """As an operator would ask for them."""
    tree = await asyncio.to_thread(get, served.port, "/tree")
    ready = await asyncio.to_thread(get, served.port, "/readyz")

    assert ("gateway" in tree[1], (200, "ready")) == (True, ready)


async def test_the_readiness_goes_red_when_the_runtime_is_gone(served: Served) -> None:
    """A drained runtime takes nobody in."""
    await served.module.runtime.drain(0)
    ready = await asyncio.to_thread(get, served.port, "/readyz")

    assert (503, "not ready") == ready


async def test_a_host_that_drains_takes_nobody_in(served: Served) -> None:
    """The web server still accepts; the runtime says 4100."""
    slow = ProbeClient(dial_websocket(served.url), session="demo/t1")
    slow.hold()
    slow.start()
    session = await served.module.runtime.session(user_id="demo", thread_id="t1")
    session.emit(served.module.stentor.Text("r1", "not acked before that"))
    await slow.until(lambda it: it.given)
    drain = asyncio.create_task(served.module.runtime.drain(60.0))
    late = ProbeClient(dial_websocket(served.url), session="demo/t1", tab="late")
    late.start()
    await late.until(lambda it: any(frame["t"] == "bye" for frame in it.frames_in))
    await late.stop()
    drained = drain.done()
    slow.release()
    flushed = await drain
    await slow.stop()

    assert (False, True) == (drained, flushed)
    assert [4100] == [frame["code"] for frame in late.frames_in if frame["t"] == "bye"]


async def test_a_client_of_a_host_that_drains_is_told_to_come_back(served: Served) -> None:
    """The goodbye says 4100, and when."""
    probe = ProbeClient(dial_websocket(served.url), session="demo/t1")
    probe.start()
    await probe.until(lambda it: it.position is not None)
    await served.module.runtime.drain(1)
    await probe.until(lambda it: any(frame["t"] == "bye" for frame in it.frames_in))
    await probe.stop()

    bye = next(frame for frame in probe.frames_in if frame["t"] == "bye")
    assert (4100, True) == (bye["code"], bye["after_ms"] >= 1000)
    assert not any(isinstance(error, StentorError) for error in probe.errors)
