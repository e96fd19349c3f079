"""What a client refuses or gives up at once, and in which words: its address, its session, an upgrade, a say."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

import pytest
from stentor.protocol.clients import Client
from stentor.protocol.errors import BadUsage, EmitTimeout, Forbidden, Unauthenticated
from stentor.testing import ManualClock


async def stay(peer: Any) -> None:
    """Answer the hello and keep the connection until the client leaves."""
    await peer.welcome()
    await peer.take_until("bye")


@pytest.mark.parametrize("name", ["nosuch", "", "/t1", "ada/", "ada/t/1", "a%62/t1", "%ff/t1", "ada/ü", 7])
def test_a_name_that_is_no_session_is_refused_before_anybody_is_called(name: Any) -> None:
    """It says which form a name has, and not that a run is missing."""
    with pytest.raises(BadUsage, match="user/thread") as caught:
        Client("ws://host", session=name)

    assert (name, False) == (caught.value.session, "session.run" in str(caught.value))


@pytest.mark.parametrize("status", [HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND])
async def test_an_upgrade_that_is_refused_names_the_status_and_the_path(serving: Any, status: HTTPStatus) -> None:
    """A wrong path is the likeliest cause, and nothing is known about an identity."""
    url = await serving(stay, process_request=lambda connection, _: connection.respond(status, "no\n"))

    async with Client(f"{url}/nope", session="ada/t1") as client:
        with pytest.raises(Forbidden) as caught:
            await anext(client)

    expected = f"the server answered HTTP {status.value}: no WebSocket route at /nope, or this origin or host is not"
    assert (f"{expected} allowed", status.value) == (str(caught.value), caught.value.status)


async def test_an_upgrade_that_wants_a_login_names_the_status(serving: Any) -> None:
    """Not this host's word, but that of something before it."""
    unknown = HTTPStatus.UNAUTHORIZED
    url = await serving(stay, process_request=lambda connection, _: connection.respond(unknown, "no\n"))

    async with Client(url, session="ada/t1") as client:
        with pytest.raises(Unauthenticated, match="the server answered HTTP 401") as caught:
            await anext(client)

    assert 401 == caught.value.status


async def test_a_close_code_of_the_host_has_no_http_status(serving: Any) -> None:
    """The connection was open: the refusal is the host's own."""

    async def script(peer: Any) -> None:
        await peer.take()
        await peer.bye(4503)

    async with Client(await serving(script), session="ada/t1") as client:
        with pytest.raises(Forbidden) as caught:
            await anext(client)

    assert caught.value.status is None


async def test_a_host_that_closes_before_the_hello_is_understood(serving: Any) -> None:
    """The hello can not be written any more; what counts is the code that the host closed with."""

    async def script(peer: Any) -> None:
        # Together in one packet: they are there before the client writes its first frame.
        peer.connection.protocol.send_text(b'{"t":"error","code":"forbidden","fatal":true,"msg":"not you"}')
        peer.connection.protocol.send_close(4503, "forbidden")
        peer.connection.send_data()

    states: list[str] = []
    url = await serving(script)
    async with Client(url, session="ada/t1", on_state=lambda change: states.append(change.state.value)) as client:
        with pytest.raises(Forbidden) as caught:
            await anext(client)

    assert (4503, ["connecting", "hello", "ended"]) == (caught.value.close_code, states)


@pytest.mark.parametrize("scheme", ["http", "HTTP"])
async def test_the_address_of_a_page_is_taken_for_its_socket(serving: Any, scheme: str) -> None:
    """What a browser's bar shows can be pasted."""
    url = await serving(stay)

    live = asyncio.Event()
    async with Client(
        url.replace("ws", scheme, 1),
        session="ada/t1",
        on_state=lambda change: live.set() if change.state.value == "live" else None,
    ):
        await live.wait()


async def test_a_say_that_nobody_answers_in_time_is_an_emit_timeout(dial: Any) -> None:
    """By the client's own clock; the facts stand in fields."""
    clock = ManualClock()

    async with Client("ws://host", session="ada/t1", dial=dial, clock=clock) as client:
        said = asyncio.ensure_future(client.say("prompt", {"text": "hello"}, timeout=2.0))
        await asyncio.sleep(0)
        clock.advance(1.5)
        await asyncio.sleep(0)
        early = said.done()
        clock.advance(1.0)
        with pytest.raises(EmitTimeout, match="within 2 s") as caught:
            await said

    assert (False, 2.0, "prompt") == (early, caught.value.timeout, caught.value.type)


async def test_a_say_that_is_answered_in_time_leaves_no_timer(serving: Any) -> None:
    """A timeout that was given costs nothing later."""

    async def script(peer: Any) -> None:
        await peer.welcome()
        await peer.take()
        await peer.give({"t": "said", "cid": 1})
        await peer.take_until("bye")

    clock = ManualClock()
    async with Client(await serving(script), session="ada/t1", clock=clock) as client:
        await client.say("prompt", timeout=5.0)
        clock.advance(6.0)

        assert "ended" != client.state.value


@pytest.mark.parametrize("timeout", [-1.0, float("nan")])
async def test_a_say_takes_no_time_that_is_none(dial: Any, timeout: float) -> None:
    """It is refused before it is said."""
    async with Client("ws://host", session="ada/t1", dial=dial) as client:
        with pytest.raises(BadUsage, match="timeout"):
            await client.say("prompt", timeout=timeout)
