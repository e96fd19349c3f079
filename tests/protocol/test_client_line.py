"""ClientProtocol: connections that break, servers that are silent, messages that wait."""

from __future__ import annotations

import pytest
from stentor.protocol import ClientState, Limits
from stentor.protocol._frames import (
    ByeFrame,
    ErrorFrame,
    NoticeFrame,
    PingFrame,
    PongFrame,
    SaidFrame,
)
from stentor.protocol.client._effects import HangUp, Notice, Said
from stentor.protocol.errors import BadUsage, SessionClosed

from .rig import Rig, event


def test_backoff_has_full_jitter_and_grows_to_20_seconds() -> None:
    """0.5, 1, 2 … times chance; a line that held for 30 s begins anew."""
    rig = Rig()
    waits = []
    for _ in range(8):
        rig.lose()
        waits.append((rig.client.next_deadline() or 0.0) - rig.now)
        rig.back()
    assert [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0] == waits

    rig.welcome()
    rig.now += 30.0
    rig.lose()
    assert 0.25 == (rig.client.next_deadline() or 0.0) - rig.now


def test_after_ms_is_a_lower_bound_that_a_wake_respects() -> None:
    """The server spreads its clients."""
    rig = Rig()
    rig.welcome()
    rig.give(ByeFrame(code=4100, reconnect=True, after_ms=1500))
    assert 0.0 == rig.client.next_deadline()
    rig.tick(0.0)

    assert 1.5 == rig.client.next_deadline()
    rig.run(rig.client.wake(1.0))
    assert ClientState.BACKOFF == rig.client.state
    rig.tick(1.5)
    assert ClientState.HELLO == rig.client.state


@pytest.mark.parametrize(("code", "state"), [(4504, "ended"), (1009, "ended"), (4102, "backoff"), (1006, "backoff")])
def test_45xx_ends_and_everything_else_comes_back(code: int, state: str) -> None:
    """It never gives up silently."""
    rig = Rig()
    rig.welcome()
    rig.lose(code)

    assert state == rig.client.state.value


def test_a_bye_that_says_so_ends() -> None:
    """``reconnect`` of the bye counts more than its code."""
    rig = Rig()
    rig.welcome()
    rig.give(ByeFrame(code=4100, reconnect=False))

    assert ClientState.ENDED == rig.client.state


def test_a_ping_that_names_a_seq_we_have_not_is_a_lost_tail() -> None:
    """Resume at once."""
    rig = Rig()
    rig.welcome()
    rig.give(event(1), PingFrame(id=1, head=2))

    assert [4103] == [effect.code for effect in rig.effects if isinstance(effect, HangUp)]


def test_a_pong_acknowledges_and_its_refusals_go_before_it() -> None:
    """A pong can not carry them."""
    rig = Rig()
    rig.welcome()
    rig.give(event(1), event(2))
    rig.handle(1)
    rig.sent.clear()
    rig.give(PingFrame(id=9, head=2))

    assert [{"t": "pong", "id": 9, "epoch": "k", "seq": 1}] == rig.sent


def test_a_silent_server_is_asked_and_given_up() -> None:
    """25 s of silence, 3 s for the answer."""
    rig = Rig()
    rig.welcome()
    rig.tick(25.0)
    assert 1 == len(rig.taken("ping"))
    rig.tick(2.9)
    assert ClientState.LIVE == rig.client.state
    rig.tick(0.1)
    assert ClientState.BACKOFF == rig.client.state


def test_a_client_whose_own_loop_lagged_asks_again() -> None:
    """A lid that was closed for an hour is no fault of the server."""
    rig = Rig()
    rig.welcome()
    rig.tick(25.0)
    rig.sent.clear()
    rig.tick(3600.0)
    assert (1, ClientState.LIVE) == (len(rig.taken("ping")), rig.client.state)
    rig.give(PongFrame(id=2, head=0))
    rig.tick(3.0)
    assert ClientState.LIVE == rig.client.state


def test_no_welcome_within_15_seconds_is_a_failed_try() -> None:
    """A server that accepts and says nothing."""
    rig = Rig()
    rig.tick(15.0)

    assert ClientState.BACKOFF == rig.client.state


def test_messages_wait_for_a_connection_and_are_repeated_until_answered() -> None:
    """In order, with contiguous cids."""
    rig = Rig()
    for text in "ab":
        rig.run(rig.client.say("prompt", text, 0.0)[1])
    assert [] == rig.taken("say")
    rig.welcome()
    assert [1, 2] == [frame["cid"] for frame in rig.taken("say")]
    rig.give(SaidFrame(cid=1), SaidFrame(cid=1))
    assert [Said(1, None)] == [effect for effect in rig.effects if isinstance(effect, Said)]
    rig.lose()
    rig.back()
    rig.welcome(why=None)

    assert [2] == [frame["cid"] for frame in rig.taken("say")]


def test_only_so_many_messages_are_in_flight() -> None:
    """The server would close with 4106."""
    rig = Rig(limits=Limits(says_in_flight=2))
    rig.welcome()
    for n in range(4):
        rig.run(rig.client.say("prompt", n, 0.0)[1])
    assert [1, 2] == [frame["cid"] for frame in rig.taken("say")]
    rig.give(SaidFrame(cid=1))
    assert [3] == [frame["cid"] for frame in rig.taken("say")]


def test_what_can_not_be_said_raises_and_takes_no_cid() -> None:
    """The next message has the next cid."""
    rig = Rig()
    rig.welcome()
    for bad in (object(), "x" * 70000):
        with pytest.raises(BadUsage):
            rig.client.say("prompt", bad, 0.0)
    assert 1 == rig.client.say("prompt", "x", 0.0)[0]

    rig.run(rig.client.stop(0.0))
    with pytest.raises(SessionClosed):
        rig.client.say("prompt", "x", 0.0)


def test_handled_without_something_out_is_refused() -> None:
    """A wrong call of the executor is loud and changes nothing."""
    rig = Rig()
    rig.welcome()
    rig.give(event(1))

    with pytest.raises(BadUsage):
        rig.client.handled(2, 0.0)
    rig.handle(1)
    with pytest.raises(BadUsage):
        rig.client.rejected(1, "c", "", 0.0)


def test_stop_acknowledges_and_says_bye() -> None:
    """``end`` asks the host to end the session too."""
    rig = Rig()
    rig.welcome()
    rig.give(event(1))
    rig.handle(1)
    rig.run(rig.client.stop(0.0, end=True))

    assert ["hello", "ack", "bye"] == [frame["t"] for frame in rig.sent]
    assert (True, ClientState.ENDED) == (rig.sent[-1]["end"], rig.client.state)


def test_what_an_old_line_says_is_not_heard() -> None:
    """Its last words may come long after the next one works."""
    rig = Rig()
    rig.welcome()
    old = rig.line
    rig.lose()
    rig.back()

    assert [] == rig.client.received(old, event(1), 0.0)
    assert [] == rig.client.closed(old, 4504, "", 0.0, 0.5)
    assert ClientState.HELLO == rig.client.state


def test_notices_and_errors_are_shown_and_a_repeated_one_is_not() -> None:
    """A server that crashed in between repeats itself."""
    rig = Rig()
    rig.welcome()
    notice = NoticeFrame(code="session_restarting", id=3, after_ms=200)
    rig.give(notice, notice, ErrorFrame(code="too_large", msg="no"))

    shown = [(effect.code, effect.msg) for effect in rig.effects if isinstance(effect, Notice)]
    assert [("session_restarting", ""), ("too_large", "no")] == shown


def test_a_frame_before_the_welcome_ends_the_client() -> None:
    """The same would come again for ever."""
    rig = Rig()
    rig.give(event(1))

    assert ClientState.ENDED == rig.client.state
