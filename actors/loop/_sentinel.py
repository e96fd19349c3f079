"""Sentinel: notices that a loop is closed, or was dropped, by dying with it."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable

__all__ = ["Sentinel"]

_FAR = 86_400.0 * 365


class Sentinel:
    """Held by nothing but a far timer of the loop, which lets go of it when it is closed: *ended* is called then.

    Closing is the only sign that every loop gives: tasks are cancelled by ``asyncio.run`` alone, and hooks of
    asynchronous generators are run by those who care to.
    """

    __slots__ = ("_armed", "_ended")

    def __init__(self, armed: Callable[[], asyncio.AbstractEventLoop | None], ended: Callable[[], None]) -> None:
        self._armed = armed
        self._ended = ended

    def arm(self) -> None:
        """Hang on the loop that *armed* returns. Called on that loop."""
        loop = self._armed()
        if loop is not None:
            # Were garbage collected in here, finalisers might leave an exception whose traceback leads to these
            # frames; and they lead to the sentinel, which then would outlive its loop.
            collects = gc.isenabled()
            gc.disable()
            try:
                loop.call_later(_FAR, self.arm)
            finally:
                if collects:
                    gc.enable()
        del self

    def __del__(self) -> None:
        self._ended()
