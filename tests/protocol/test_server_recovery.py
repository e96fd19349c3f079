"""ServerSession: what a client says, and what a new incarnation does again."""

from __future__ import annotations

from typing import Any

from stentor.protocol import Ack, AskSnapshot, Claim, Close, EndAsked, Fail, FailedRange, Handle, Limits, Note, Write
from stentor.protocol._frames import (
    AckFrame,
    ByeFrame,
    HelloFrame,
    NoticeFrame,
    PingFrame,
    PongFrame,
    Refusal,
    Rej,
    SaidFrame,
    SayFrame,
)
from stentor.protocol.server._effects import Resolve

from .bench import SESSION, Bench


def say(bench: Bench, cid: int, line: int = 1) -> None:
    """Let the client of *line* say its message *cid*."""
    bench.run(bench.session.received(line, SayFrame(cid=cid, type="prompt", data={"n": cid}), bench.now))


def kinds(effects: list[Any]) -> list[str]:
    """Return the names of the effects."""
    return [type(effect).__name__ for effect in effects]


def test_a_message_goes_up_and_its_answer_comes_down() -> None:
    """``said`` names the cid."""
    bench = Bench()
    bench.hello(1)
    say(bench, 1)

    assert [Handle(1, "a", 1, "prompt", {"n": 1})] == bench.taken(Handle)
    bench.said()
    bench.run(bench.session.answered("a", 1, ("busy", "later"), 0.0))
    assert [SaidFrame(cid=1, refused=Refusal(code="busy", msg="later"))] == bench.said()


def test_a_repeated_message_is_not_handled_twice_at_a_time() -> None:
    """While it is being handled, a repetition waits for the same answer; later the inbox knows it."""
    bench = Bench()
    bench.hello(1)
    say(bench, 1)
    say(bench, 1)
    assert 1 == len(bench.taken(Handle))

    bench.run(bench.session.answered("a", 1, None, 0.0))
    say(bench, 1)
    assert 1 == len(bench.taken(Handle))


def test_an_answer_goes_to_the_tab_that_asked_even_on_its_next_connection() -> None:
    """And to nobody else."""
    bench = Bench()
    bench.hello(1, tab="a")
    say(bench, 1)
    bench.hello(2, tab="b")
    bench.run(bench.session.answered("a", 1, None, 0.0))
    assert not any(isinstance(frame, SaidFrame) for frame in bench.said())


def test_a_gap_in_the_cids_breaks_the_protocol() -> None:
    """They are contiguous per tab; the first one of an unknown tab is believed."""
    bench = Bench()
    bench.hello(1)
    say(bench, 7)
    say(bench, 9)

    assert [4500] == [close.code for close in bench.taken(Close)]


def test_too_many_messages_end_with_4106() -> None:
    """20 a second, 50 at once."""
    bench = Bench(Limits(say_burst=3, says_in_flight=2))
    bench.hello(1)
    for cid in range(1, 4):
        say(bench, cid)
        bench.run(bench.session.answered("a", cid, None, 0.0))
    say(bench, 4)

    assert [4106] == [close.code for close in bench.taken(Close)]


def test_a_ping_is_answered_with_what_was_written() -> None:
    """A client learns of a lost tail."""
    bench = Bench()
    bench.hello(1)
    bench.emit(3)
    bench.said()
    bench.run(bench.session.received(1, PingFrame(id=4), 0.0))

    assert [PongFrame(id=4, head=3)] == bench.said()


def test_a_notice_reaches_who_is_there() -> None:
    """Nobody there, nobody told."""
    bench = Bench()
    assert [] == bench.session.notice("session_restarting", 0.0)
    bench.hello(1)
    bench.said()
    bench.run(bench.session.notice("session_restarting", 0.0, after_ms=200, failure="03b2"))

    assert [NoticeFrame(code="session_restarting", id=1, after_ms=200, failure="03b2")] == bench.said()


def test_a_client_asks_for_the_end_of_the_session() -> None:
    """Repeated until the session is drained."""
    bench = Bench()
    bench.hello(1)
    bench.run(bench.session.received(1, ByeFrame(end=True), 0.0))
    assert [EndAsked("a")] == bench.taken(EndAsked)

    bench.run(bench.session.recover(0.0))
    assert [EndAsked("a")] == bench.taken(EndAsked)
    bench.run(bench.session.drain(0.0, 0.0))
    bench.run(bench.session.recover(0.0))
    assert [] == bench.taken(EndAsked)


def test_what_was_not_confirmed_as_written_is_written_again() -> None:
    """Welcome first, then the events: the client ignores what it has."""
    bench = Bench()
    (claim,) = bench.session.hello(1, HelloFrame(v=1, session=SESSION, tab="a"), 0.0)
    assert isinstance(claim, Claim)
    bench.emit(2)
    lost = bench.session.claimed(1, *bench.log.claim(None, SESSION), 0.0)
    assert ["Write", "Read"] == kinds(lost)

    bench.run(bench.session.recover(0.0))
    assert "WelcomeFrame" == type(bench.frames[0]).__name__
    assert [1, 2] == bench.seqs()
    bench.run(bench.session.recover(0.0))
    assert [] == bench.said()


def test_a_position_is_believed_even_if_the_crash_came_before_the_write() -> None:
    """The highest seq is noted before the bytes go out: the client may have them."""
    bench = Bench()
    bench.hello(1)
    append = bench.session.append("w", 0, (b'{"type":"text"}',) * 3)
    (write,) = bench.session.appended([(append, bench.log.append(append))], 0.0)
    assert isinstance(write, Write)
    bench.session.recover(0.0)
    bench.ack(1, 3)

    assert 3 == bench.session.ledger.floor
    bench.said()
    bench.hello(2, resume=3)
    assert bench.welcome().resumed


def test_an_ack_that_the_log_did_not_confirm_is_told_again_with_its_refusals() -> None:
    """The incarnation stands in the token."""
    bench = Bench()
    bench.hello(1)
    bench.emit(3)
    rej = (Rej(seq=1, code="c", msg="m"),)
    lost = bench.session.received(1, AckFrame(epoch="k", seq=2, rej=rej), 0.0)
    assert ["Ack"] == kinds(lost)

    again = [effect for effect in bench.session.recover(0.0, 7) if isinstance(effect, Ack)]
    assert [(2, 7, 1)] == [(ack.upto, ack.token.incarnation, ack.rej[0].seq) for ack in again]
    bench.run(list(again))
    assert "handler_rejected" == bench.session.ledger.outcome(1)
    assert [] == [effect for effect in bench.session.recover(0.0, 8) if isinstance(effect, Ack)]


def test_failures_that_the_log_did_not_confirm_are_asked_for_again() -> None:
    """Until it has."""
    bench = Bench()
    bench.hello(1)
    bench.emit(3)
    bench.session.fail((FailedRange(2, 9, "expired"),), 0.0)

    again = [effect for effect in bench.session.recover(0.0) if isinstance(effect, Fail)]
    assert [(FailedRange(2, 3, "expired"),)] == [effect.ranges for effect in again]
    bench.run(list(again))
    assert [] == [effect for effect in bench.session.recover(0.0) if isinstance(effect, Fail)]


def test_receipts_are_resolved_again() -> None:
    """A crash between the log's answer and the receipts loses none."""
    bench = Bench()
    bench.hello(1)
    bench.emit(2)
    bench.ack(1, 2)
    bench.taken(Resolve)
    bench.run(bench.session.recover(0.0))

    assert [Resolve("k", 2, ())] == bench.taken(Resolve)


def test_a_message_that_two_incarnations_died_of_is_refused() -> None:
    """It would kill the third one too."""
    bench = Bench()
    bench.hello(1)
    say(bench, 1)
    bench.run(bench.session.recover(0.0))
    assert 2 == len(bench.taken(Handle))
    bench.said()
    bench.run(bench.session.recover(0.0))

    assert [] == bench.taken(Handle)
    assert ["handling_failed"] == [frame.refused.code for frame in bench.said() if isinstance(frame, SaidFrame)]
    assert ["failed_handling"] == [note.kind for note in bench.taken(Note)]


def test_a_line_that_was_being_closed_is_closed_again_until_it_is_gone() -> None:
    """Bye and Close may both be lost in a crash."""
    bench = Bench()
    bench.hello(1, tab="a")
    lost = bench.session.hello(2, HelloFrame(v=1, session=SESSION, tab="b"), 0.0)
    assert ["Write", "Close", "Note", "Claim"] == kinds(lost)

    again = bench.session.recover(0.0)
    assert ["Write", "Close", "Note", "Claim"] == kinds(again)[:4]
    bench.run(again)
    bench.session.lost(1, 4504, "", 0.0)
    bench.effects.clear()
    bench.run(bench.session.recover(0.0))
    assert [] == bench.taken(Close)


def test_a_claim_and_a_snapshot_are_asked_for_again() -> None:
    """Whatever was under way goes on."""
    bench = Bench(snapshots=True)
    claim = bench.session.hello(1, HelloFrame(v=1, session=SESSION, tab="a"), 0.0)
    assert claim == bench.session.recover(0.0)
    bench.run(claim)
    bench.effects.clear()
    bench.run(bench.session.recover(0.0))

    assert [AskSnapshot(1, "fresh", 0)] == bench.taken(AskSnapshot)


def test_a_recovered_session_judges_no_peer_by_the_time_that_it_was_down() -> None:
    """The ping that was out is forgotten."""
    bench = Bench()
    bench.hello(1)
    bench.tick(15.0)
    bench.now = 40.0
    bench.run(bench.session.recover(40.0))
    bench.tick(14.0)

    assert [] == bench.taken(Close)


def test_an_appended_answer_that_comes_twice_sends_nothing_twice() -> None:
    """The outbox offers a batch again after a crash; the log answers with the same seqs."""
    bench = Bench()
    bench.hello(1)
    bench.emit(3)
    bench.said()
    append = bench.session.append("w", 0, bench.log.writers["w", 0][1])
    bench.run([append])

    assert [] == bench.seqs()
    assert 3 == bench.session.head
