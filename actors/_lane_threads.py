"""Lane threads: which actor's code runs in which thread, so that none waits for its own answer."""

from __future__ import annotations

import threading

__all__ = ["actor_here", "lane_threads"]

lane_threads: dict[int, object] = {}
"""By thread: the slot that it works for. A thread that was given up works for nobody."""


def actor_here() -> object | None:
    """Return the slot that this thread works for; None if it is no actor's own thread."""
    return lane_threads.get(threading.get_ident()) if lane_threads else None
