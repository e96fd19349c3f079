"""What every transport offers a session: a connection that writes batches, and a receiver that it calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ..errors import StentorError

__all__ = ["Connection", "Receiver", "Silent"]


class Receiver(Protocol):
    """Who is told what comes from the peer. Both calls return at once and raise nothing."""

    def received(self, data: bytes) -> None:
        """Take one text message of the peer, as UTF-8."""

    def lost(self, code: int, reason: str, error: StentorError | None) -> None:
        """Learn that the connection is gone; called once, and nothing is received after it.

        Args:
            code: The close code that ended it; 1006 where there was none.
            reason: What to tell a person.
            error: The typed failure; None if the peer, or we, closed it on purpose.
        """


class Connection(Protocol):
    """One socket of a client, or what stands for one. It belongs to the loop that made it."""

    @property
    def receiver(self) -> Receiver:
        """Whoever gets what the peer sends. What came before one was set is handed over when it is."""
        ...

    @receiver.setter
    def receiver(self, receiver: Receiver) -> None: ...

    @property
    def remote(self) -> str:
        """Address of the peer, for people to read."""
        ...

    @property
    def leaving(self) -> bool:
        """Whether the end is certain, and ``lost`` will be called: nothing written now would arrive."""
        ...

    @property
    def pending_bytes(self) -> int:
        """Bytes written that the operating system has not taken yet."""
        ...

    def write(self, frames: Sequence[bytes]) -> None:
        """Send each of *frames* as one text message, all of them by one write. Never waits.

        Raises:
            WebSocketSendFailureError: If the connection is dead or closing.
        """

    def close(self, code: int, reason: str) -> None:
        """Say goodbye with *code* and go, within the close timeout. Never waits; twice is once."""

    def abort(self, error: StentorError | None = None) -> None:
        """Cut the connection now; the receiver is told *error*."""

    def pause_reading(self) -> None:
        """Take no more from the peer until :meth:`resume_reading`; the peer's own writes then stall."""

    def resume_reading(self) -> None:
        """Take from the peer again."""


class Silent:
    """A receiver that wants to know nothing: for a connection that is on its way out."""

    def received(self, data: bytes) -> None:
        """Ignore it."""

    def lost(self, code: int, reason: str, error: StentorError | None) -> None:
        """Ignore it."""
