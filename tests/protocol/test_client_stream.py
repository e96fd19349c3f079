"""ClientProtocol: one ordered effect at a time, acks after the handler, losses told once."""

from __future__ import annotations

from typing import Any

import pytest
from stentor.protocol import ClientState, Limits, Position
from stentor.protocol._frames import (
    BatchFrame,
    EventFrame,
    GapFrame,
    SnapshotFrame,
)
from stentor.protocol.client._effects import Deliver, Gap, HangUp, Lost, Snapshot

from .rig import Rig, event


def test_events_are_handed_out_one_by_one() -> None:
    """The next comes when the handler has returned."""
    rig = Rig()
    rig.welcome(head=2)
    rig.give(BatchFrame(ev=[event(1), event(2)]))

    assert [1] == [effect.seq for effect in rig.out()]
    rig.handle(1)
    assert [2] == [effect.seq for effect in rig.out()]


def test_an_ack_goes_only_for_what_was_handled() -> None:
    """Not when a frame is received, and not when it is queued."""
    rig = Rig(limits=Limits(ack_events=2))
    rig.welcome()
    rig.give(event(1), event(2), event(3))
    rig.tick(0.3)
    assert [] == rig.taken("ack")

    rig.handle(1, 2)
    assert [{"t": "ack", "epoch": "k", "seq": 2}] == [
        {key: frame[key] for key in ("t", "epoch", "seq")} for frame in rig.taken("ack")
    ]


def test_the_end_of_a_run_is_acknowledged_at_once_and_the_rest_after_250_ms() -> None:
    """Or after 32 events."""
    rig = Rig()
    rig.welcome()
    rig.give(event(1))
    rig.handle(1)
    assert [] == rig.taken("ack")
    assert 0.25 == rig.client.next_deadline()
    rig.tick(0.25)
    assert [1] == [frame["seq"] for frame in rig.taken("ack")]

    rig.give(event(2, "agent_completed"))
    rig.handle(2)
    assert [2] == [frame["seq"] for frame in rig.taken("ack")]


def test_a_late_timer_acks_with_the_next_frame() -> None:
    """A background tab's timers are throttled, its ``onmessage`` is not."""
    rig = Rig()
    rig.welcome()
    rig.give(event(1))
    rig.handle(1)
    rig.now = 1.0
    rig.give(event(2))

    assert [1] == [frame["seq"] for frame in rig.taken("ack")]


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (event(2), []),
        (event(4), [4]),
        (event(6, first=4), [6]),
        (event(5), [4103]),
        (event(4, first=3), [4103]),
        (GapFrame(first=1, last=3, code="x"), []),
        (GapFrame(first=2, last=5, code="x"), [5]),
        (GapFrame(first=5, last=6, code="x"), [4103]),
    ],
)
def test_a_range_is_ignored_applied_clipped_or_a_reason_to_resume(frame: Any, expected: list[int]) -> None:
    """The last one received is 3."""
    rig = Rig()
    rig.welcome()
    rig.give(event(1), event(2), event(3))
    rig.handle(1, 2, 3)
    rig.effects.clear()
    rig.give(frame)

    assert expected == [
        effect.seq if isinstance(effect, (Deliver, Gap)) else effect.code
        for effect in rig.effects
        if isinstance(effect, (Deliver, Gap, HangUp))
    ]


def test_a_gap_is_clipped_to_what_is_news_and_moves_the_position() -> None:
    """Its seqs are acknowledged like handled ones."""
    rig = Rig()
    rig.welcome()
    rig.give(event(1), GapFrame(first=1, last=4, code="expired"))
    rig.handle(1)

    assert [Gap("k", 2, 4, "expired")] == rig.out()[1:]
    rig.handle(4)
    assert Position("k", 4) == rig.client.position


def test_what_comes_twice_is_delivered_once() -> None:
    """The server repeats what it does not know to be written."""
    rig = Rig()
    rig.welcome()
    rig.give(event(1), event(1), BatchFrame(ev=[event(1), event(2)]))
    rig.handle(1, 2)

    assert [1, 2] == [effect.seq for effect in rig.out()]


def test_a_cut_resumes_from_what_was_handled_and_gives_nothing_again() -> None:
    """What runs now is remembered; what waited comes again."""
    rig = Rig()
    rig.welcome()
    rig.give(event(1), event(2), event(3))
    rig.handle(1)
    rig.lose()
    assert ClientState.BACKOFF == rig.client.state
    rig.back()

    assert {"epoch": "k", "seq": 1} == rig.taken("hello")[-1]["resume"]
    rig.welcome(base=1, head=3, why=None)
    rig.give(event(2), event(3))
    rig.handle(2, 3)
    assert [1, 2, 3] == [effect.seq for effect in rig.out()]


def test_refused_events_are_named_in_the_resume_if_their_ack_may_be_lost() -> None:
    """Or the resume would acknowledge them as handled."""
    rig = Rig()
    rig.welcome()
    rig.give(event(1), event(2), event(3))
    rig.run(rig.client.rejected(1, "handler_error", "TypeError", 0.0))
    assert [[{"seq": 1, "code": "handler_error", "msg": "TypeError"}]] == [frame["rej"] for frame in rig.taken("ack")]
    rig.handle(2)
    rig.run(rig.client.rejected(3, "handler_error", "TypeError", 0.0))
    rig.lose()
    rig.back()

    assert {"epoch": "k", "seq": 3, "rej": [[1, 1], [3, 3]]} == rig.taken("hello")[-1]["resume"]


def test_a_refusal_is_confirmed_when_the_server_sends_a_window_further() -> None:
    """The list does not grow for ever."""
    rig = Rig(limits=Limits(window_events=2))
    rig.welcome()
    for seq in range(1, 6):
        rig.give(event(seq))
        rig.run(rig.client.rejected(seq, "c", "", 0.0))

    assert [4, 5] == rig.client.data.unconfirmed


def test_a_position_takes_the_refusals_with_it_that_the_host_may_not_know() -> None:
    """Another client that resumes there says them again, instead of confirming what was refused."""
    rig = Rig()
    rig.welcome()
    rig.give(event(1), event(2))
    rig.run(rig.client.rejected(1, "c", "", 0.0))
    saved = rig.client.position
    (hello,) = Rig(resume=saved).taken("hello")

    assert Position("k", 1, refused=((1, 1),)) == saved
    assert {"epoch": "k", "seq": 1, "rej": [[1, 1]]} == hello["resume"]


def test_a_lost_position_is_told_once_before_the_next_event() -> None:
    """RESYNC until the application has heard of it."""
    rig = Rig(resume=Position("old", 7))
    rig.welcome(base=2, head=3, why="epoch_changed")
    rig.give(event(3))

    assert [Lost("epoch_changed", Position("old", 7), "k", 2)] == rig.out()
    assert ClientState.RESYNC == rig.client.state
    rig.handle(2)
    assert [3] == [effect.seq for effect in rig.out()]
    assert (ClientState.LIVE, Position("k", 2)) == (rig.client.state, rig.client.position)


def test_an_event_of_before_a_loss_is_not_acknowledged_after_it() -> None:
    """Its handler returns late; its seq means another event now."""
    rig = Rig()
    rig.welcome()
    rig.give(event(1), event(2))
    rig.lose()
    rig.back()
    rig.taken("hello")
    rig.welcome(base=0, head=2, epoch="new", why="epoch_changed")
    rig.give(EventFrame(seq=1, type="text", data=None), EventFrame(seq=2, type="text", data=None))
    rig.handle(1)
    rig.tick(1.0)

    assert [] == rig.taken("ack")
    assert ["Deliver", "Lost"] == [type(effect).__name__ for effect in rig.out()]
    rig.handle(0)
    assert [("new", 1)] == [(effect.epoch, effect.seq) for effect in rig.out()]


def test_a_client_that_saved_nothing_has_nothing_to_lose() -> None:
    """The first welcome of a fresh client is no loss."""
    rig = Rig()
    rig.welcome(base=41, head=41)

    assert [] == rig.out()
    assert (ClientState.LIVE, Position("k", 41)) == (rig.client.state, rig.client.position)


def test_a_snapshot_stands_before_the_events_and_comes_once() -> None:
    """A repeated one is ignored."""
    rig = Rig()
    rig.welcome(base=41, head=42)
    rig.give(SnapshotFrame(upto=41, data={"a": 1}), SnapshotFrame(upto=41, data={"a": 1}), event(42))

    assert [Snapshot("k", 41, {"a": 1})] == rig.out()
    rig.handle(41)
    assert [42] == [effect.seq for effect in rig.out()]
