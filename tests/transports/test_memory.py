"""The transport in memory: what it delivers, and when."""

from __future__ import annotations

import pytest
from stentor.protocol.errors import StentorError, WebSocketConnectionLostError, WebSocketSendFailureError
from stentor.protocol.transports import memory_pair


class Ear:
    """A receiver that remembers."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.ends: list[tuple[int, str, StentorError | None]] = []

    def received(self, data: bytes) -> None:
        """Remember a message."""
        self.heard.append(data)

    def lost(self, code: int, reason: str, error: StentorError | None) -> None:
        """Remember the end."""
        self.ends.append((code, reason, error))


def test_nothing_arrives_before_it_is_delivered() -> None:
    """The test decides when a message arrives."""
    server, client = memory_pair()
    client.receiver = ear = Ear()
    server.write([b"1", b"2"])
    before = list(ear.heard)
    server.deliver(limit=1)

    assert ([], [b"1"], 1) == (before, ear.heard, server.pending_bytes)


def test_a_batch_counts_as_one_write() -> None:
    """Writes are counted with their frames."""
    server, _ = memory_pair()
    server.write([b"1", b"2", b"3"])
    server.write([b"4"])

    assert [3, 1] == server.writes


def test_a_cut_line_tells_both_ends_and_loses_what_was_under_way() -> None:
    """An abort is a lost connection to both."""
    server, client = memory_pair()
    server.receiver, client.receiver = near, far = Ear(), Ear()
    server.write([b"1"])
    client.abort()
    server.deliver()

    assert [[], []] == [near.heard, far.heard]
    assert [WebSocketConnectionLostError] * 2 == [type(ear.ends[0][2]) for ear in (near, far)]


def test_a_goodbye_comes_after_what_was_written_before_it() -> None:
    """A close keeps the order of the line, and is no failure."""
    server, client = memory_pair()
    server.receiver, client.receiver = near, far = Ear(), Ear()
    server.write([b"last"])
    server.close(4100, "draining")
    server.deliver()

    assert [b"last"] == far.heard
    assert [(4100, "draining", None)] == far.ends == near.ends


def test_a_write_after_the_end_raises() -> None:
    """A dead connection accepts nothing, loudly."""
    server, client = memory_pair()
    client.abort()

    with pytest.raises(WebSocketSendFailureError):
        server.write([b"1"])


def test_what_came_before_the_receiver_is_handed_over() -> None:
    """No message is lost between accept and attach."""
    server, client = memory_pair()
    client.write([b"hello"])
    client.deliver()
    server.receiver = ear = Ear()

    assert [b"hello"] == ear.heard


def test_a_receiver_that_comes_after_the_end_is_told_of_it_once() -> None:
    """Whoever takes over a connection learns how it ended, behind what had come before."""
    server, client = memory_pair()
    client.write([b"hello"])
    client.close(1001, "page left")
    client.deliver()
    server.abort()
    server.receiver = ear = Ear()

    assert ([b"hello"], [(1001, "page left", None)]) == (ear.heard, ear.ends)
