"""A word to whoever waits: said only where something takes long."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

SOON = 1.5
"""Seconds that nobody minds."""


@contextmanager
def announced(words: Callable[[], str], after: float = SOON) -> Generator[None]:
    """Print what *words* gives, once, if the body takes longer than *after* seconds."""
    timer = threading.Timer(after, lambda: print(f"agent_host: {words()}", file=sys.stderr, flush=True))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
