"""The line port: what a client needs of a socket, and what the socket tells it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeAlias

from ..errors import StentorError

__all__ = ["Dial", "Line", "LineReceiver"]


class LineReceiver(Protocol):
    """Who is told what comes over a line. Both calls return at once and raise nothing."""

    def received(self, data: bytes | str) -> None:
        """Take one text message."""
        ...

    def lost(self, code: int, reason: str, error: StentorError | None) -> None:
        """Learn that the line is gone: *code* is 1006 where there was no close frame."""
        ...


class Line(Protocol):
    """One open socket."""

    def write(self, frames: Sequence[bytes]) -> None:
        """Send each of *frames* as one text message. Never waits.

        Raises:
            WebSocketSendFailureError: If the line is dead or closing.
        """
        ...

    def close(self, code: int, reason: str) -> None:
        """Say goodbye with *code* and go. Never waits; twice is once."""
        ...

    def abort(self) -> None:
        """Cut the line without a goodbye."""
        ...

    async def wait_closed(self) -> None:
        """Wait until the line is gone, which a dead peer can delay by two seconds and no more."""
        ...


Dial: TypeAlias = Callable[[LineReceiver], Awaitable[Line]]
"""Opens a line, or raises ``OSError`` where it can not be opened now, ``ProtocolError`` where it never can."""
