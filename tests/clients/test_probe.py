"""The probe: a client for tests, over a pair in memory."""

from __future__ import annotations

import json
from typing import Any

import pytest
from stentor.actors import ManualClock
from stentor.protocol import AgentCompleted, Text
from stentor.protocol.clients import ProbeClient, memory_dial
from stentor.protocol.transports import MemoryConnection, memory_pair


class Host:
    """The server's ends of the pairs that a probe opened, for a test that speaks frames by hand."""

    def __init__(self) -> None:
        self.ends: list[MemoryConnection] = []
        self.frames: list[dict[str, Any]] = []
        self.lost_codes: list[int] = []

    def connect(self) -> MemoryConnection:
        server, client = memory_pair()
        server.receiver = self
        self.ends.append(server)
        return client

    def received(self, data: bytes) -> None:
        self.frames.append(json.loads(data))

    def lost(self, code: int, reason: str, error: Exception | None) -> None:
        self.lost_codes.append(code)

    def give(self, *frames: dict[str, Any]) -> None:
        self.ends[-1].peer.deliver()
        self.ends[-1].write([json.dumps(frame).encode() for frame in frames])
        self.ends[-1].deliver()
        self.ends[-1].peer.deliver()

    def welcome(self, **more: Any) -> None:
        frame = {"t": "welcome", "v": 1, "session": "ada/t1", "epoch": "A", "conn": 1, "base": 0, "head": 0}
        self.give({**frame, "resumed": False, **more})


@pytest.fixture
def host() -> Host:
    """Return a host whose every word the test chooses."""
    return Host()


@pytest.fixture
def clock() -> ManualClock:
    """Return time that the test moves."""
    return ManualClock()


@pytest.fixture
async def probe(host: Host, clock: ManualClock) -> ProbeClient:
    """Return a probe that is live."""
    probe = ProbeClient(memory_dial(host.connect), session="ada/t1", clock=clock)
    probe.start()
    await clock.settle()
    host.welcome()
    return probe


async def test_it_keeps_every_frame_and_every_handled_event(probe: ProbeClient, host: Host, event) -> None:
    """Both directions, and the client's own log."""
    host.give(event(1), event(2, "agent_completed"))

    assert ["welcome", "event", "event"] == [frame["t"] for frame in probe.frames_in]
    assert ["hello", "ack"] == [frame["t"] for frame in probe.frames_out] == [frame["t"] for frame in host.frames]
    assert [Text("r1", "w1"), AgentCompleted("r1")] == [delivery.event for delivery in probe.handled]


async def test_while_it_holds_nothing_is_acknowledged(
    probe: ProbeClient, host: Host, clock: ManualClock, event
) -> None:
    """A release lets the handler return, and the ack goes out."""
    probe.hold()
    host.give(event(1, "agent_completed"))
    await clock.run(1.0)
    assert (1, []) == (len(probe.given), probe.handled)

    probe.release()
    assert [1] == probe.seqs
    assert {"t": "ack", "epoch": "A", "seq": 1} == probe.frames_out[-1]


async def test_a_rejected_event_is_refused_by_its_ack(probe: ProbeClient, host: Host, event) -> None:
    """Only the next event is refused."""
    probe.reject("mood", "not today")
    host.give(event(1), event(2))

    assert [2] == probe.seqs
    assert [{"seq": 1, "code": "mood", "msg": "not today"}] == probe.frames_out[-1]["rej"]


async def test_a_cut_is_a_lost_line_for_both_and_the_probe_comes_back(
    probe: ProbeClient, host: Host, clock: ManualClock, event
) -> None:
    """It resumes from what it handled."""
    host.give(event(1))
    probe.cut()
    await clock.run(1.0)
    host.give()

    assert [1006] == host.lost_codes
    assert {"epoch": "A", "seq": 1} == host.frames[-1]["resume"]


async def test_it_can_send_what_no_client_would(probe: ProbeClient, host: Host) -> None:
    """Raw frames go past the machine."""
    probe.send({"t": "ack", "epoch": "A", "seq": 99})
    probe.send('{"t":"novelty"}')
    host.give()

    assert [("ack", 99), ("novelty", None)] == [(frame["t"], frame.get("seq")) for frame in host.frames[1:]]


async def test_answers_to_what_it_says_are_kept(probe: ProbeClient, host: Host) -> None:
    """By number, with the refusal."""
    numbers = [probe.say("prompt", "one"), probe.say("prompt", "two")]
    host.give({"t": "said", "cid": 1}, {"t": "said", "cid": 2, "refused": {"code": "mood", "msg": "no"}})

    assert [1, 2] == numbers
    assert {1: None, 2: ("mood", "no")} == probe.said


async def test_until_waits_for_what_the_test_names(probe: ProbeClient, host: Host, event) -> None:
    """It looks again after everything that happens."""
    host.give(event(1))

    await probe.until(lambda probe: probe.seqs == [1])
    assert "live" == probe.state.value


async def test_a_stopped_probe_says_bye(probe: ProbeClient, host: Host) -> None:
    """The host hears the goodbye and the close code."""
    await probe.stop(end=True)
    host.ends[-1].peer.deliver()

    assert {"t": "bye", "end": True} == host.frames[-1]
    assert [1000] == host.lost_codes
