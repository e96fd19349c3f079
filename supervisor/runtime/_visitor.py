"""A connection before its hello was accepted: what it may send, and how it is shown out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from stentor.actors import Clock, TimerHandle
from stentor.protocol import (
    ByeFrame,
    CloseCode,
    ErrorFrame,
    HelloFrame,
    Limits,
    NoticeFrame,
    PingFrame,
    PongFrame,
    decode_client,
    encode_frame,
)
from stentor.protocol.errors import AdmissionFailed, ProtocolError, StentorError, WebSocketSendFailureError
from stentor.protocol.transports import Connection, Silent

from ..ledger._redact import hide

__all__ = ["LATER_MS", "Visitor", "show_out"]

LATER_MS = 5000
"""When a client is to come back that could not be asked who it is."""


class Visitor:
    """The receiver of a connection until a session takes it over.

    Args:
        connection: The accepted socket.
        clock: For the time that it has to say hello.
        limits: ``hello_bytes`` and ``hello_timeout``.
        said_hello: Called with a well-formed hello, once.
        left: Called once, with the code and the typed reason, when it is gone without having been taken over.
    """

    def __init__(
        self,
        connection: Connection,
        clock: Clock,
        limits: Limits,
        said_hello: Callable[[Visitor, HelloFrame], None],
        left: Callable[[Visitor, int, StentorError | str], None],
    ) -> None:
        self.connection = connection
        self.hello: HelloFrame | None = None
        self.asked: Callable[[], object] | None = None
        """Gives up the question who it is, when nobody waits for the answer any more."""
        self.tries = 0
        """How often the gateway has taken it up."""
        self._limits = limits
        self._said_hello = said_hello
        self._left = left
        self._gone = False
        self._timer: TimerHandle = clock.call_later(limits.hello_timeout, self._too_late)
        connection.receiver = self

    def received(self, data: bytes) -> None:
        """Take the hello, then ping and bye while the welcome is awaited; anything else ends the connection."""
        if self._gone:
            return
        try:
            frame = decode_client(data, self._limits.hello_bytes)
            if frame is None:
                return
            if self.hello is not None and isinstance(frame, PingFrame | ByeFrame):
                self._meanwhile(frame)
                return
            if not isinstance(frame, HelloFrame) or self.hello is not None:
                raise ProtocolError(
                    "hello comes first, once, and then the welcome is awaited", CloseCode.PROTOCOL_ERROR
                )
        except ProtocolError as error:
            self.refuse(error.details["close_code"], error)
            return
        self.hello = frame
        self._said_hello(self, frame)

    def lost(self, code: int, reason: str, error: StentorError | None) -> None:
        """It went by itself."""
        self._leave(code, error or reason or "the client closed before it was let in")

    @property
    def secrets(self) -> tuple[str, ...]:
        """What it said that nobody may read again."""
        token = None if self.hello is None else self.hello.token
        return (token,) if token else ()

    @property
    def gone(self) -> bool:
        """Whether it left, was shown out, or was taken over."""
        return self._gone

    def refuse(self, code: int, error: StentorError, after_ms: int | None = None) -> None:
        """Say why, say bye, close with *code*."""
        if self._gone:
            return
        self._leave(code, error)
        self.connection.receiver = Silent()
        show_out(self.connection, code, error, after_ms, self.secrets)

    def _meanwhile(self, frame: PingFrame | ByeFrame) -> None:
        if isinstance(frame, ByeFrame):
            self._leave(CloseCode.NORMAL, "the client said bye before it was let in")
            self.connection.receiver = Silent()
            self.connection.close(CloseCode.NORMAL, "bye")
            return
        try:
            self.connection.write([encode_frame(PongFrame(id=frame.id))])
        except WebSocketSendFailureError as error:
            self.connection.abort()
            self._leave(1006, error)

    def taken_over(self) -> None:
        """A session has it now."""
        self._gone = True
        self._timer.cancel()

    def _too_late(self) -> None:
        if self.hello is None:
            error = ProtocolError(f"no hello within {self._limits.hello_timeout:g} s", CloseCode.HELLO_TIMEOUT)
            self.refuse(CloseCode.HELLO_TIMEOUT, error)
        else:
            slow = AdmissionFailed(f"who you are was not found out within {self._limits.hello_timeout:g} s; come back")
            self.refuse(CloseCode.STORE_UNAVAILABLE, slow, LATER_MS)

    def _leave(self, code: int, why: StentorError | str) -> None:
        if not self._gone:
            self._gone = True
            self._timer.cancel()
            self._left(self, code, why)
            if self.asked is not None:
                self.asked()


def show_out(
    connection: Connection, code: int, error: StentorError, after_ms: int | None = None, secrets: Sequence[str] = ()
) -> None:
    """Write what ends *connection*: an error, or for a code that reconnects a notice; then bye and the Close frame.

    *secrets* do not stand in what is said.
    """
    said = hide(str(error), secrets)[0][:500]
    stops = code >= CloseCode.PROTOCOL_ERROR
    first = (
        ErrorFrame(code=str(error.details.get("kind", error.code)), fatal=True, msg=said)
        if stops
        else NoticeFrame(code=error.code, msg=said, after_ms=after_ms, failure=error.failure_id)
    )
    bye = ByeFrame(code=code, reconnect=not stops, after_ms=after_ms)
    try:
        connection.write([encode_frame(first), encode_frame(bye)])
    except WebSocketSendFailureError:
        # It broke meanwhile: its end is on record already, and nobody is left to be told.
        connection.abort()
        return
    connection.close(code, error.code)
