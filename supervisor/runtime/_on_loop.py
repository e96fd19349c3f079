"""A question that only the loop can answer, asked from whatever thread."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable
from typing import TypeVar

__all__ = ["on_loop"]

T = TypeVar("T")

_LOOK = 0.1
"""Seconds between two looks whether the loop has closed: it tells nobody."""


def on_loop(loop: asyncio.AbstractEventLoop, function: Callable[[], T]) -> T:
    """Call *function* on *loop*, from whatever thread, and return what it returns; here, once the loop has ended."""
    if asyncio._get_running_loop() is loop or not loop.is_running():
        return function()
    future: concurrent.futures.Future[T] = concurrent.futures.Future()

    def call() -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(function())
        except BaseException as error:  # The caller's, whatever it is: it waits in another thread, and would for ever.
            future.set_exception(error)

    try:
        loop.call_soon_threadsafe(call)
    except RuntimeError:
        return function()  # It closed meanwhile.
    while not concurrent.futures.wait([future], timeout=_LOOK).done:
        # What was handed in after the loop's last round is never begun; who cancels it first may do it instead.
        if loop.is_closed() and future.cancel():
            return function()
    return future.result()
