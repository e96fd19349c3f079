"""A question that only the loop can answer, asked from whatever thread."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable
from typing import TypeVar

__all__ = ["on_loop"]

T = TypeVar("T")


def on_loop(loop: asyncio.AbstractEventLoop, function: Callable[[], T]) -> T:
    """Call *function* on *loop*, from whatever thread, and return what it returns."""
    if asyncio._get_running_loop() is loop or not loop.is_running():
        return function()
    future: concurrent.futures.Future[T] = concurrent.futures.Future()

    def call() -> None:
        try:
            future.set_result(function())
        except BaseException as error:  # The caller's, whatever it is: it waits in another thread, and would for ever.
            future.set_exception(error)

    loop.call_soon_threadsafe(call)
    return future.result()
