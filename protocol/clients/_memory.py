"""A client's line over a connection in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ._line import Dial, Line, LineReceiver

__all__ = ["memory_dial"]


class MemoryEnd(Protocol):
    """What a pair in memory offers at the client's end."""

    receiver: Any

    def write(self, frames: Sequence[bytes]) -> None:
        """Send each of *frames*."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Say goodbye."""
        ...

    def abort(self) -> None:
        """Cut the line."""
        ...


def memory_dial(connect: Callable[[], MemoryEnd]) -> Dial:
    """Return what opens a line in memory.

    Args:
        connect: Makes a pair, gives the server's end to whoever serves, and returns the client's end; raises
            ``OSError`` where nobody serves.
    """

    async def dial(receiver: LineReceiver) -> Line:
        end = connect()
        end.receiver = receiver
        return _MemoryLine(end)

    return dial


class _MemoryLine:
    def __init__(self, end: MemoryEnd) -> None:
        self.write = end.write
        self.close = end.close
        self.abort = end.abort

    async def wait_closed(self) -> None:
        # Nothing moves by itself in memory: whoever holds the pair delivers the goodbye.
        return None
