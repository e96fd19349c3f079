"""ServerSession: outcomes, the window, gaps, and a log that others append to."""

from __future__ import annotations

import pytest
from stentor.protocol import (
    FailedRange,
    Hint,
    Limits,
    Resolve,
    ServerSession,
    Token,
    Write,
)
from stentor.protocol._frames import ByeFrame, HelloFrame, Rej
from stentor.protocol._log_values import Appended, LogState
from stentor.protocol.errors import StoreUnavailable

from .bench import SESSION, Bench


def bye_codes(bench: Bench) -> list[tuple[int | None, bool | None]]:
    """Return code and ``reconnect`` of each bye written since the last look."""
    return [(frame.code, frame.reconnect) for frame in bench.said() if isinstance(frame, ByeFrame)]


def test_an_ack_resolves_and_refused_events_fail() -> None:
    """A refusal is an outcome of its own; the others up to the ack are acked."""
    bench = Bench()
    bench.hello(1)
    bench.emit(4)
    bench.ack(1, 3, rej=(Rej(seq=2, code="handler_error", msg="TypeError"),))

    assert [Resolve("k", 3, (FailedRange(2, 2, "handler_rejected"),))] == bench.taken(Resolve)
    assert ["acked", "handler_rejected", "acked", "buffered"] == [
        bench.session.ledger.outcome(seq) for seq in (1, 2, 3, 4)
    ]


def test_the_window_stops_the_pump_and_an_ack_moves_it() -> None:
    """STALLED until the client acknowledges."""
    bench = Bench(Limits(window_events=4))
    bench.hello(1)
    bench.emit(6)

    assert [1, 2, 3, 4] == bench.seqs()
    assert "stalled" == bench.session.phase
    bench.ack(1, 2)
    assert [5, 6] == bench.seqs()
    assert "attached" == bench.session.phase


def test_the_window_counts_bytes_and_one_event_always_goes() -> None:
    """An event larger than the window is sent alone."""
    bench = Bench(Limits(window_bytes=500))
    bench.hello(1)
    bench.emit(2, size=600)

    assert [1] == bench.seqs()
    bench.ack(1, 1)
    assert [2] == bench.seqs()


def test_a_failed_event_becomes_a_gap_in_its_place() -> None:
    """The client's stream is contiguous by construction."""
    bench = Bench()
    bench.emit(6)
    bench.hello(7)
    bench.run(bench.session.lost(7, 1006, "", 0.0))
    bench.fail(2, 4)
    bench.said()
    bench.hello(1)

    assert [1, (2, 4, "expired"), 5, 6] == bench.seqs()


def test_a_body_that_the_log_no_longer_has_fails_as_lost() -> None:
    """Never a silent hole."""
    bench = Bench()
    bench.emit(3)
    read = bench.log.read
    bench.log.read = lambda *args: (1, (read(*args)[1][0], None, read(*args)[1][2]))  # type: ignore[method-assign]
    bench.hello(1)

    assert [1, (2, 2, "lost"), 3] == bench.seqs()
    assert {"lost": 1} == bench.session.ledger.counts


def test_an_event_above_the_peers_frame_fails_as_too_large() -> None:
    """It would end that client for ever."""
    bench = Bench()
    bench.hello(1, frame=2000)
    bench.emit(1)
    bench.emit(1, size=3000)
    bench.emit(1)

    assert [1, (2, 2, "too_large"), 3] == bench.seqs()


def test_a_log_that_withholds_what_it_confirmed_is_unavailable() -> None:
    """Loud, and the machine is as before."""
    session = ServerSession(SESSION)
    session.hello(1, HelloFrame(v=1, session=SESSION, tab="a"), 0.0)
    session.claimed(1, Token(SESSION, 1), LogState("k", head=3), 1, 0.0)

    with pytest.raises(StoreUnavailable, match="nothing after 0"):
        session.read(1, (), 0.0)
    (write,) = session.read(1, (b"{}",) * 3, 0.0)
    assert isinstance(write, Write)
    assert 3 == write.upto


def test_events_that_another_process_appended_in_between_are_read() -> None:
    """The log gives the seqs, not the owner."""
    bench = Bench()
    bench.hello(1)
    bench.emit(1)
    bench.log.append(ServerSession(SESSION).append("elsewhere", 0, (b'{"type":"text"}',) * 2))
    bench.emit(1)

    assert [1, 2, 3, 4] == bench.seqs()


def test_a_hint_brings_what_was_appended_elsewhere_and_a_wrong_hint_does_no_harm() -> None:
    """Hints may be lost, doubled or wrong."""
    bench = Bench()
    bench.hello(1)
    bench.log.append(ServerSession(SESSION).append("elsewhere", 0, (b'{"type":"text"}',) * 2))
    bench.run(bench.session.head_hint(2, 0.0))
    bench.run(bench.session.head_hint(99, 0.0))
    bench.run(bench.session.head_hint(1, 0.0))

    assert [1, 2] == bench.seqs()
    assert 2 == bench.session.head


def test_a_process_that_does_not_own_the_session_appends_and_tells() -> None:
    """Without a token nothing is sent, buffered or counted."""
    session = ServerSession(SESSION)
    append = session.append("w", 0, (b"{}",))

    assert append.epoch is None
    assert [Hint(SESSION, 5)] == session.appended([(append, Appended(5, 5, 0, 5, 10, "k"))], 0.0)


def test_a_session_that_moved_away_sends_its_client_after_it() -> None:
    """4104 reconnects; the next hello claims anew."""
    bench = Bench()
    bench.hello(1)
    bench.emit(2)
    bench.run(bench.session.fenced(0.0))

    assert [(4104, True)] == bye_codes(bench)
    assert (None, "detached") == (bench.session.token, bench.session.phase)
    bench.hello(2, resume=1)
    assert [2] == bench.seqs()
    assert 2 == bench.session.token.gen  # type: ignore[union-attr]
