"""A reader that is slow is not dead: what counts is that bytes are taken, by a clock that the test moves."""

from __future__ import annotations

from typing import Any

from stentor.actors import ManualClock
from stentor.protocol.errors import HeartbeatTimeout, StentorError, WriteStalled
from stentor.protocol.transports import SocketConnection
from websockets.protocol import OPEN


class Line:
    """What the library is to a connection: loop, transport, protocol; the test takes the bytes."""

    def __init__(self) -> None:
        self.clock = ManualClock(start=50.0)
        self.waiting = 0
        self.out: list[bytes] = []
        self.aborted = False
        self.ping_interval = 10.0
        self.close_timeout = 1.0
        self.remote_address = ("127.0.0.1", 1)
        self.state = OPEN
        self.extensions = self.writes = ()
        self.debug = False
        self.close_rcvd = self.close_sent = self.close_rcvd_then_sent = None
        # The test plays the loop, the transport and the protocol in one.
        self.loop: Any = self
        self.transport: Any = self
        self.protocol: Any = self
        self.errors: list[StentorError | None] = []
        self.line = SocketConnection(self, 5.0)  # type: ignore[arg-type]
        self.line.receiver = self

    # The loop

    def time(self) -> float:
        """Tell the time."""
        return self.clock.now()

    def call_at(self, when: float, callback: Any) -> Any:
        """Set a timer."""
        return self.clock.call_later(when - self.clock.now(), callback)

    # The transport and the protocol

    def get_write_buffer_size(self) -> int:
        """Tell what was not taken."""
        return self.waiting

    def is_closing(self) -> bool:
        """Tell whether it was cut."""
        return self.aborted

    def send_text(self, frame: bytes) -> None:
        """Queue a frame."""
        self.out.append(frame)

    def send_ping(self, data: bytes) -> None:
        """Queue a ping."""
        self.out.append(data)

    def data_to_send(self) -> list[bytes]:
        """Give what is queued."""
        out, self.out = self.out, []
        return out

    def send_data(self) -> None:
        """Write what is queued."""
        for data in self.data_to_send():
            self.write(data)

    def write(self, data: bytes) -> None:
        """Buffer it."""
        self.waiting += len(data)

    def abort(self) -> None:
        """Cut the line."""
        self.aborted = True
        self.line.ended(None)

    # The receiver

    def received(self, data: bytes) -> None:
        """Nothing comes."""

    def lost(self, code: int, reason: str, error: StentorError | None) -> None:
        """Keep the end."""
        self.errors.append(error)


def test_a_reader_that_takes_a_little_now_and_then_is_not_cut() -> None:
    """The buffer stays above its mark for a minute, and drains all the time."""
    it = Line()
    it.line.write([b"x" * 800_000])
    it.line.writing_paused()
    for _ in range(15):
        it.clock.advance(4.0)
        it.waiting -= 1000

    assert ([], False) == (it.errors, it.aborted)


def test_what_is_written_meanwhile_hides_no_progress() -> None:
    """More waits after each look than before it, for the agent is faster than the reader."""
    it = Line()
    it.line.write([b"x" * 100_000])
    it.line.writing_paused()
    for _ in range(15):
        it.clock.advance(4.0)
        it.waiting -= 1000
        it.line.write([b"x" * 5000])

    assert [] == it.errors


def test_a_reader_that_stops_is_cut_after_the_stall_though_it_had_read_before() -> None:
    """Within twice the time, for the last bytes were taken between two looks."""
    it = Line()
    it.line.write([b"x" * 100_000])
    it.line.writing_paused()
    it.clock.advance(4.0)
    it.waiting -= 1000
    it.clock.advance(1.0)
    alive = list(it.errors)
    it.line.write([b"more"])
    it.clock.advance(5.0)

    assert ([], [WriteStalled]) == (alive, [type(error) for error in it.errors])


def test_a_ping_behind_a_long_buffer_is_no_verdict_while_bytes_are_taken() -> None:
    """The answer can not come before the ping has arrived."""
    it = Line()
    it.line.opened(it.ping_interval)
    it.line.write([b"x" * 800_000])
    for _ in range(10):
        it.clock.advance(5.0)
        it.waiting -= 1000
    alive = list(it.errors)
    it.clock.advance(20.0)

    assert ([], [HeartbeatTimeout]) == (alive, [type(error) for error in it.errors])
