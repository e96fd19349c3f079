"""ClientProtocol: the client half of the wire protocol, a machine without I/O, clock or chance."""

from __future__ import annotations

from typing import Any

from .._closecodes import CloseCode
from .._codec import encode_frame
from .._frames import ByeFrame, PingFrame, SayFrame, ServerFrame
from .._limits import Limits
from ..errors import BadUsage, SessionClosed
from . import _handshake, _received, _stream
from ._effects import ClientEffect, ClientState, Deliver, Position
from ._state import CONNECTED, ClientData, Ordered, back_off, dial, go, hang_up, retry_in, send

__all__ = ["ClientProtocol"]

_OPENING = (ClientState.CONNECTING, ClientState.HELLO)


class ClientProtocol:
    """One client of one session.

    Every input returns the effects to execute, in order. An input that raises changed nothing. *now* is monotonic
    time in seconds, *chance* a random number in [0, 1).

    Args:
        session: Name of the session.
        tab: Name of this tab or process; a new one for each, kept over reconnects.
        token: Sent in hello; assign ``client.token`` for a fresh one.
        resume: Position that the application saved together with its state.
        limits: Waits and bounds.
        name: Of the client library, for the server's records.
        version: Of the client library.
    """

    __slots__ = ("data",)

    def __init__(
        self,
        session: str,
        tab: str,
        *,
        token: str | None = None,
        resume: Position | None = None,
        limits: Limits | None = None,
        name: str = "stentor-py",
        version: str = "0",
    ) -> None:
        limits = limits if limits is not None else Limits()
        self.data = ClientData(session, tab, token, limits, {"n": name, "v": version}, resume)
        if resume is not None:
            self.data.epoch, self.data.base, self.data.last = resume.epoch, resume.seq, resume.seq
            self.data.unconfirmed = [seq for first, last in resume.refused for seq in range(first, last + 1)]

    @property
    def state(self) -> ClientState:
        """Where the client is."""
        return self.data.state

    @property
    def position(self) -> Position | None:
        """What the application has handled; None before the first ``welcome`` of a client that resumed nothing."""
        data = self.data
        if data.position is None or not data.unconfirmed or data.position.epoch != data.epoch:
            return data.position
        return Position(data.position.epoch, data.position.seq, _handshake.ranges(data.unconfirmed, data.position.seq))

    @property
    def token(self) -> str | None:
        """What the next hello will carry."""
        return self.data.token

    @token.setter
    def token(self, token: str | None) -> None:
        self.data.token = token

    def connect(self, now: float) -> list[ClientEffect]:
        """Begin (from IDLE or ENDED), or cut the waiting in BACKOFF short."""
        if self.data.state in _OPENING or self.data.state in CONNECTED:
            return []
        return dial(self.data, now)

    def opened(self, line: int, now: float) -> list[ClientEffect]:
        """The socket of ``Dial(line)`` is open, with the subprotocol. One that we gave up meanwhile is ignored."""
        if line != self.data.line or self.data.state is not ClientState.CONNECTING:
            return []
        self.data.heard = now
        return _handshake.hello(self.data)

    def closed(self, line: int, code: int | None, reason: str, now: float, chance: float) -> list[ClientEffect]:
        """The socket is gone, or could not be opened (code None)."""
        data = self.data
        if line != data.line or not (data.state in _OPENING or data.state in CONNECTED):
            return []
        data.line += 1
        effects = back_off(data, now, code, reason)
        if data.state is ClientState.BACKOFF:
            retry_in(data, now, chance)
        return effects

    def received(self, line: int, frame: ServerFrame | None, now: float) -> list[ClientEffect]:
        """A decoded frame came (None: an unknown optional one)."""
        data = self.data
        if line != data.line or not (data.state is ClientState.HELLO or data.state in CONNECTED):
            return []
        return _received.received(data, frame, now)

    def handled(self, seq: int, now: float) -> list[ClientEffect]:
        """The handler has returned for the ordered effect that is out, of this *seq*.

        Raises:
            BadUsage: If none of this seq is out.
        """
        return _stream.handled(self.data, self._out(seq), now)

    def rejected(self, seq: int, code: str, msg: str, now: float) -> list[ClientEffect]:
        """The handler refused the event *seq*: it becomes failed(handler_rejected), and the stream goes on.

        Raises:
            BadUsage: If no event of this seq is out.
        """
        item = self._out(seq)
        if not isinstance(item, Deliver):
            raise BadUsage(f"only an event can be refused, not {item!r}")
        _stream.refuse(self.data, item, code, msg)
        return _stream.handled(self.data, item, now)

    def say(self, type: str, data: Any, now: float) -> tuple[int, list[ClientEffect]]:  # noqa: A002
        """Send a message; returns its cid, which ``Said`` will name. Repeated after a resume until answered.

        Raises:
            SessionClosed: If the client has ended.
            BadUsage: If *data* can not be said in JSON, or the message is too large.
        """
        own = self.data
        if own.state is ClientState.ENDED:
            raise SessionClosed("the client has ended; connect it again")
        try:
            frame = encode_frame(SayFrame(cid=own.cid + 1, type=type, data=data))
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            raise BadUsage(f"this can not be said in JSON: {error}") from error
        if len(frame) > own.limits.frame_bytes:
            raise BadUsage(
                f"a message of {len(frame)} bytes; {own.limits.frame_bytes} are allowed; send less at a time"
            )
        own.cid += 1
        own.says[own.cid] = frame
        return own.cid, _handshake.send_says(own) if own.state in CONNECTED else []

    def wake(self, now: float) -> list[ClientEffect]:
        """The network or the page came back: try now, or ask the open socket whether it lives (3 s)."""
        data = self.data
        if data.state is ClientState.BACKOFF:
            # A delay that the server asked for holds: it spreads its clients.
            return dial(data, now) if now >= data.not_before else []
        if data.state in CONNECTED and data.ping_at is None:
            return self._ping(now)
        return []

    def tick(self, now: float, chance: float) -> list[ClientEffect]:
        """Time has come to ``next_deadline``."""
        data, limits = self.data, self.data.limits
        if data.state is ClientState.BACKOFF:
            if data.retry_at is None:
                retry_in(data, now, chance)
            return dial(data, now) if data.retry_at is not None and now >= data.retry_at else []
        if data.state in _OPENING and now >= data.since + limits.welcome:
            return hang_up(data, now, int(CloseCode.HEARTBEAT_TIMEOUT), "no welcome came")
        if data.state not in CONNECTED:
            return []
        effects: list[ClientEffect] = []
        if data.ack_due is not None and now >= data.ack_due:
            effects += _stream.ack(data)
        if data.ping_at is None:
            return effects + (self._ping(now) if now >= data.heard + limits.silence else [])
        late = now - (data.ping_at + limits.probe)
        if late > limits.loop_lag:
            # Our own loop was late: the answer may have come in time and waits behind this timer.
            effects += self._ping(now)
        elif late >= 0.0:
            effects += hang_up(data, now, int(CloseCode.HEARTBEAT_TIMEOUT), "the server did not answer a ping")
        return effects

    def next_deadline(self) -> float | None:
        """When ``tick`` should be called; may be too early, never too late. Ask after each step."""
        data, limits = self.data, self.data.limits
        if data.state is ClientState.BACKOFF:
            # Chance has not been asked yet where a frame or a timer ended the line: tick brings it at once.
            return 0.0 if data.retry_at is None else data.retry_at
        if data.state in _OPENING:
            return data.since + limits.welcome
        if data.state not in CONNECTED:
            return None
        due = data.heard + limits.silence if data.ping_at is None else data.ping_at + limits.probe
        return due if data.ack_due is None or data.ack_due > due else data.ack_due

    def stop(self, now: float, *, end: bool = False) -> list[ClientEffect]:
        """Say bye and end; *end* asks the host to end the session too. What waits unhandled stays with the host."""
        data = self.data
        effects: list[ClientEffect] = []
        if data.state in CONNECTED:
            effects += _stream.ack(data)
            effects.append(send(data, ByeFrame(end=end)))
        data.bye = (int(CloseCode.NORMAL), False, None)
        if data.state in _OPENING or data.state in CONNECTED:
            return effects + hang_up(data, now, int(CloseCode.NORMAL), "the application closed the client")
        return effects + go(data, ClientState.ENDED, int(CloseCode.NORMAL), "the application closed the client")

    def _ping(self, now: float) -> list[ClientEffect]:
        self.data.pings += 1
        self.data.ping_at = now
        return [send(self.data, PingFrame(id=self.data.pings))]

    def _out(self, seq: int) -> Ordered:
        item = self.data.out
        if item is None or item.seq != seq:
            raise BadUsage(f"{seq} is not out; out is {item!r}")
        return item
