"""Bad input: each ends its own connection with the right code and a typed reason, and nobody else notices."""

from __future__ import annotations

import socket as sockets
from typing import Any

import msgspec
import pytest
from stentor.protocol import ClientState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from .conftest import Host, Start, until

HELLO = '{"t":"hello","v":1,"session":"ada/t1","tab":"x"}'
DEEP = "[" * 3000 + "]" * 3000


async def said_until_the_end(socket: ClientConnection) -> list[dict[str, Any]]:
    """Return what the server says before it closes."""
    frames: list[dict[str, Any]] = []
    try:
        async for data in socket:
            frames.append(msgspec.json.decode(data))
    except ConnectionClosed:
        pass
    return frames


async def say(socket: ClientConnection, what: str | bytes | tuple[bytes]) -> None:
    """Send text, bytes as a binary message, or (bytes,) as a text message of just these bytes."""
    try:
        if isinstance(what, tuple):
            await socket.send(what[0], text=True)
        else:
            await socket.send(what)
    except ConnectionClosed:
        # The server did not read the whole of it: that is what the caller looks at.
        return


async def meet(host: Host, *frames: Any) -> tuple[int | None, list[dict[str, Any]]]:
    """Say *frames*, the second and later ones after the answer to the one before; return code and what was said."""
    async with connect(host.url, subprotocols=["stentor.v1.json"]) as socket:  # type: ignore[list-item]
        await say(socket, frames[0])
        for frame in frames[1:]:
            assert b"welcome" in await socket.recv(decode=False)
            await say(socket, frame)
        said = await said_until_the_end(socket)
    return socket.close_code, said


def is_closing_talk(said: list[dict[str, Any]], code: int) -> bool:
    """Whether an error, then bye came before the Close frame; of a breach below our protocol there is no talk."""
    if code < 4000:
        return not said
    return [("error", True), ("bye", None)] == [(it["t"], it.get("fatal")) for it in said] and code == said[1]["code"]


FIRST = {
    "no JSON": ("garbage", 4500),
    "nothing": ("", 4500),
    "NUL": ("\0", 4500),
    "no object": ("[]", 4500),
    "unknown kind": ('{"t":"zap"}', 4500),
    "unknown kind that is not quite optional": ('{"t":"zap","opt":1}', 4500),
    "a kind twice": ('{"t":"hello","t":"ack","v":1,"session":"ada/t1","tab":"x"}', 4500),
    "out of order": ('{"t":"ack","epoch":"e","seq":1}', 4500),
    "pong first": ('{"t":"pong","id":1}', 4500),
    "deep": (f'{{"t":"hello","x":{DEEP}}}', 4500),
    "a huge version": (HELLO.replace(":1,", f":{'9' * 4000},"), 4501),
    "a version that Python will not print": (HELLO.replace(":1,", f":{'9' * 7000},"), 4500),
    "a version of no whole number": (HELLO.replace(":1,", ":1.5,"), 4500),
    "NUL in a name": (HELLO.replace("ada/", "ada/\\u0000"), 4500),
    "half a surrogate": (HELLO.replace("ada/", "ada/\\ud800"), 4500),
    "a session of three parts": (HELLO.replace("ada/", "ada/b/"), 4500),
    "a token of no text": (HELLO.replace('"v"', '"token":[1],"v"'), 4500),
    "no UTF-8": ((b"\xff{",), 1007),
    "binary": (b"{}", 1003),
    "large": ("x" * 8193, 4508),
    "giant": ("x" * 400_000, 4508),
}


@pytest.mark.parametrize(("frame", "code"), FIRST.values(), ids=FIRST)
async def test_a_bad_first_frame_has_one_typed_entry(start: Start, frame: Any, code: int) -> None:
    """It names code and reason; no session is made, and a session that goes on does not notice."""
    host = await start()
    other = await host.probe("eve/t1")
    closed, said = await meet(host, frame)
    await until(lambda: host.notes("connection_refused"))

    assert (code, True) == (closed, is_closing_talk(said, code))
    (note,) = host.notes("connection_refused")
    assert (code, int, "protocol_error") == (note["close_code"], type(note["close_code"]), note["reason"])
    assert note["remote"].startswith("127.0.0.1:")
    assert note["text"]
    assert ([], ClientState.LIVE) == (host.codes(), other.state)
    assert "/sessions/ada/t1" not in host.runtime.tree()


@pytest.mark.parametrize("name", ["nosuch", "ada/b/t1", "ada/"])
async def test_a_client_whose_session_has_no_name_is_told_the_form_and_nothing_about_runs(
    start: Start, name: str
) -> None:
    """The advice for agents inside a run is none for a client."""
    _, said = await meet(await start(), HELLO.replace("ada/t1", name))

    assert said[0]["msg"].startswith("the hello names no session: it needs a ")
    assert "session.run" not in said[0]["msg"]


LATER = {
    "no JSON": ("garbage", 4500),
    "nothing": ("", 4500),
    "NUL": ("\0", 4500),
    "unknown kind": ('{"t":"zap"}', 4500),
    "hello again": (HELLO, 4500),
    "an ack of what was never sent": ('{"t":"ack","epoch":"EPOCH","seq":99}', 4500),
    "an ack beyond all numbers": (f'{{"t":"ack","epoch":"e","seq":{"9" * 4000}}}', 4500),
    "deep": (f'{{"t":"say","cid":1,"type":"prompt","data":{DEEP}}}', 4500),
    "no UTF-8": ((b"\xff{",), 1007),
    "binary": (b"{}", 1003),
    "large": ("x" * 65_537, 4508),
    "giant": ("x" * 400_000, 4508),
}


@pytest.mark.parametrize(("frame", "code"), LATER.values(), ids=LATER)
async def test_a_bad_later_frame_has_one_typed_entry(start: Start, frame: Any, code: int) -> None:
    """It names user, session, code and reason in plain values; the session lives, and others do not notice."""
    host = await start()
    session = await host.session()
    if isinstance(frame, str):
        frame = frame.replace("EPOCH", (await session.position())["epoch"] or "")
    other = await host.probe("eve/t1")
    closed, said = await meet(host, HELLO, frame)
    await until(lambda: host.notes("protocol_error") and [*host.notes("line_lost"), *host.notes("line_closed")])

    assert (code, True) == (closed, is_closing_talk(said, code))
    (note,) = host.notes("protocol_error")
    (end,) = [*host.notes("line_lost"), *host.notes("line_closed")]
    for entry in (note, end):
        assert (code, int, "ada/t1", "ada") == (
            entry["code"],
            type(entry["code"]),
            entry["session"],
            entry["user_id"],
        )
    lines = [msgspec.json.decode(line) for line in host.runtime.record.export().splitlines()]
    assert [code] == [line["facts"]["code"] for line in lines if line.get("facts", {}).get("note") == "protocol_error"]
    assert ([], ("running", 1), ClientState.LIVE) == (host.codes(), host.life(), other.state)


async def test_a_broken_websocket_frame_is_a_protocol_error_on_record(start: Start) -> None:
    """1002: not even the library's own framing was kept to."""
    host = await start()
    async with connect(host.url, subprotocols=["stentor.v1.json"]) as socket:  # type: ignore[list-item]
        socket.transport.write(b"\xff\xff\xff\xff")
        await socket.wait_closed()
    await until(lambda: host.notes("connection_refused"))

    (note,) = host.notes("connection_refused")
    assert (1002, 1002, "protocol_error") == (socket.close_code, note["close_code"], note["reason"])


@pytest.mark.parametrize("offer", [["other.v9"], None], ids=["foreign", "none"])
async def test_a_client_without_our_subprotocol_is_on_record(start: Start, offer: Any) -> None:
    """4501: it is told why, and bye, before the Close frame."""
    host = await start()
    async with connect(host.url, subprotocols=offer) as socket:
        said = await said_until_the_end(socket)

    (note,) = host.notes("connection_refused")
    assert (4501, ["error", "bye"], False) == (socket.close_code, [it["t"] for it in said], said[-1]["reconnect"])
    assert (4501, "protocol_error") == (note["close_code"], note["reason"])
    assert "stentor.v1.json" in note["text"]


@pytest.mark.parametrize("host_name", [None, "evil.example"], ids=["origin", "host"])
async def test_an_upgrade_that_is_refused_is_on_record(start: Start, host_name: str | None) -> None:
    """403: whence it came is in the entry."""
    host = await start()
    port = host.url.rpartition(":")[2]
    url = host.url if host_name is None else f"ws://{host_name}:{port}"
    with pytest.raises(InvalidStatus):
        await connect(url, origin="https://evil.example", host="127.0.0.1")  # type: ignore[arg-type]

    (note,) = host.notes("connection_refused")
    assert (403, "forbidden") == (note["close_code"], note["reason"])
    assert "evil.example" in note["text"]
    assert note["remote"].startswith("127.0.0.1:")


async def test_an_upgrade_that_is_malformed_is_on_record(start: Start) -> None:
    """With the HTTP status that it was told."""
    host = await start()
    with sockets.create_connection(("127.0.0.1", int(host.url.rpartition(":")[2]))) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        await until(lambda: host.notes("connection_refused"))
        answer = raw.recv(1000)

    (note,) = host.notes("connection_refused")
    assert b"400" in answer.splitlines()[0]
    assert (400, "protocol_error") == (note["close_code"], note["reason"])


async def test_a_storm_of_bad_clients_is_one_line_in_the_log(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    """Each is an entry; equal ones are summed for the log."""
    caplog.set_level("INFO", "stentor")
    host = await start()
    for _ in range(20):
        await meet(host, "garbage")

    assert 20 == len(host.notes("connection_refused"))
    assert 1 == sum("connection_refused" in record.getMessage() for record in caplog.records)


async def test_an_unknown_but_optional_frame_is_ignored(start: Start) -> None:
    """Before hello and after it."""
    host = await start()
    async with connect(host.url, subprotocols=["stentor.v1.json"]) as socket:  # type: ignore[list-item]
        await socket.send('{"t":"zap","opt":true}')
        await socket.send(HELLO)
        welcome = await socket.recv()
        await socket.send('{"t":"zap","opt":true}')
        await socket.send('{"t":"ping","id":1,"id":2}')
        pong = await socket.recv()

    assert ("welcome", {"t": "pong", "id": 2}) == (
        msgspec.json.decode(welcome)["t"],
        {key: value for key, value in msgspec.json.decode(pong).items() if key in ("t", "id")},
    )
