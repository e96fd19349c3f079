"""Bell: wakes a loop from another thread with one system call, where the platform has eventfd."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable

__all__ = ["Bell"]


class Bell:
    """An eventfd that a loop listens to.

    ``call_soon_threadsafe`` would do; but its socket pair costs an ask a third more: a send, two receives and an
    exception, instead of a write and a read.
    """

    __slots__ = ("_answer", "_fd", "_lock")

    def __init__(self, fd: int, answer: Callable[[], None]) -> None:
        self._fd = fd
        self._answer = answer
        # A descriptor that is closed may be somebody else's a moment later: ringing and closing exclude each other.
        self._lock = threading.RLock()

    @classmethod
    def hang(cls, loop: asyncio.AbstractEventLoop, answer: Callable[[], None]) -> Bell | None:
        """Let *loop* call *answer* whenever the bell is rung; None where that is not to be had."""
        if not hasattr(os, "eventfd"):
            return None
        bell = cls(os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC), answer)
        try:
            loop.add_reader(bell._fd, bell._rung)
        except NotImplementedError:
            bell.close()
            return None
        return bell

    def ring(self) -> None:
        """Wake the loop. Thread-safe.

        Raises:
            RuntimeError: If the bell was closed with its loop.
        """
        with self._lock:
            if self._fd < 0:
                raise RuntimeError("the event loop is closed")
            os.eventfd_write(self._fd, 1)

    def close(self) -> None:
        """Give the descriptor back."""
        with self._lock:
            fd, self._fd = self._fd, -1
            if fd >= 0:
                os.close(fd)

    def _rung(self) -> None:
        # First the work, then the descriptor: who asked has the answer a system call earlier. A ring in between is
        # not lost, for the queue is looked at once more.
        self._answer()
        os.eventfd_read(self._fd)
        self._answer()
