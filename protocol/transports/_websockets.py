"""A session's view of a WebSocket: one write for a batch, a watchdog on stalls, typed ends."""

from __future__ import annotations

from collections.abc import Sequence

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import InvalidState
from websockets.protocol import OPEN

from .._closecodes import CloseCode, fit_reason, reconnects
from .._codec import encode_frame
from .._frames import ByeFrame, ErrorFrame, Frame
from ..errors import HeartbeatTimeout, ProtocolError, StentorError, WriteStalled
from ._closing import how_it_ended
from ._reporter import Reporter
from ._taking import Taking
from ._text_messages import text_messages
from ._watchdog import Watchdog

__all__ = ["SocketConnection"]


class SocketConnection(Reporter):
    """The :class:`Connection` of a session over the websockets library.

    Args:
        library: The library's connection; it reports to this object what comes from the peer.
        stall: Seconds in which a peer for which bytes wait has to take some, or it counts as dead.
    """

    __slots__ = (
        "__weakref__",
        "_breach",
        "_dead",
        "_heard",
        "_heartbeat",
        "_living",
        "_stall",
        "_taking",
        "_written",
        "library",
    )

    def __init__(self, library: ServerConnection, stall: float) -> None:
        super().__init__()
        self.library = library
        self._dead: StentorError | None = None
        self._breach: ProtocolError | None = None
        """What the parser did not let in, said to the peer as if we had read it."""
        self._stall = Watchdog(library.loop, stall, self._write_stalled)
        self._heartbeat: Watchdog | None = None
        self._heard = True
        self._written = 0
        """Bytes that were given to the transport, but for the few that the library writes by itself."""
        # For the watchdog on writes and for the heartbeat: each compares with its own last look.
        self._taking, self._living = Taking(), Taking()

    @property
    def remote(self) -> str:
        """Address of the peer."""
        address = self.library.remote_address
        return f"{address[0]}:{address[1]}" if isinstance(address, tuple) else str(address)

    @property
    def leaving(self) -> bool:
        """Whether one of the ends is closing, or the line is gone."""
        return self._dead is not None or self.library.protocol.state is not OPEN

    @property
    def pending_bytes(self) -> int:
        """Bytes that the operating system has not taken yet."""
        return self.library.transport.get_write_buffer_size()

    def write(self, frames: Sequence[bytes]) -> None:
        """Send each of *frames* as one text message, all by one write of the transport.

        Raises:
            WebSocketSendFailureError: If the connection is dead or closing.
        """
        transport = self.library.transport
        # After an abort the transport accepts, and drops, whatever is written: ask our own flag first.
        if self._dead is not None or transport.is_closing():
            raise self._unsent(self._dead or "the connection is closing")
        protocol = self.library.protocol
        if protocol.extensions or protocol.writes or protocol.debug:
            # What the library has to compress, to put in order with its own frames, or to log, it writes itself.
            try:
                for frame in frames:
                    protocol.send_text(frame)
            except InvalidState as error:
                raise self._unsent(error) from error
            data = b"".join(protocol.data_to_send())
        elif protocol.state is OPEN:
            data = text_messages(frames)
        else:
            raise self._unsent(f"connection is {protocol.state.name.lower()}")
        self._written += len(data)
        transport.write(data)

    def close(self, code: int, reason: str) -> None:
        """Say goodbye and go, within the close timeout."""
        if self.library.protocol.state is OPEN and self._dead is None:
            self.library.protocol.send_close(code, fit_reason(reason))
            self.go()

    def refuse(self, code: int, reason: str) -> None:
        """End the connection for a breach of the WebSocket protocol itself."""
        if self.library.protocol.state is OPEN and self._dead is None:
            self.library.protocol.fail(code, fit_reason(reason))
            self.go()

    def go(self) -> None:
        """Write what is left, and cut the line when the close timeout is over."""
        self.library.send_data()
        self.library.loop.call_later(self.library.close_timeout or 0.0, self.library.transport.abort)

    def abort(self, error: StentorError | None = None) -> None:
        """Cut the connection now. It is marked dead first: a write that was stuck reports success after an abort."""
        if self._dead is None:
            self._dead = error or self._lost("we cut the connection")
        self._stop_watching()
        self.library.transport.abort()

    def pause_reading(self) -> None:
        """Take no more from the peer for now."""
        if not self.library.transport.is_closing():
            self.library.transport.pause_reading()

    def resume_reading(self) -> None:
        """Take from the peer again."""
        if not self.library.transport.is_closing():
            self.library.transport.resume_reading()

    # What the library's side reports

    def message(self, data: bytes) -> None:
        """Hand one whole text message on; bad UTF-8 ends the connection with 1007."""
        try:
            str(data, "utf-8")
        except UnicodeDecodeError as error:
            self.refuse(1007, f"{error.reason} at position {error.start}")
            return
        self._receiver.received(data)

    def too_large(self, why: str) -> int:
        """Tell the peer of a message that the parser will not read; return the code to close with."""
        self._breach = ProtocolError(why, int(CloseCode.FRAME_TOO_LARGE), kind="too_large")
        frames: list[Frame] = [
            ErrorFrame(code="too_large", fatal=True, msg=why),
            ByeFrame(code=int(CloseCode.FRAME_TOO_LARGE), reconnect=reconnects(CloseCode.FRAME_TOO_LARGE)),
        ]
        for frame in frames:
            self.library.protocol.send_text(encode_frame(frame))
        return CloseCode.FRAME_TOO_LARGE

    def heard(self) -> None:
        """The peer lives."""
        self._heard = True

    def opened(self, ping_interval: float | None) -> None:
        """The handshake is done: ping by timer, so that no ping hangs behind a full buffer."""
        if ping_interval is not None:
            self._heartbeat = Watchdog(self.library.loop, ping_interval, self._beat)
            self._heartbeat.start()

    def writing_paused(self) -> None:
        """The write buffer is full."""
        self._taking.look(self._written, self.pending_bytes)
        self._stall.start()

    def writing_resumed(self) -> None:
        """The write buffer drained."""
        self._stall.stop()

    def ended(self, exc: Exception | None) -> None:
        """The line is gone: tell the receiver how."""
        self._stop_watching()
        protocol = self.library.protocol
        code, reason, error = how_it_ended(protocol.close_rcvd, protocol.close_sent, protocol.close_rcvd_then_sent)
        if self._dead is not None:
            code, reason, error = 1006, str(self._dead), self._dead
        elif self._breach is not None:
            code, reason, error = int(CloseCode.FRAME_TOO_LARGE), str(self._breach), self._breach
        elif error is not None and exc is not None:
            error.__cause__ = exc
        self._dead = self._dead or error or self._lost(reason)
        self._end(code, reason, error)

    def _beat(self) -> None:
        heartbeat = self._heartbeat
        if heartbeat is None or self.library.protocol.state is not OPEN:
            return
        taking = self._living.look(self._written, self.pending_bytes)
        if not self._heard and not taking:
            why = f"no sign of life for {self.library.ping_interval} s after a ping"
            self.abort(HeartbeatTimeout(reason=why, close_code=1006, user_id=None, thread_id=None))
            return
        self._heard = False
        self.library.protocol.send_ping(b"stentor")
        self.library.send_data()
        heartbeat.start()

    def _write_stalled(self) -> None:
        if self._taking.look(self._written, self.pending_bytes):
            # The buffer is still above its mark, but a slow reader is no dead one.
            self._stall.start()
            return
        why = f"the peer took no bytes while {self.pending_bytes} waited"
        self.abort(WriteStalled(reason=why, close_code=1006, user_id=None, thread_id=None))

    def _stop_watching(self) -> None:
        self._stall.stop()
        if self._heartbeat is not None:
            self._heartbeat.stop()
            self._heartbeat = None
