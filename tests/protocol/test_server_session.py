"""ServerSession: handshake, pump, acks and outcomes."""

from __future__ import annotations

import pytest
from stentor.protocol import (
    AskSnapshot,
    Close,
    CloseCode,
    FailedRange,
    Hint,
    Limits,
    Note,
    Resolve,
    ServerSession,
    Token,
    Write,
)
from stentor.protocol._frames import BatchFrame, ByeFrame, ErrorFrame, HelloFrame, Rej, SnapshotFrame, WelcomeFrame
from stentor.protocol._log_values import Appended, LogState
from stentor.protocol.errors import StoreUnavailable

from .bench import SESSION, Bench


def bye_codes(bench: Bench) -> list[tuple[int | None, bool | None]]:
    """Return code and ``reconnect`` of each bye written since the last look."""
    return [(frame.code, frame.reconnect) for frame in bench.said() if isinstance(frame, ByeFrame)]


def test_a_fresh_client_gets_everything_from_the_floor() -> None:
    """No position: the stream begins where the consumer's acks end."""
    bench = Bench()
    bench.emit(3)
    bench.hello(1)

    welcome = bench.frames[0]
    assert isinstance(welcome, WelcomeFrame)
    assert (False, "fresh", 0, 3, "k") == (welcome.resumed, welcome.why, welcome.base, welcome.head, welcome.epoch)
    assert [1, 2, 3] == bench.seqs()


def test_a_burst_is_one_write_with_one_frame() -> None:
    """Eight events emitted together cost one socket write."""
    bench = Bench()
    bench.hello(1)
    bench.writes.clear()
    bench.emit(8)

    assert [1] == [len(write.frames) for write in bench.writes]
    assert [1, 2, 3, 4, 5, 6, 7, 8] == bench.seqs()


def test_a_frame_holds_at_most_64_events() -> None:
    """A long replay comes in several frames, in one write."""
    bench = Bench()
    bench.emit(150)
    bench.hello(1)

    assert [64, 64, 22] == [len(frame.ev) for frame in bench.frames if isinstance(frame, BatchFrame)]
    assert 3 == len(bench.writes[-1].frames)


def test_a_frame_holds_at_most_its_bytes_and_an_event_always_fits() -> None:
    """Large events go alone."""
    bench = Bench(Limits(batch_bytes=1000))
    bench.emit(3, size=600)
    bench.hello(1)

    assert ["EventFrame"] * 3 == [type(frame).__name__ for frame in bench.frames[1:]]


def test_a_client_that_resumes_gets_what_it_missed() -> None:
    """The position acknowledges, and the stream goes on after it."""
    bench = Bench()
    bench.hello(1)
    bench.emit(5)
    bench.run(bench.session.lost(1, 1006, "gone", 0.0))
    bench.said()
    bench.hello(2, resume=3)

    assert bench.welcome().resumed
    assert [4, 5] == bench.seqs()
    assert 3 == bench.session.ledger.floor


@pytest.mark.parametrize(
    ("epoch", "seq", "why"), [("k", 9, "position_future"), ("old", 2, "epoch_changed"), ("old", 9, "epoch_changed")]
)
def test_a_position_that_can_not_be_believed_is_refused(epoch: str, seq: int, why: str) -> None:
    """Nothing is acknowledged by it."""
    bench = Bench()
    bench.hello(1)
    bench.emit(5)
    bench.ack(1, 2)
    bench.said()
    bench.hello(2, resume=seq, epoch=epoch)

    assert (False, why, 2) == (bench.welcome().resumed, bench.welcome().why, bench.welcome().base)
    assert 2 == bench.session.ledger.floor


def test_a_position_below_the_floor_is_served_from_what_is_retained() -> None:
    """A page that was reloaded saved a slightly older position."""
    bench = Bench(Limits(retain_events=4))
    bench.hello(1)
    bench.emit(5)
    bench.ack(1, 5)
    bench.said()
    bench.hello(2, resume=2)

    assert bench.welcome().resumed
    assert [3, 4, 5] == bench.seqs()
    assert 5 == bench.session.ledger.floor


def test_a_position_whose_events_are_gone_is_lost() -> None:
    """Never a silent hole: the client is told, and goes on at the floor."""
    bench = Bench(Limits(retain_events=1))
    bench.hello(1)
    bench.emit(9)
    bench.ack(1, 9)
    bench.said()
    bench.hello(2, resume=2)

    assert ("position_lost", 9) == (bench.welcome().why, bench.welcome().base)


def test_position_zero_is_legal() -> None:
    """A client that was welcomed and got nothing yet resumes at 0."""
    bench = Bench()
    bench.emit(2)
    bench.hello(1, resume=0)

    assert bench.welcome().resumed
    assert [1, 2] == bench.seqs()


def test_another_tab_takes_over_with_4504_and_the_same_tab_with_a_41xx() -> None:
    """The newest hello wins at once; a tab that moved may come back."""
    bench = Bench()
    bench.hello(1, tab="a")
    bench.hello(2, tab="b")
    bench.hello(3, tab="b")

    assert [(4504, False), (4104, True)] == bye_codes(bench)
    assert [1, 2] == [close.line for close in bench.taken(Close)]
    assert 3 == bench.session.line


def test_a_fenced_connection_changes_nothing() -> None:
    """An ack counts only from the current connection."""
    bench = Bench()
    bench.hello(1)
    bench.emit(3)
    bench.hello(2, tab="b")
    bench.ack(1, 3)

    assert 0 == bench.session.ledger.floor


def test_an_ack_of_another_epoch_changes_nothing() -> None:
    """It would confirm other events than the client handled."""
    bench = Bench()
    bench.hello(1)
    bench.emit(3)
    bench.ack(1, 3, epoch="old")

    assert (0, 1) == (bench.session.ledger.floor, bench.session.line)


def test_an_ack_beyond_what_was_sent_ends_the_connection() -> None:
    """4500, and what is wrong stands in an error frame before the bye."""
    bench = Bench()
    bench.hello(1)
    bench.emit(3)
    bench.said()
    bench.ack(1, 4)

    frames = bench.said()
    assert [ErrorFrame, ByeFrame] == [type(frame) for frame in frames]
    assert 4500 == frames[1].code
    assert ["protocol_error", "line_closed"] == [note.kind for note in bench.taken(Note)]
    assert "detached" == bench.session.phase


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


def test_a_snapshot_comes_before_the_first_event() -> None:
    """Only after ``resumed: false``; the events wait for it."""
    bench = Bench(snapshots=True)
    bench.emit(2)
    bench.hello(1)

    assert [AskSnapshot(1, "fresh", 0)] == bench.taken(AskSnapshot)
    assert [] == bench.seqs()
    bench.run(bench.session.snapshot(1, {"history": []}, 0.0))
    assert [SnapshotFrame, "BatchFrame"] == [
        type(bench.frames[0]),
        type(bench.frames[1]).__name__,
    ]


def test_a_snapshot_that_is_no_json_changes_nothing() -> None:
    """A raising input changes nothing: the hook may be asked again."""
    bench = Bench(snapshots=True)
    bench.hello(1)

    with pytest.raises(TypeError):
        bench.session.snapshot(1, {"x": object()}, 0.0)
    bench.run(bench.session.snapshot(1, None, 0.0))
    bench.emit(1)
    assert [1] == bench.seqs()


@pytest.mark.parametrize(("frame", "code"), [({"v": 2}, 4501), ({"session": "eve/t9"}, 4503)])
def test_a_hello_that_does_not_fit_is_turned_away(frame: dict[str, object], code: int) -> None:
    """And the client that is there stays."""
    bench = Bench()
    bench.hello(1)
    bench.said()
    hello = HelloFrame(**{"v": 1, "session": SESSION, "tab": "z", **frame})  # type: ignore[arg-type]
    bench.run(bench.session.hello(2, hello, 0.0))

    assert [(code, False)] == bye_codes(bench)
    assert 1 == bench.session.line


def test_a_second_hello_on_one_connection_breaks_the_protocol() -> None:
    """4500."""
    bench = Bench()
    bench.hello(1)
    bench.said()
    bench.run(bench.session.received(1, HelloFrame(v=1, session=SESSION, tab="a"), 0.0))

    assert [(4500, False)] == bye_codes(bench)


def test_a_client_that_says_bye_is_detached_and_nothing_is_lost() -> None:
    """It left of its own accord: no failure, and its events wait."""
    bench = Bench()
    bench.hello(1)
    bench.emit(1)
    bench.run(bench.session.received(1, ByeFrame(end=False), 0.0))

    assert [("line_closed", 1000)] == [(note.kind, note.facts["code"]) for note in bench.taken(Note)]
    assert [] == bench.session.lost(1, 1000, "", 0.0)
    assert CloseCode.NORMAL == bench.taken(Close)[0].code
    assert ("detached", "buffered") == (bench.session.phase, bench.session.ledger.outcome(1))


def test_a_connection_that_vanishes_is_noted_once() -> None:
    """``line_lost`` tells that nobody had closed it."""
    bench = Bench()
    bench.hello(1)

    assert [Note("line_lost", {"line": 1, "code": 1006, "reason": "gone"})] == bench.session.lost(1, 1006, "gone", 0.0)
    assert [] == bench.session.lost(1, 1006, "gone", 0.0)
