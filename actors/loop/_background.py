"""The process's background loop: where actors run that a plain thread starts."""

from __future__ import annotations

import asyncio
import os
import threading

__all__ = ["actor_loop"]

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def actor_loop() -> asyncio.AbstractEventLoop:
    """Return the loop that runs in this thread, else the background loop of the process."""
    return asyncio._get_running_loop() or _background()


def _background() -> asyncio.AbstractEventLoop:
    global _loop
    with _lock:
        if _loop is None or _loop.is_closed():
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="stentor-loop", daemon=True).start()
        return _loop


def _forget() -> None:
    # The thread did not survive the fork; the child makes its own.
    global _loop, _lock
    _loop = None
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
