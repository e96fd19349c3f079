"""ServerSession: heartbeat, slow consumers, the claim's time, the drain. Only the monotonic clock decides."""

from __future__ import annotations

import pytest
from stentor.protocol import Claim, Close, CloseCode, Closed, FailedRange, Limits, ServerSession
from stentor.protocol._frames import ByeFrame, HelloFrame, PingFrame, PongFrame

from .bench import SESSION, Bench


def pings(bench: Bench) -> list[int | None]:
    """Return the head of each ping since the last look."""
    return [frame.head for frame in bench.said() if isinstance(frame, PingFrame)]


def closed_with(bench: Bench) -> list[int]:
    """Return the codes of the lines closed since the last look."""
    return [close.code for close in bench.taken(Close)]


def test_an_idle_client_is_pinged_after_15_seconds_and_has_10_to_answer() -> None:
    """4101 where it does not."""
    bench = Bench()
    bench.hello(1)

    bench.tick(14.9)
    assert [] == pings(bench)
    bench.tick(0.1)
    assert [0] == pings(bench)
    bench.tick(9.9)
    assert [] == closed_with(bench)
    bench.tick(0.1)
    assert [4101] == closed_with(bench)


def test_any_frame_is_a_sign_of_life() -> None:
    """A client that answers stays, for ever."""
    bench = Bench()
    bench.hello(1)

    for _ in range(20):
        bench.tick(16.0)
        bench.run(bench.session.received(1, PongFrame(id=1), bench.now))

    assert [] == closed_with(bench)


def test_events_in_flight_bring_a_ping_after_3_seconds_and_3_more_mean_dead() -> None:
    """The buffer keeps everything."""
    bench = Bench()
    bench.hello(1)
    bench.emit(2)

    bench.tick(2.9)
    assert [] == pings(bench)
    bench.tick(0.1)
    assert [2] == pings(bench)
    bench.tick(2.9)
    assert [] == closed_with(bench)
    bench.tick(0.1)
    assert [4101] == closed_with(bench)
    assert "buffered" == bench.session.ledger.outcome(1)


def test_events_that_go_out_while_a_ping_is_idle_shorten_the_wait() -> None:
    """The idle ping's 10 seconds do not hold for events in flight."""
    bench = Bench()
    bench.hello(1)
    bench.tick(15.0)
    bench.emit(1)

    bench.tick(5.9)
    assert [] == closed_with(bench)
    bench.tick(0.2)
    assert [4101] == closed_with(bench)


def test_a_pong_acknowledges() -> None:
    """A background tab's timers are throttled; it acks from its pong."""
    bench = Bench()
    bench.hello(1)
    bench.emit(2)
    bench.tick(3.0)
    bench.run(bench.session.received(1, PongFrame(id=1, epoch="k", seq=2), bench.now))

    assert 2 == bench.session.ledger.floor


def test_our_own_lag_is_no_verdict_on_the_peer() -> None:
    """A blocked loop finds its clients' answers behind its own timer."""
    bench = Bench()
    bench.hello(1)
    bench.tick(15.0)
    pings(bench)

    bench.now = 60.0
    bench.run(bench.session.tick(60.0))
    assert [] == closed_with(bench)
    bench.tick(2.9)
    assert [] == closed_with(bench)
    bench.tick(0.2)
    assert [4101] == closed_with(bench)


def test_a_client_that_answers_pings_and_acks_nothing_is_a_slow_consumer() -> None:
    """4102 after 30 seconds with a full window."""
    bench = Bench(Limits(window_events=2))
    bench.hello(1)
    bench.emit(5)

    for _ in range(14):
        bench.tick(2.1)
        bench.run(bench.session.received(1, PongFrame(id=1), bench.now))
    assert [] == closed_with(bench)
    bench.tick(1.0)

    assert [4102] == closed_with(bench)
    assert "buffered" == bench.session.ledger.outcome(1)


def test_a_claim_that_takes_too_long_ends_with_4107() -> None:
    """The client comes back; the claim's late answer still makes the session ours."""
    bench = Bench()
    effects = bench.session.hello(1, HelloFrame(v=1, session=SESSION, tab="a"), 0.0)
    assert [Claim(1, "", None, "a")] == effects
    assert "claiming" == bench.session.phase
    bench.tick(10.0)

    assert [4107] == closed_with(bench)
    bench.run(effects)
    assert bench.session.token is not None
    assert "detached" == bench.session.phase


def test_a_claim_is_overtaken_by_a_newer_hello() -> None:
    """The older tab gets 4504, the newer one the welcome, whichever answer comes first."""
    bench = Bench()
    first = bench.session.hello(1, HelloFrame(v=1, session=SESSION, tab="a"), 0.0)
    second = bench.session.hello(2, HelloFrame(v=1, session=SESSION, tab="b"), 0.0)
    bench.run(second)
    bench.run(first)

    assert [4504] == closed_with(bench)
    assert 2 == bench.session.line


def test_a_drain_waits_for_the_last_ack() -> None:
    """DRAINING until floor = head, then 4505 and CLOSED."""
    bench = Bench()
    bench.hello(1)
    bench.emit(2)
    bench.run(bench.session.drain(bench.now, 5.0))

    assert "draining" == bench.session.phase
    bench.ack(1, 2)
    assert [Closed(True, 0)] == bench.taken(Closed)
    assert ([4505], "closed") == (closed_with(bench), bench.session.phase)


def test_a_drain_that_times_out_fails_what_is_left() -> None:
    """The rest is in the ledger; the bye says 4108."""
    bench = Bench()
    bench.hello(1)
    bench.emit(3)
    bench.ack(1, 1)
    bench.run(bench.session.drain(bench.now, 2.0))
    bench.tick(2.0)

    assert [Closed(False, 2)] == bench.taken(Closed)
    assert (FailedRange(2, 3, "flush_timeout"),) == bench.session.ledger.failed
    assert [4108] == closed_with(bench)


def test_a_drain_that_keeps_leaves_the_rest_in_the_log() -> None:
    """A host that goes down with a durable store fails nothing; its clients come back after ``after_ms``."""
    bench = Bench()
    bench.hello(1)
    bench.emit(3)
    bench.said()
    bench.run(bench.session.drain(bench.now, 0.0, code=CloseCode.DRAINING, after_ms=1500, keep=True))

    assert [Closed(False, 3)] == bench.taken(Closed)
    assert [ByeFrame(code=4100, reconnect=True, after_ms=1500)] == bench.said()
    assert () == bench.session.ledger.failed


def test_a_closed_session_turns_a_hello_away() -> None:
    """4505 stops the client."""
    bench = Bench()
    bench.run(bench.session.drain(0.0, 0.0))
    bench.hello(1)

    assert [4505] == closed_with(bench)


def test_dismiss_closes_the_connection_and_keeps_the_session() -> None:
    """A token that ran out, a session that is parked."""
    bench = Bench()
    bench.hello(1)
    bench.emit(1)
    bench.said()
    bench.run(bench.session.dismiss(CloseCode.SESSION_PARKED, "parked", 0.0, after_ms=900))

    assert [ByeFrame(code=4109, reconnect=True, after_ms=900)] == bench.said()
    assert "detached" == bench.session.phase


def test_a_session_without_a_client_asks_for_no_timer() -> None:
    """A detached session costs no wake-ups."""
    bench = Bench()
    bench.hello(1)
    bench.run(bench.session.lost(1, 1006, "", 0.0))
    bench.tick(100.0)

    assert float("inf") == bench.session.next_deadline()
    assert float("inf") == ServerSession(SESSION).next_deadline()


@pytest.mark.parametrize("after", [1.0, 14.0])
def test_the_deadline_is_never_too_late(after: float) -> None:
    """Events in flight bring it forward."""
    bench = Bench()
    bench.hello(1)
    bench.tick(after)
    bench.emit(1)

    assert bench.session.next_deadline() <= after + 3.0
