"""What can be seen of the server under an ASGI app: the bytes that it holds, or else how many sends it has taken."""

from __future__ import annotations

from typing import Protocol, cast

__all__ = ["SLOWEST", "Patience", "Transport", "transport_of"]

SLOWEST = 8 * 1024
"""Bytes a second that a peer has to take of a large frame where the server does not show what it holds."""


class Transport(Protocol):
    """What we use of an asyncio transport."""

    def get_write_buffer_size(self) -> int: ...
    def abort(self) -> None: ...


def transport_of(socket: object) -> Transport | None:
    """Return the transport of *socket*, Starlette's ``WebSocket``; None if the server does not show it.

    ASGI itself has no word for it. Each of uvicorn's implementations hands the app a bound method of its protocol
    object to receive by, and nothing on the way wraps that one, as Starlette does with the one to send by.
    """
    protocol = getattr(getattr(socket, "_receive", None), "__self__", None)
    transport = getattr(protocol, "transport", None)
    shown = all(callable(getattr(transport, name, None)) for name in ("get_write_buffer_size", "abort"))
    return cast(Transport, transport) if shown else None


class Patience:
    """Looks, every *stall* seconds, whether the peer took anything since the last look.

    A send that was completed is progress, and so is a buffer of the server that became smaller. Where the server does
    not show its buffer, nothing is seen while one send is stuck: then a frame, and the one before it that the server
    may still hold, have as many looks more as :data:`SLOWEST` needs for their bytes.

    Args:
        stall: Seconds between two looks.
    """

    __slots__ = ("_before", "_held", "_look", "_looks", "_sent")

    def __init__(self, stall: float) -> None:
        self._look = int(SLOWEST * stall) or 1
        self._looks = 0
        self._before = 0
        self._held = 0
        self._sent = False

    def begin(self, held: int | None) -> None:
        """Take a first look: from here on it counts."""
        self._held = held or 0
        self._looks = 0
        self._sent = False

    def sent(self, size: int) -> None:
        """The server has taken a frame of *size* bytes."""
        self._before = size
        self._sent = True

    def lasts(self, held: int | None, size: int) -> bool:
        """Return whether the peer counts as alive at this look.

        Args:
            held: Bytes in the server's buffer; None if it does not show them.
            size: Bytes of the frame that is stuck.
        """
        moved = self._sent or (held is not None and held < self._held)
        self._held, self._sent = held or 0, False
        self._looks = 0 if moved else self._looks + 1
        return moved or (held is None and self._looks <= (size + self._before) // self._look)
