"""Who comes in: tokens, sessions of one's own, versions, hellos that are late, large or no hello at all."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
import stentor
from stentor.protocol import ClientState, Limits
from stentor.protocol.clients import Client
from stentor.protocol.errors import BadUsage, Forbidden, NotSupported, Unauthenticated
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from .conftest import Start, until

HELLO = {"t": "hello", "v": 1, "session": "ada/t1", "tab": "x"}


async def check(token: str | None) -> stentor.Identity:
    """Know ada's token, for any thread, and bob's for one."""
    match token:
        case "ada's":
            return stentor.Identity("ada")
        case "bob's":
            return stentor.Identity("bob", "t1")
        case "bug":
            raise ZeroDivisionError("a bug in the host")
        case "barred":
            raise Forbidden()
        case _:
            raise Unauthenticated()


async def ending(url: str, frame: bytes | str | dict[str, Any], **options: Any) -> tuple[int | None, list[Any]]:
    """Say *frame* first; return the close code, and what was said before it."""
    said = frame if isinstance(frame, (bytes, str)) else msgspec.json.encode(frame).decode()
    async with connect(url, subprotocols=["stentor.v1.json"], **options) as socket:  # type: ignore[list-item]
        await socket.send(said)
        frames = []
        while True:
            try:
                frames.append(msgspec.json.decode(await socket.recv()))
            except Exception:
                return socket.close_code, frames


async def test_a_token_opens_the_sessions_of_its_own_user(start: Start) -> None:
    """And those of nobody else: 4503."""
    host = await start(authenticate=check)
    async with Client(host.url, session="ada/any", token="ada's") as client:
        session = await host.session("any")
        session.emit(stentor.Text("r1", "hello"))
        assert "hello" == (await anext(client)).event.delta
    async with Client(host.url, session="eve/t1", token="ada's") as client:
        with pytest.raises(Forbidden):
            await anext(client)
    async with Client(host.url, session="bob/t2", token="bob's") as client:
        with pytest.raises(Forbidden):
            await anext(client)

    assert [4503, 4503] == [note["close_code"] for note in host.notes("connection_refused")]


@pytest.mark.parametrize("token", ["wrong", None])
async def test_a_wrong_or_missing_token_is_refused_with_4502(start: Start, token: str | None) -> None:
    """On record, and no failure of anybody's."""
    host = await start(authenticate=check)
    code, said = await ending(host.url, {**HELLO, "token": token})

    assert (4502, ["error", "bye"]) == (code, [frame["t"] for frame in said])
    assert ([], [4502]) == (host.codes(), [note["close_code"] for note in host.notes("connection_refused")])


async def test_an_outage_of_authenticate_lets_its_client_come_back_and_is_on_record(start: Start) -> None:
    """The client learns when; the operator learns why. The gateway lives."""
    host = await start(authenticate=check)
    code, said = await ending(host.url, {**HELLO, "token": "bug"})

    assert (4107, "admission_failed") == (code, said[0]["code"])
    assert (True, True) == (said[1]["reconnect"], said[1]["after_ms"] > 0)
    assert (["exception.zero_division_error"], ("running", 1)) == (host.codes(), host.life("/gateway"))


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("not json", 4500),
        ('["hello"]', 4500),
        ({"t": "ack", "epoch": "e", "seq": 1}, 4500),
        ({**HELLO, "session": "no-slash"}, 4500),
        ({**HELLO, "session": "a%62/t1"}, 4500),
        ({**HELLO, "v": 2}, 4501),
        ({**HELLO, "tab": "x" * 9000}, 4508),
        (b"\x00\x01", 1003),
        (b"\xff", 1003),
        ("x" * 400_000, 4508),
    ],
    ids=["no-json", "list", "ack-first", "session", "encoding", "version", "large", "binary", "bytes", "huge"],
)
async def test_a_bad_first_frame_ends_that_connection_with_its_code(start: Start, frame: Any, code: int) -> None:
    """The reason is on record, no session is made, and another session does not notice."""
    host = await start()
    other = await host.probe("eve/t1")
    closed, _ = await ending(host.url, frame)
    await until(lambda: host.notes("connection_refused"))

    assert (code, [code]) == (closed, [note["close_code"] for note in host.notes("connection_refused")])
    assert ([], "running") == (host.codes(), host.life("/sessions/eve/t1")[0])
    assert "/sessions/ada/t1" not in host.runtime.tree()
    assert not any(seen["t"] == "bye" for seen in other.frames_in)


async def test_a_forbidden_client_is_refused_with_4503_and_that_is_no_failure(start: Start) -> None:
    """The hook may say no to who it is, and not only to the token."""
    host = await start(authenticate=check)
    code, said = await ending(host.url, {**HELLO, "token": "barred"})

    assert (4503, "forbidden", []) == (code, said[0]["code"], host.codes())


async def test_a_guest_whose_admission_has_a_bug_is_sent_away_after_two_tries(start: Start) -> None:
    """On record each time; the gateway lives, and so does everybody else, however often the guest comes back."""

    class Odd(stentor.Identity):
        """An identity of the host's own, with a bug."""

        def owns(self, user_id: str, thread_id: str) -> bool:
            """Fail."""
            raise KeyError(user_id)

    async def check(token: str | None) -> stentor.Identity:
        return Odd("ada") if token == "odd" else stentor.Identity("ada")

    host = await start(authenticate=check)
    codes = [(await ending(host.url, {**HELLO, "token": "odd"}))[0] for _ in range(3)]
    probe = await host.probe(token="good")

    assert ([4107] * 3, ["exception.key_error"] * 6) == (codes, host.codes())
    assert (ClientState.LIVE, ("running", 1), True) == (probe.state, host.life("/gateway"), host.runtime.ready)


async def test_a_guest_that_meets_a_full_gateway_is_told_to_come_back(start: Start) -> None:
    """Also where its token was found good meanwhile; nobody is left without an answer."""
    go = asyncio.Event()

    async def slow(token: str | None) -> stentor.Identity:
        await go.wait()
        return stentor.Identity("ada")

    host = await start(authenticate=slow)
    waiting = asyncio.create_task(ending(host.url, HELLO))
    await until(lambda: host.runtime._core.lobby.guests())  # type: ignore[union-attr]
    gateway = host.runtime._core.directory.get("/gateway")  # type: ignore[union-attr]
    await until(lambda: not gateway.depth)
    gateway.suspend()
    with pytest.raises(stentor.StentorError):
        for _ in range(20_000):
            gateway.ref.tell("fill")
    go.set()
    code, said = await waiting

    assert (4106, True) == (code, said[-1]["reconnect"])


async def test_ping_and_bye_are_answered_while_the_welcome_is_awaited(start: Start) -> None:
    """A client that asks whether somebody is there, or changes its mind, breaks no rule."""

    async def hang(token: str | None) -> stentor.Identity:
        await asyncio.Event().wait()
        raise AssertionError

    host = await start(authenticate=hang)
    async with connect(host.url, subprotocols=["stentor.v1.json"]) as socket:  # type: ignore[list-item]
        await socket.send(msgspec.json.encode(HELLO).decode())
        await socket.send('{"t":"ping","id":3}')
        answer = msgspec.json.decode(await socket.recv())
        await socket.send('{"t":"bye","end":false}')
        await socket.wait_closed()

    assert ({"t": "pong", "id": 3}, 1000) == (answer, socket.close_code)


async def test_a_connection_that_says_nothing_is_closed_with_4507(start: Start) -> None:
    """Within the time for a hello."""
    host = await start(limits=Limits(hello_timeout=0.05))
    async with connect(host.url, subprotocols=["stentor.v1.json"]) as socket:  # type: ignore[list-item]
        await socket.wait_closed()

    assert 4507 == socket.close_code


async def test_an_authentication_that_hangs_ends_the_connection_and_lets_it_come_back(start: Start) -> None:
    """4107: the client tries again; nothing hangs for ever, and nobody else waits."""

    async def hang(token: str | None) -> stentor.Identity:
        if token == "slow":
            await asyncio.Event().wait()
        return stentor.Identity("ada")

    host = await start(authenticate=hang, limits=Limits(hello_timeout=0.2))
    slow = asyncio.create_task(ending(host.url, {**HELLO, "token": "slow"}))
    probe = await host.probe(token="quick")

    code, said = await slow
    assert (4107, ["notice", "bye"]) == (code, [frame["t"] for frame in said])
    assert ClientState.LIVE is probe.state


async def test_a_crash_of_the_gateway_loses_nobody_who_waits_there(start: Start) -> None:
    """The lobby outlives it."""
    asked, go = [], asyncio.Event()

    async def slow(token: str | None) -> stentor.Identity:
        asked.append(token)
        await go.wait()
        return stentor.Identity("ada")

    host = await start(authenticate=slow)
    waiting = asyncio.create_task(host.probe(token="x"))
    await until(lambda: asked)
    host.runtime.kill("/gateway", "asked for by the test")
    await until(lambda: len(asked) == 2)
    go.set()
    probe = await waiting

    assert (ClientState.LIVE, ("running", 2)) == (probe.state, host.life("/gateway"))


async def test_a_page_of_a_foreign_origin_gets_a_403(start: Start) -> None:
    """Its own origin and those that are allowed come in; so does a client that is no browser."""
    host = await start(origins=["https://app.example"])
    allowed, _ = await ending(host.url, "x", origin="https://app.example")
    own, _ = await ending(host.url, "x", origin=host.url.replace("ws:", "http:"))
    with pytest.raises(InvalidStatus) as caught:
        await ending(host.url, "x", origin="https://evil.example")

    assert (4500, 4500, 403) == (allowed, own, caught.value.response.status_code)


@pytest.mark.parametrize("name", ["evil.example", "127.evil.example", "localhost.evil.example"])
async def test_a_foreign_host_name_is_refused_where_only_loopback_is_served(start: Start, name: str) -> None:
    """A name of somebody else's that was bound to 127.0.0.1 does not let its pages in."""
    host = await start()
    port = host.url.rpartition(":")[2]
    with pytest.raises(InvalidStatus) as caught:
        await ending(f"ws://{name}:{port}", "x", host="127.0.0.1", origin=f"http://{name}:{port}")

    assert 403 == caught.value.response.status_code


async def test_without_authenticate_only_loopback_may_be_served(start: Start) -> None:
    """Refused in words."""
    host = await start()
    with pytest.raises(BadUsage, match=r"0\.0\.0\.0.*authenticate"):
        await host.runtime.serve("0.0.0.0", 0)


async def test_a_taken_port_is_one_clear_error(start: Start) -> None:
    """It names the port, and what to do."""
    host = await start()
    port = int(host.url.rpartition(":")[2])
    with pytest.raises(BadUsage, match=rf"127\.0\.0\.1:{port} can not be served: the port is taken"):
        await host.runtime.serve("127.0.0.1", port)


async def test_pages_are_served_beside_the_socket() -> None:
    """What is not there is a 404."""
    pages = {"/": ("text/html; charset=utf-8", b"<h1>hello</h1>")}
    async with stentor.Runtime() as runtime:
        server = await runtime.serve("127.0.0.1", 0, pages=pages)
        found, missing, ready = [await asyncio.to_thread(_get, server.port, path) for path in ("/", "/nope", "/readyz")]

    assert ((200, b"<h1>hello</h1>"), 404, 200) == (found, missing[0], ready[0])


@pytest.mark.parametrize(
    "options",
    [{"store": "sqlite:host.db"}, {"snapshot": print}, {"max_memory": "256MiB"}, {"store": "postgresql://x"}],
    ids=["sqlite", "snapshot", "max_memory", "postgres"],
)
def test_what_comes_later_is_refused_in_words(options: dict[str, Any]) -> None:
    """Never ignored."""
    with pytest.raises(NotSupported, match="is not supported by this version"):
        stentor.Runtime(**options)


def test_every_wrong_option_is_told_at_once() -> None:
    """With what is allowed, or what was meant."""
    with pytest.raises(BadUsage) as caught:
        stentor.Runtime(concurency="queue", concurrency="both", drain=-1, store=7, says={"cancel": print})

    text = str(caught.value)
    assert 5 == len(caught.value.details["errors"])
    assert all(part in text for part in ("did you mean concurrency", "queue, reject, parallel", "drain is -1"))


def _get(port: int, path: str) -> tuple[int, bytes]:
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
