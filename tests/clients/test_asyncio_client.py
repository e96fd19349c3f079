"""The asyncio client against a server that follows a script over a real socket."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from http import HTTPStatus
from typing import Any

import pytest
from stentor.protocol import Position, Text
from stentor.protocol.clients import Client, ClientClosed, Delivered, TakenOver
from stentor.protocol.errors import (
    BadUsage,
    ConcurrencyRejected,
    Forbidden,
    ProtocolError,
    Refused,
    SessionClosed,
    StentorError,
    Unauthenticated,
)


def client(url: str, **options: Any) -> Client:
    """A client that reconnects without waiting."""
    return Client(url, session="ada/t1", chance=lambda: 0.0, **options)


async def stay(peer: Any) -> None:
    """Keep the connection until the client leaves."""
    await peer.take_until("bye")


async def test_events_come_typed_once_and_in_order(serving, event) -> None:
    """A batch and single events are one stream."""

    async def script(peer: Any) -> None:
        await peer.welcome(head=3)
        bare = {key: value for key, value in event(2).items() if key != "t"}
        await peer.give(event(1), {"t": "batch", "ev": [bare]}, event(2), event(3))
        await stay(peer)

    got: list[Delivered] = []
    async with client(await serving(script)) as ada:
        async for delivery in ada:
            got.append(delivery)
            if delivery.seq == 3:
                break

    assert [(n, Text("r1", f"w{n}")) for n in (1, 2, 3)] == [(delivery.seq, delivery.event) for delivery in got]
    assert Position("A", 3) == got[-1].position == ada.position


async def test_an_event_is_acknowledged_when_the_loop_comes_back_for_the_next_one(serving, event) -> None:
    """While the body runs a ping is answered with the event before it."""
    in_the_body = asyncio.Event()
    answers: list[int] = []
    asked = asyncio.Event()

    async def script(peer: Any) -> None:
        await peer.welcome()
        await peer.give(event(1, "agent_completed"))
        await in_the_body.wait()
        await peer.give({"t": "ping", "id": 1, "head": 1})
        answers.append((await peer.take())["seq"])
        asked.set()
        answers.append((await peer.take())["seq"])
        await peer.bye(4505)

    with pytest.raises(SessionClosed):
        async with client(await serving(script)) as ada:
            async for _ in ada:
                in_the_body.set()
                await asked.wait()

    assert [0, 1] == answers


async def test_leaving_the_loop_by_break_acknowledges_the_last_event(serving, event) -> None:
    """A body that ended well has handled what it had."""
    left: list[dict[str, Any]] = []

    async def script(peer: Any) -> None:
        await peer.welcome()
        await peer.give(event(1))
        left.extend([await peer.take(), await peer.take()])

    async with client(await serving(script)) as ada:
        async for _ in ada:
            break

    assert [("ack", 1), ("bye", None)] == [(frame["t"], frame.get("seq")) for frame in left]


async def test_an_exception_in_the_body_propagates_and_leaves_its_event_unacknowledged(serving, event) -> None:
    """The event stays with the host and comes again."""
    left: list[str] = []

    async def script(peer: Any) -> None:
        await peer.welcome()
        await peer.give(event(1))
        left.append((await peer.take())["t"])

    with pytest.raises(ZeroDivisionError):
        async with client(await serving(script)) as ada:
            async for _ in ada:
                raise ZeroDivisionError

    assert ["bye"] == left
    assert Position("A", 0) == ada.position


async def test_after_a_cut_it_resumes_from_what_it_handled(serving, event) -> None:
    """The second connection names the position, and nothing is given twice."""
    hellos: list[dict[str, Any]] = []

    async def first(peer: Any) -> None:
        hellos.append(await peer.welcome())
        await peer.give(event(1), event(2, "agent_completed"))
        await peer.take_until("ack")
        peer.cut()

    async def second(peer: Any) -> None:
        hellos.append(await peer.welcome(base=2, head=3))
        await peer.give(event(2), event(3))
        await stay(peer)

    seqs: list[int] = []
    states: list[str] = []
    url = await serving(first, second)
    async with client(url, on_state=lambda change: states.append(change.state.value)) as ada:
        async for delivery in ada:
            seqs.append(delivery.seq)
            if delivery.seq == 3:
                break

    assert [1, 2, 3] == seqs
    assert [None, {"epoch": "A", "seq": 2}] == [hello.get("resume") for hello in hellos]
    assert "backoff" in states


async def test_a_saved_position_resumes_a_new_client(serving, event) -> None:
    """What the application saved goes into the hello."""

    async def script(peer: Any) -> None:
        assert {"epoch": "A", "seq": 41} == (await peer.welcome(base=41, head=42))["resume"]
        await peer.give(event(42))
        await stay(peer)

    async with client(await serving(script), resume=Position("A", 41)) as ada:
        async for delivery in ada:
            assert 42 == delivery.seq
            break


@pytest.mark.parametrize(
    ("code", "error"),
    [(4502, Unauthenticated), (4503, Forbidden), (4504, TakenOver), (4505, SessionClosed), (4500, ProtocolError)],
)
async def test_a_close_code_that_stops_is_a_typed_error_out_of_the_iteration(serving, code, error) -> None:
    """45xx never ends the loop as if all were well."""

    async def script(peer: Any) -> None:
        await peer.take()
        await peer.bye(code)

    async with client(await serving(script)) as ada:
        with pytest.raises(error) as caught:
            await anext(ada)

    assert code == caught.value.close_code
    assert "ended" == ada.state.value


async def test_an_upgrade_that_is_forbidden_ends_it(serving) -> None:
    """HTTP 403 is not tried again."""
    url = await serving(stay, process_request=lambda connection, _: connection.respond(HTTPStatus.FORBIDDEN, "no\n"))

    async with client(url) as ada:
        with pytest.raises(Forbidden):
            await anext(ada)


async def test_a_host_that_does_not_answer_yet_is_tried_again(dial, event) -> None:
    """The state says so meanwhile."""
    tries: list[int] = []

    async def flaky(receiver: Any) -> Any:
        tries.append(len(tries))
        if len(tries) < 3:
            raise ConnectionRefusedError("nobody listens")
        dialing = asyncio.ensure_future(dial(receiver))
        await asyncio.sleep(0)
        dial.open()
        return await dialing

    reasons: list[str] = []
    opened = asyncio.Event()

    def on_state(change: Any) -> None:
        reasons.append(change.reason)
        if change.state.value == "hello":
            opened.set()

    async with client("ws://nowhere", dial=flaky, on_state=on_state):
        await opened.wait()

    assert [0, 1, 2] == tries
    assert "nobody listens" in "".join(reasons)


async def test_a_handler_that_raises_refuses_its_event_and_the_failure_is_raised(serving, event) -> None:
    """The host learns the name of the exception, the caller the exception itself."""
    acks: list[dict[str, Any]] = []

    async def script(peer: Any) -> None:
        await peer.welcome()
        await peer.give(event(1))
        acks.append(await peer.take_until("ack"))
        await stay(peer)

    def handler(_: Delivered) -> None:
        raise TypeError("no such thing")

    with pytest.raises(TypeError, match="no such thing"):
        async with client(await serving(script), on_event=handler) as ada:
            await ada.run()

    assert [(1, [(1, "TypeError")])] == [(ack["seq"], [(r["seq"], r["msg"]) for r in ack["rej"]]) for ack in acks]


async def test_a_handler_that_answers_refused_goes_on(serving, event) -> None:
    """Refused is an answer: only its event fails."""
    acks: list[dict[str, Any]] = []
    handled: list[int] = []

    async def script(peer: Any) -> None:
        await peer.welcome()
        await peer.give(event(1), event(2, "agent_completed"))
        while not acks or acks[-1]["seq"] < 2:
            acks.append(await peer.take_until("ack"))
        await peer.bye(4505)

    async def handler(delivery: Delivered) -> None:
        if delivery.seq == 1:
            raise Refused("not for me")
        handled.append(delivery.seq)

    with pytest.raises(SessionClosed):
        async with client(await serving(script), on_event=handler) as ada:
            await ada.run()

    assert [2] == handled
    assert [[1]] == [[item["seq"] for item in ack["rej"]] for ack in acks if ack.get("rej")]


async def test_a_say_returns_when_the_host_has_taken_it(serving) -> None:
    """A refusal is typed, with the host's own words."""

    async def script(peer: Any) -> None:
        await peer.welcome()
        assert {"text": "hello"} == (await peer.take())["data"]
        await peer.give({"t": "said", "cid": 1})
        await peer.take()
        await peer.give({"t": "said", "cid": 2, "refused": {"code": "run_in_progress", "msg": "one at a time"}})
        await peer.take()
        await peer.give({"t": "said", "cid": 3, "refused": {"code": "mood", "msg": "not today"}})
        await stay(peer)

    async with client(await serving(script)) as ada:
        await ada.say("prompt", {"text": "hello"})
        with pytest.raises(ConcurrencyRejected, match="one at a time"):
            await ada.say("prompt", {"text": "again"})
        with pytest.raises(Refused, match="not today") as caught:
            await ada.say("prompt", {"text": "please"})

    assert "mood" == caught.value.refused_code


async def test_a_say_is_repeated_after_a_resume_until_it_is_answered(serving) -> None:
    """Its number stays the same, so that the host takes it once."""
    cids: list[int] = []

    async def first(peer: Any) -> None:
        await peer.welcome()
        cids.append((await peer.take())["cid"])
        peer.cut()

    async def second(peer: Any) -> None:
        await peer.welcome()
        cids.append((await peer.take())["cid"])
        await peer.give({"t": "said", "cid": cids[-1]})
        await stay(peer)

    async with client(await serving(first, second)) as ada:
        await ada.say("prompt", {"text": "hello"})

    assert [1, 1] == cids


async def test_a_say_that_the_end_overtakes_fails_with_the_reason(serving) -> None:
    """Nobody waits for ever."""

    async def script(peer: Any) -> None:
        await peer.welcome()
        await peer.take()
        await peer.bye(4504)

    async with client(await serving(script)) as ada:
        with pytest.raises(TakenOver):
            await ada.say("prompt")
        with pytest.raises(TakenOver):
            await ada.say("prompt")


async def test_a_lost_position_is_told_before_the_next_event(serving, event) -> None:
    """The async callback ends first; gaps and snapshots come in the same order."""
    order: list[Any] = []

    async def script(peer: Any) -> None:
        await peer.welcome(resumed=False, epoch="B", why="epoch_changed", head=3)
        await peer.give(event(1), {"t": "gap", "from": 2, "to": 2, "code": "expired"}, event(3))
        await stay(peer)

    async def on_lost(loss: Any) -> None:
        await asyncio.sleep(0)
        order.append((loss.why, loss.last))

    async with client(
        await serving(script),
        resume=Position("A", 7),
        on_lost=on_lost,
        on_gap=lambda gap: order.append((gap.first, gap.code)),
    ) as ada:
        async for delivery in ada:
            order.append(delivery.seq)
            if delivery.seq == 3:
                break

    assert [("epoch_changed", Position("A", 7)), 1, (2, "expired"), 3] == order


async def test_a_token_function_is_asked_for_every_connection(serving) -> None:
    """An expired token is replaced by a fresh one."""
    tokens: list[str] = []
    made: list[str] = []

    async def first(peer: Any) -> None:
        tokens.append((await peer.welcome())["token"])
        await peer.bye(4105, reconnect=True)

    async def second(peer: Any) -> None:
        tokens.append((await peer.welcome())["token"])
        await peer.bye(4505)

    async def token() -> str:
        made.append(f"token{len(made)}")
        return made[-1]

    async with client(await serving(first, second), token=token) as ada:
        with pytest.raises(SessionClosed):
            await anext(ada)

    assert ["token0", "token1"] == tokens


async def test_a_token_function_that_fails_is_loud(serving) -> None:
    """Its exception comes out of the iteration."""

    def token() -> str:
        raise LookupError("no token")

    async with client(await serving(stay), token=token) as ada:
        with pytest.raises(LookupError, match="no token"):
            await anext(ada)


async def test_a_callback_that_fails_is_loud(serving, event) -> None:
    """It is raised to whoever iterates, and stops nothing else."""

    async def script(peer: Any) -> None:
        await peer.welcome()
        await peer.give({"t": "notice", "code": "session_restarting"}, event(1))
        await stay(peer)

    def on_notice(notice: Any) -> None:
        raise LookupError(notice.code)

    async with client(await serving(script), on_notice=on_notice) as ada:
        with pytest.raises(LookupError, match="session_restarting"):
            await anext(ada)
        assert 1 == (await anext(ada)).seq


async def test_a_callback_that_fails_is_loud_though_nobody_iterates(serving) -> None:
    """It is raised where the client is left."""

    async def script(peer: Any) -> None:
        await peer.welcome()
        await peer.give({"t": "notice", "code": "session_restarting"}, {"t": "said", "cid": 1})
        await stay(peer)

    def on_notice(notice: Any) -> None:
        raise LookupError(notice.code)

    with pytest.raises(LookupError, match="session_restarting"):
        async with client(await serving(script), on_notice=on_notice) as ada:
            await ada.say("prompt")


async def test_a_bug_in_the_machine_is_loud(serving, monkeypatch) -> None:
    """It comes out of the iteration, not into a log that nobody reads."""

    async def script(peer: Any) -> None:
        await peer.welcome()
        await peer.connection.wait_closed()

    def broken(machine: Any, *_: Any) -> Any:
        raise AssertionError("a bug")

    async with client(await serving(script)) as ada:
        monkeypatch.setattr("stentor.protocol.client._client.ClientProtocol.received", broken)
        with pytest.raises(AssertionError, match="a bug"):
            await anext(ada)


async def test_a_closed_client_stops_its_iteration_and_asks_for_the_end_if_told_to(serving, event) -> None:
    """Closing is no failure for the loop, but a say after it is one."""
    byes: list[dict[str, Any]] = []

    async def script(peer: Any) -> None:
        await peer.welcome()
        await peer.give(event(1))
        byes.append(await peer.take_until("bye"))

    seqs: list[int] = []
    async with client(await serving(script)) as ada:
        async for delivery in ada:
            seqs.append(delivery.seq)
            await ada.close(end=True)
        with pytest.raises(ClientClosed):
            await ada.say("prompt")

    assert [1] == seqs
    assert [True] == [bye["end"] for bye in byes]


async def test_a_frame_that_is_no_protocol_ends_it(serving) -> None:
    """A server that speaks nonsense would do it again."""

    async def script(peer: Any) -> None:
        await peer.welcome()
        await peer.give("nonsense")
        await peer.connection.wait_closed()
        assert 4500 == peer.connection.close_code

    async with client(await serving(script)) as ada:
        with pytest.raises(ProtocolError):
            await anext(ada)


async def test_two_tasks_may_not_iterate_over_one_client(serving) -> None:
    """They would take each other's events."""

    async def script(peer: Any) -> None:
        await peer.welcome()
        await stay(peer)

    async with client(await serving(script)) as ada:
        other = asyncio.ensure_future(anext(ada))
        await asyncio.sleep(0)
        with pytest.raises(BadUsage):
            await anext(ada)
        other.cancel()


async def test_a_wrong_address_is_refused_at_once() -> None:
    """The mistake is named where it was made."""
    with pytest.raises(BadUsage, match="ftp://host"):
        Client("ftp://host", session="ada/t1")


async def test_run_without_a_handler_is_refused(serving) -> None:
    """It would acknowledge what nobody handled."""
    async with client(await serving(stay)) as ada:
        with pytest.raises(BadUsage):
            await ada.run()


def test_every_error_of_a_client_is_one_of_ours() -> None:
    """One except clause catches them all."""
    assert all(issubclass(error, StentorError) for error in (TakenOver, ClientClosed))


def test_the_client_loads_no_server() -> None:
    """A program that is only a client pays for no server."""
    code = "import sys, stentor.protocol.clients; print([name for name in sys.modules if 'asyncio.server' in name])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[]" == done.stdout.strip()
