"""ClientProtocol: one ordered effect at a time, acks after the handler, and a way back from everything."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from stentor.protocol import ClientProtocol, ClientState, Limits, Position
from stentor.protocol._client_effects import Deliver, Dial, Gap, HangUp, Lost, Notice, Said, Send, Snapshot
from stentor.protocol._frames import (
    BatchFrame,
    ByeFrame,
    ErrorFrame,
    EventFrame,
    GapFrame,
    NoticeFrame,
    PingFrame,
    PongFrame,
    SaidFrame,
    SnapshotFrame,
    WelcomeFrame,
)
from stentor.protocol.errors import BadUsage, SessionClosed


class Rig:
    """A client whose socket opens at once; what it sent, decoded."""

    def __init__(self, resume: Position | None = None, limits: Limits | None = None) -> None:
        self.client = ClientProtocol("ada/t1", "tab", resume=resume, limits=limits)
        self.now = 0.0
        self.line = 0
        self.effects: list[Any] = []
        self.sent: list[dict[str, Any]] = []
        self.run(self.client.connect(0.0))

    def run(self, effects: list[Any]) -> None:
        for effect in effects:
            match effect:
                case Dial(line):
                    self.line = line
                    self.run(self.client.opened(line, self.now))
                case Send(_, frames):
                    self.sent += [msgspec.json.decode(frame) for frame in frames]
                case _:
                    self.effects.append(effect)

    def give(self, *frames: Any) -> None:
        for frame in frames:
            self.run(self.client.received(self.line, frame, self.now))

    def welcome(self, base: int = 0, head: int = 0, *, epoch: str = "k", why: str | None = "fresh") -> None:
        self.give(
            WelcomeFrame(v=1, session="ada/t1", epoch=epoch, conn=1, resumed=why is None, why=why, base=base, head=head)
        )

    def lose(self, code: int = 1006) -> None:
        self.run(self.client.closed(self.line, code, "", self.now, 0.5))

    def back(self) -> None:
        self.run(self.client.connect(self.now))

    def tick(self, seconds: float) -> None:
        self.now += seconds
        self.run(self.client.tick(self.now, 0.5))

    def out(self) -> list[Any]:
        """Return the ordered effects since the last call."""
        found = [effect for effect in self.effects if isinstance(effect, (Deliver, Gap, Lost, Snapshot))]
        self.effects = [effect for effect in self.effects if effect not in found]
        return found

    def handle(self, *seqs: int) -> None:
        for seq in seqs:
            self.run(self.client.handled(seq, self.now))

    def taken(self, kind: str) -> list[dict[str, Any]]:
        """Return the frames of *kind* that were sent since the last call, and forget all."""
        found = [frame for frame in self.sent if frame["t"] == kind]
        self.sent = []
        return found


def event(seq: int, type_: str = "text", first: int | None = None) -> EventFrame:
    """Return an event frame."""
    return EventFrame(seq=seq, type=type_, data={"n": seq}, first=first)


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
