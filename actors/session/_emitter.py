"""The emitter: the sockets of one session. They belong to the estate; an incarnation borrows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from attrs import frozen
from stentor.protocol import HelloFrame
from stentor.protocol.errors import StentorError
from stentor.protocol.transports import Connection, Silent, Taking

__all__ = ["Arrival", "Emitter", "Ended", "Wire"]

_WAITING = 256


@frozen
class Ended:
    """The socket is gone."""

    code: int
    reason: str
    error: StentorError | None


Arrival: TypeAlias = "tuple[Wire, bytes | HelloFrame | Ended]"
"""What came in, and on which wire."""


class Wire:
    """One socket, and its line number. It puts what arrives into the emitter's queue, in order.

    A peer that sends faster than its session handles is not read for a while: its own writes stall then.
    """

    __slots__ = ("_emitter", "_paused", "_taking", "_waiting", "connection", "ended", "identity", "line", "written")

    def __init__(self, emitter: Emitter, line: int, connection: Connection, identity: Any) -> None:
        self._emitter = emitter
        self._paused = False
        self._taking = Taking()
        self._waiting = 0
        self.written = 0
        """Bytes of frames, ever."""
        self.line = line
        self.connection = connection
        self.identity = identity
        self.ended = False

    def received(self, data: bytes) -> None:
        """Queue one message of the peer."""
        self._waiting += 1
        if self._waiting > _WAITING and not self._paused:
            self._paused = True
            self.connection.pause_reading()
        self._emitter.arrive(self, data)

    def lost(self, code: int, reason: str, error: StentorError | None) -> None:
        """Queue the end, behind what came before it."""
        self.ended = True
        self._emitter.arrive(self, Ended(code, reason, error))

    def takes(self) -> bool:
        """Return whether the peer took some of the bytes that waited for it when this was asked last."""
        return self._taking.look(self.written, self.connection.pending_bytes)

    def took(self) -> None:
        """The session has taken one message out of the queue."""
        self._waiting -= 1
        if self._paused and self._waiting <= _WAITING // 2:
            self._paused = False
            self.connection.resume_reading()


class Emitter:
    """Lines by number, and the queue of what came in on them. Used on the session's loop alone.

    Args:
        wake: Called when something came in.
    """

    __slots__ = ("_next", "arrivals", "wake", "wires")

    def __init__(self, wake: Callable[[], None] | None = None) -> None:
        self.wake = wake
        self.wires: dict[int, Wire] = {}
        self.arrivals: list[Arrival] = []
        self._next = 1

    def attach(self, connection: Connection, hello: HelloFrame, identity: Any) -> int:
        """Take a socket whose peer said *hello*; return its line number. Numbers are never used again."""
        line = self._next
        self._next += 1
        wire = self.wires[line] = Wire(self, line, connection, identity)
        self.arrive(wire, hello)
        connection.receiver = wire
        return line

    def arrive(self, wire: Wire, what: bytes | HelloFrame | Ended) -> None:
        """Queue what came in."""
        self.arrivals.append((wire, what))
        if self.wake is not None:
            self.wake()

    def write(self, line: int, frames: Sequence[bytes]) -> None:
        """Send *frames* by one write. A line whose end is known takes nothing: the end is in the queue already.

        Raises:
            WebSocketSendFailureError: If the socket does not take them.
        """
        wire = self.wires.get(line)
        if wire is not None and not wire.ended and not wire.connection.leaving:
            wire.connection.write(frames)
            wire.written += sum(map(len, frames))

    def close(self, line: int, code: int, reason: str) -> None:
        """Say goodbye on *line*; its end will arrive."""
        wire = self.wires.get(line)
        if wire is not None:
            wire.connection.close(code, reason)

    def drop(self, line: int, error: StentorError) -> None:
        """Cut *line*; nothing of it arrives any more."""
        wire = self.wires.pop(line, None)
        if wire is not None:
            wire.connection.receiver = Silent()
            wire.connection.abort(error)

    def forget(self, line: int) -> None:
        """The line is gone."""
        self.wires.pop(line, None)

    def identity(self, line: int) -> Any:
        """Return who is at *line*, None if it is gone."""
        wire = self.wires.get(line)
        return None if wire is None else wire.identity
