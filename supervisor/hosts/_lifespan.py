"""A runtime for as long as an ASGI app lives; the goodbye goes out before the server's own shutdown begins."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from types import FrameType, TracebackType
from typing import Any, Literal, Protocol

from stentor.protocol.errors import BadUsage

__all__ = ["Living", "lifespan"]

_OURS = (signal.SIGINT, signal.SIGTERM)


class Living(Protocol):
    """What a lifespan uses of a ``Runtime``."""

    async def __aenter__(self) -> Any: ...
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    async def drain(self, timeout: float | None = None) -> bool: ...
    async def fatal(self) -> BaseException | None: ...


def lifespan(
    runtime: Living, *, drain: float | None = None, on_fatal: Literal["exit", "keep"] = "exit"
) -> Callable[[Any], AbstractAsyncContextManager[dict[str, Any]]]:
    """Return a lifespan for Starlette or FastAPI: ``FastAPI(lifespan=stentor.lifespan(runtime))``.

    The app's state then holds ``stentor``, the running runtime. On the first SIGINT or SIGTERM the clients are told
    goodbye, and only then does the server begin its own shutdown; the second signal is the server's at once.

    Args:
        runtime: One that was not started yet.
        drain: Seconds for the goodbye; the runtime's own by default.
        on_fatal: What to do when the runtime's tree gives up: ``exit`` ends the server by SIGTERM; ``keep`` lets it
            serve, with ``runtime.ready`` False.
    """
    if on_fatal not in ("exit", "keep"):
        raise BadUsage(f"on_fatal is {on_fatal!r}; allowed: exit, keep")

    @asynccontextmanager
    async def living(app: Any) -> AsyncGenerator[dict[str, Any]]:
        async with runtime:
            watch = asyncio.create_task(_watch(runtime)) if on_fatal == "exit" else None
            try:
                with _goodbye_first(runtime, drain):
                    yield {"stentor": runtime}
            finally:
                if watch is not None:
                    watch.cancel()
                await runtime.drain(drain)

    return living


async def _watch(runtime: Living) -> None:
    # A server whose lifespan's task died goes on serving; a signal is what every server obeys.
    await runtime.fatal()
    os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def _goodbye_first(runtime: Living, drain: float | None) -> Generator[None]:
    if threading.current_thread() is not threading.main_thread():
        # The server's signals are not ours to take; the goodbye then comes with the lifespan's end.
        yield
        return
    loop = asyncio.get_running_loop()
    before: dict[int, Any] = {number: signal.getsignal(number) for number in _OURS}
    goodbye: set[asyncio.Task[None]] = set()

    async def leave(number: int) -> None:
        try:
            await runtime.drain(drain)
        finally:
            _pass_on(before[number], number)

    def first(number: int, frame: FrameType | None) -> None:
        for each, handler in before.items():
            signal.signal(each, handler)
        loop.call_soon_threadsafe(lambda: goodbye.add(loop.create_task(leave(number))))

    for ours in _OURS:
        signal.signal(ours, first)
    try:
        yield
    finally:
        for each, handler in before.items():
            if signal.getsignal(each) is first:
                signal.signal(each, handler)


def _pass_on(handler: Any, number: int) -> None:
    if callable(handler):
        handler(number, None)
    else:
        signal.raise_signal(number)
