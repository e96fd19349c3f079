"""ServerSession: handshake, pump, acks and outcomes."""

from __future__ import annotations

import pytest
from stentor.protocol import (
    AskSnapshot,
    Close,
    CloseCode,
    Limits,
    Note,
)
from stentor.protocol._frames import BatchFrame, ByeFrame, ErrorFrame, HelloFrame, SnapshotFrame, WelcomeFrame

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
