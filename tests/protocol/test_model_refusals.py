"""A refusal that comes late: the operation was asked with a token that the session holds no more."""

from __future__ import annotations

from stentor.protocol import Ack, Append, Claim, Close, Closed, Fail, FailedRange, HelloFrame, Limits, LogState, Token
from stentor.protocol._frames import AckFrame, Recv, Resume, WelcomeFrame

from .bench import SESSION, Bench


def taken_back(bench: Bench, line: int, resume: int = 0) -> Token:
    """Let another process have the session for a moment, and claim it again for *line*; return the token of before."""
    old = bench.session.token
    assert old is not None
    bench.log.gen += 1
    bench.hello(line, resume=resume)
    assert old != bench.session.token
    return old


def test_a_late_refusal_of_an_old_token_leaves_a_newer_ownership_alone() -> None:
    """The connection that was welcomed by the newer token stays, and its events go on."""
    bench = Bench()
    bench.hello(1)
    bench.emit(2)
    old = taken_back(bench, 2)
    bench.effects.clear()
    bench.run(bench.session.fenced(bench.now, token=old))

    assert [] == bench.taken(Close)
    bench.said()
    bench.emit(1)
    assert ([3], 2) == (bench.seqs(), bench.session.line)


def test_a_late_refusal_does_not_end_a_drain_whose_events_have_no_outcome() -> None:
    """What is in the log, and ours, is waited for."""
    bench = Bench()
    bench.hello(1)
    bench.emit(2)
    old = taken_back(bench, 2)
    bench.run(bench.session.drain(bench.now, 10.0))
    bench.run(bench.session.fenced(bench.now, token=old))
    closed = bench.taken(Closed)
    bench.ack(2, 2)

    assert ([], [Closed(flushed=True, left=0)]) == (closed, bench.taken(Closed))
    assert 2 == bench.log.floor


def test_a_refusal_while_a_claim_is_out_leaves_the_answer_to_the_claim() -> None:
    """Whose the session is, and whether its drain is done, is what the claim will say."""
    bench = Bench()
    bench.hello(1)
    bench.emit(2)
    held = bench.session.token
    bench.run(bench.session.drain(bench.now, 10.0))
    bench.log.gen += 1
    hello = HelloFrame(v=1, session=SESSION, tab="a", resume=Resume(epoch="k", seq=0))
    (claim,) = [effect for effect in bench.session.hello(2, hello, bench.now) if isinstance(effect, Claim)]
    answer = bench.log.claim(claim.held, SESSION)
    bench.run(bench.session.fenced(bench.now, token=held))
    closed = bench.taken(Closed)
    bench.run(bench.session.claimed(2, *answer, bench.now))

    assert ([], 2, 2) == (closed, bench.session.line, bench.session.head)
    bench.ack(2, 2)
    assert [Closed(flushed=True, left=0)] == bench.taken(Closed)


def test_an_ack_and_a_failure_that_were_refused_late_are_told_again_with_the_new_token() -> None:
    """Both went out before the session was claimed anew."""
    bench = Bench()
    bench.hello(1)
    bench.emit(3)
    old = bench.session.token
    bench.session.received(1, AckFrame(epoch="k", seq=1), bench.now)
    bench.session.fail((FailedRange(3, 3, "expired"),), bench.now)
    bench.log.gen += 1
    (claim,) = [
        effect
        for effect in bench.session.hello(2, HelloFrame(v=1, session=SESSION, tab="a"), bench.now)
        if isinstance(effect, Claim)
    ]
    effects = bench.session.claimed(2, *bench.log.claim(claim.held, SESSION), bench.now)
    late = bench.session.fenced(bench.now, token=old)
    again = [effect for effect in effects if isinstance(effect, (Ack, Fail))]

    assert [] == late
    assert [("Fail", 3), ("Ack", 3)] == [(type(effect).__name__, effect.token.gen) for effect in again]
    bench.run(effects)
    assert {1: "acked", 3: "expired"} == bench.log.outcomes


def test_an_ack_that_a_newer_connection_overtook_leaves_the_session_alone() -> None:
    """The token is good; only the number of the connection was an older one."""
    bench = Bench()
    bench.hello(1)
    bench.emit(1)
    token, conn = bench.session.token, bench.log.conn
    bench.hello(2, resume=1)
    bench.taken(Close)
    bench.run(bench.session.fenced(bench.now, token=token, conn=conn))

    assert ([], 2, token) == (bench.taken(Close), bench.session.line, bench.session.token)


def test_a_refusal_of_the_token_that_is_held_still_lets_go_of_the_session() -> None:
    """That one is news."""
    bench = Bench()
    bench.hello(1)
    bench.run(bench.session.fenced(bench.now, token=bench.session.token, conn=bench.log.conn))

    assert [4104] == [close.code for close in bench.taken(Close)]
    assert (None, "detached") == (bench.session.token, bench.session.phase)


def test_a_claim_that_this_process_itself_overtook_is_made_again() -> None:
    """Its token was voided by our own newer one: the line is welcomed by that."""
    bench = Bench()
    bench.session.hello(1, HelloFrame(v=1, session=SESSION, tab="a"), bench.now)
    older, _, _ = bench.log.claim(None, SESSION)
    newer, log, _ = bench.log.claim(None, SESSION)
    bench.run(bench.session.claimed(0, newer, log, 0, bench.now))
    bench.run(bench.session.refused(1, older, bench.now))

    assert (1, newer) == (bench.session.line, bench.session.token)


def test_a_claim_that_another_process_overtook_sends_its_client_there() -> None:
    """The newest hello is the other one's."""
    bench = Bench()
    bench.session.hello(1, HelloFrame(v=1, session=SESSION, tab="a"), bench.now)
    token, _, _ = bench.log.claim(None, SESSION)
    bench.run(bench.session.refused(1, token, bench.now, "b"))

    assert [4504] == [close.code for close in bench.taken(Close)]


def test_a_refused_claim_of_a_line_that_is_gone_changes_nothing() -> None:
    """Another hello's claim is out."""
    bench = Bench()
    bench.session.hello(1, HelloFrame(v=1, session=SESSION, tab="a"), bench.now)
    token, _, _ = bench.log.claim(None, SESSION)
    bench.run(bench.session.hello(2, HelloFrame(v=1, session=SESSION, tab="a"), bench.now))
    bench.taken(Close)
    bench.run(bench.session.refused(1, token, bench.now))

    assert ([], 2) == (bench.taken(Close), bench.session.line)


def test_an_older_claim_that_is_answered_late_does_not_take_the_newer_ones_place() -> None:
    """Two claims of this process, answered the other way round."""
    bench = Bench()
    bench.session.hello(1, HelloFrame(v=1, session=SESSION, tab="a"), bench.now)
    older = bench.log.claim(None, SESSION)
    newer, log, _ = bench.log.claim(None, SESSION)
    bench.run(bench.session.claimed(0, newer, log, 0, bench.now))
    bench.run(bench.session.claimed(1, *older, bench.now))

    assert (1, newer) == (bench.session.line, bench.session.token)


# Acked events, read again


def elsewhere(bench: Bench, count: int) -> None:
    """Let another process append *count* events."""
    bench.log.append(Append(SESSION, None, "x", 0, (b'{"type":"text","data":{"n":1}}',) * count))


def test_a_line_below_what_another_owner_acknowledged_comes_back_and_loses_its_position() -> None:
    """A session that is claimed anew with its line still there knows nothing of what that line has yet to get."""
    bench = Bench(Limits(window_events=2))
    bench.hello(1)
    bench.emit(4)
    assert [1, 2] == bench.seqs()
    bench.log.gen += 1
    bench.log.outcomes = dict.fromkeys((1, 2, 3), "acked")
    bench.log.floor = 3
    bench.run(bench.session.claimed(0, *bench.log.claim(None, SESSION), bench.now))

    assert [4103] == [close.code for close in bench.taken(Close)]
    bench.hello(2, resume=2)
    assert ("position_lost", 3) == (bench.welcome().why, bench.welcome().base)
    assert [4] == bench.seqs()


def test_a_line_whose_session_is_claimed_anew_while_it_reads_is_served_on() -> None:
    """What the log was asked with the older token is not taken; it is asked again."""
    bench = Bench()
    elsewhere(bench, 3)
    (claim,) = bench.session.hello(1, HelloFrame(v=1, session=SESSION, tab="a"), bench.now)
    assert isinstance(claim, Claim)
    *_, read = bench.session.claimed(1, *bench.log.claim(None, SESSION), bench.now)
    bench.run(bench.session.claimed(0, *bench.log.claim(None, SESSION), bench.now))
    bench.run([read])

    assert [1, 2, 3] == bench.seqs()


def test_an_acknowledged_event_that_the_log_gives_no_more_ends_the_line_instead_of_stalling_it() -> None:
    """It can not fail, for it has its outcome: the client is told that its position is lost."""
    bench = Bench()
    bench.run(bench.session.claimed(0, Token(SESSION, 1), LogState("k"), 0, bench.now))
    bench.log.gen = 1
    bench.hello(1)
    elsewhere(bench, 3)
    (read,) = bench.session.head_hint(3, bench.now)
    bench.session.state.ledger.settle(2)
    bench.log.floor = 2
    assert read.after == 0
    bench.run(bench.session.read(1, (None, None, bench.log.bodies[2]), bench.now))

    assert [4103] == [close.code for close in bench.taken(Close)]
    bench.said()
    bench.session.state.consumer.floor = 2
    bench.hello(2, resume=0)
    assert ("position_lost", 2) == (bench.welcome().why, bench.welcome().base)
    assert [3] == bench.seqs()


def test_an_acknowledged_event_too_large_for_the_peer_is_not_promised_to_it() -> None:
    """A tab that takes smaller frames than the one that had it starts anew behind it."""
    bench = Bench()
    bench.hello(1)
    bench.emit(1, size=2000)
    bench.ack(1, 1)
    bench.said()
    bench.run(
        bench.session.hello(
            2,
            HelloFrame(v=1, session=SESSION, tab="b", resume=Resume(epoch="k", seq=0), recv=Recv(frame=1000, window=5)),
            bench.now,
        )
    )

    welcome = bench.welcome()
    assert isinstance(welcome, WelcomeFrame)
    assert (False, "position_lost", 1) == (welcome.resumed, welcome.why, welcome.base)
