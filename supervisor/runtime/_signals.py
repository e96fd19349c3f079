"""The signals of a host's process: the first one drains, the second one ends it at once.

Exit codes: 0 everything was acknowledged; 3 the drain's time was over first, and what was left stands in the record as
a flush timeout; 70 the runtime's own tree gave up; 130 a second Ctrl-C; 143 a second SIGTERM.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from stentor.protocol.errors import BadUsage

__all__ = ["CODE_DRAINED", "CODE_FATAL", "CODE_FLUSH_TIMEOUT", "Signals"]

CODE_DRAINED = 0
CODE_FLUSH_TIMEOUT = 3
CODE_FATAL = 70

_OURS = (signal.SIGINT, signal.SIGTERM)


class Signals:
    """Owns SIGINT and SIGTERM while it is installed."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._first = asyncio.Event()
        self._came = 0

    @contextmanager
    def installed(self) -> Generator[Signals]:
        """Own the signals inside; give them back to their former handlers afterwards.

        Raises:
            BadUsage: Outside the main thread; Python hands signals to no other.
        """
        if threading.current_thread() is not threading.main_thread():
            raise BadUsage("run_until_signal works in the main thread only; elsewhere await runtime.drain() yourself")
        before: dict[int, Any] = {number: signal.signal(number, self._handle) for number in _OURS}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def first(self) -> None:
        """Wait for the first signal."""
        await self._first.wait()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        # A plain handler, not the loop's: the second Ctrl-C must end a process whose loop is blocked.
        self._came += 1
        if self._came == 1:
            self._loop.call_soon_threadsafe(self._first.set)
            return
        name = signal.Signals(number).name
        os.write(2, f"stentor: second {name}: ended at once, not everything was delivered\n".encode())
        _flush()
        # Threads of stuck tools would hold up an ordinary exit.
        os._exit(128 + number)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, RuntimeError, ValueError):
            # It is closed, gone, or was being written when the signal came; there is nobody else to tell.
            continue
