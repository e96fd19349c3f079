"""Fenced threads: those that were given up while they hung, and may send nothing when they wake."""

from __future__ import annotations

import threading
from collections.abc import Callable

__all__ = ["fenced_threads", "refuse_fenced"]

fenced_threads: dict[int, Callable[[str], None]] = {}
"""By thread: what raises ``Fenced`` for the door that it came to. Empty as long as no thread hangs."""


def refuse_fenced(door: str) -> None:
    """Let every thread through *door* but one that was given up.

    Raises:
        Fenced: If this thread's incarnation was abandoned while it hung; that is recorded.
    """
    if fenced_threads:
        refuse = fenced_threads.get(threading.get_ident())
        if refuse is not None:
            refuse(door)
