"""What the model check found, step by step: each of these once broke an invariant."""

from __future__ import annotations

from stentor.protocol import Append, Claim, FailedRange, HelloFrame

from .bench import SESSION, Bench
from .test_model import Delivery


def test_an_unchanged_log_is_not_believed_by_a_session_that_has_let_go_of_it() -> None:
    """I1: a refusal of an old token voids what the session knew, while its newest claim is granted as unchanged."""
    model = Delivery()
    model.begin(delayed=True, snapshots=False)
    for step in (
        lambda: model.take_over(tab=0),
        model.move_away,
        lambda: model.answer(count=1),
        lambda: model.emit(count=1),
        lambda: model.stop(tab=0, end=False),
        lambda: model.answer(count=1),
        lambda: model.connect(tab=0),
        lambda: model.take_over(tab=1),
        lambda: model.expire(offset=0, count=1),
        lambda: model.arrive(count=5),
    ):
        step()
        model.holds()

    model.teardown()


def test_events_known_before_a_session_was_let_go_of_reach_the_next_client() -> None:
    """Had the late answer been believed, the session would own a log of whose events it knows none."""
    bench = Bench()
    bench.hello(1)
    bench.emit(2)
    late = bench.log.claim(bench.session.token, SESSION)
    bench.session.hello(2, HelloFrame(v=1, session=SESSION, tab="a"), bench.now)
    bench.run(bench.session.fenced(bench.now))
    bench.run(bench.session.claimed(2, *late, bench.now))

    bench.said()
    bench.hello(3)

    assert [1, 2] == bench.seqs()


def test_a_line_whose_claim_was_answered_about_an_older_token_is_claimed_for_again() -> None:
    """The session was learnt anew meanwhile: the older token is not taken back, and nobody waits in vain."""
    bench = Bench()
    bench.hello(1)
    held = bench.session.token
    bench.session.hello(2, HelloFrame(v=1, session=SESSION, tab="a"), bench.now)
    token, log, _ = bench.log.claim(None, SESSION)
    bench.run(bench.session.claimed(0, token, log, 0, bench.now))
    assert held is not None

    again = bench.session.claimed(2, held, None, 2, bench.now)

    assert [Claim(2, "", token, "a")] == again
    bench.run(again)
    assert (2, token) == (bench.session.line, bench.session.token)


def test_events_that_were_acked_and_never_read_are_not_promised_to_an_older_tab() -> None:
    """I11: before a position from elsewhere lie holes; a tab that resumes there starts anew, and is served."""
    bench = Bench()
    bench.log.append(Append(SESSION, None, "x", 0, (b'{"type":"text"}',) * 3))
    bench.log.fail((FailedRange(3, 3, "expired"),))
    bench.hello(1, resume=2)
    bench.emit(1)
    bench.run(bench.session.lost(1, 1006, "cut", bench.now))

    bench.said()
    bench.hello(2, tab="b", resume=0)

    assert ("position_lost", 2) == (bench.welcome().why, bench.welcome().base)
    assert [(3, 3, "expired"), 4] == bench.seqs()


def test_a_gap_among_retained_events_is_told_again_to_an_older_tab() -> None:
    """What failed needs no body: it is no hole in what is retained."""
    bench = Bench()
    bench.hello(1)
    bench.emit(3)
    bench.fail(2, 2)
    bench.ack(1, 3)

    bench.said()
    bench.hello(2, tab="b", resume=1)

    assert bench.welcome().resumed
    assert [(2, 2, "expired"), 3] == bench.seqs()


def test_a_refusal_whose_ack_was_fenced_is_named_again() -> None:
    """I10: a welcome does not say that the log took what the position brought."""
    model = Delivery()
    model.begin(delayed=True, snapshots=False)
    for step in (
        lambda: model.die_while_sending(fuse=0, count=1),
        lambda: model.take_over(tab=1),
        lambda: model.arrive(count=3),
        lambda: model.cut(pick=0),
        lambda: model.arrive(count=1),
        lambda: model.refuse_and_cut(tab=1, count=1),
        lambda: model.take_over(tab=1),
        model.move_away,
        lambda: model.arrive(count=1),
        lambda: model.arrive(count=1),
        lambda: model.take_over(tab=1),
        lambda: model.flow(count=1),
    ):
        step()
        model.holds()

    model.teardown()
    assert {1: "handler_rejected"} == model.world.log.outcomes
