"""LoopFuture: a Pykka future that an event loop can await without blocking."""

# pyright: reportPrivateUsage=false
from __future__ import annotations

import asyncio
import queue
import sys
import threading
from collections.abc import Callable, Generator, Iterable
from types import TracebackType
from typing import Any, TypeAlias, TypeVar, cast

import pykka
from stentor.protocol.errors import WouldDeadlock

from .._lane_threads import actor_here, lane_threads
from ._aside import Aside

__all__ = ["LoopFuture"]

T = TypeVar("T")
J = TypeVar("J")
M = TypeVar("M")
R = TypeVar("R")

ExcInfo: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None] | tuple[Any, Any, Any]
)

_allocate_lock = threading.Lock
_aside = Aside()
_BASE: Any = pykka.Future


class LoopFuture(pykka.Future[T]):
    """The answer to an ask. ``await`` suspends the coroutine; ``get()`` blocks the thread.

    A blocking ``get()`` on the very loop, or in the very thread of an actor, that has to produce the answer raises
    ``WouldDeadlock`` at once.
    """

    # Defaults stand on the class: a future that is answered without anybody waiting stores only what it needs.
    loop: asyncio.AbstractEventLoop | None = None
    slot: object | None = None
    _done = False
    _value: Any = None
    _exc_info: ExcInfo | None = None
    _get_hook: Any = None
    _sources: tuple[pykka.Future[Any], ...] | None = None
    _hook_lock: Any = None

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        # Pykka's own __init__ only sets the two hook fields; the second is set by set_get_hook here.
        self._claim = _allocate_lock()
        self._waiters: list[Callable[[], object]] = []
        if loop is not None:
            self.loop = loop

    def __repr__(self) -> str:
        if not self._done:
            return "<LoopFuture waiting>"
        info = self._exc_info
        return "<LoopFuture done>" if info is None else f"<LoopFuture failed by {type(info[1]).__name__}>"

    def done(self) -> bool:
        """Say whether the answer is there. A derived future (map, join, …) is never done by itself."""
        return self._done

    def get(self, *, timeout: float | None = None) -> T:
        """Return the value, or raise the exception, waiting up to *timeout* seconds.

        Raises:
            pykka.Timeout: If it is not there in time.
            WouldDeadlock: If this thread's running loop is the one that has to answer, or its actor is.
        """
        if self._done:
            return self._result()
        if timeout is None or timeout > 0:
            self.refuse_deadlock()
        if self._get_hook is not None:
            with self._hook_lock:
                return super().get(timeout=timeout)
        if (timeout is None or timeout > 0) and not self._block(timeout):
            raise pykka.Timeout(f"{timeout} seconds")
        if not self._done:
            raise pykka.Timeout(f"{timeout} seconds")
        return self._result()

    def refuse_deadlock(self) -> None:
        """Raise ``WouldDeadlock`` if a blocking ``get()`` here, now, could never end."""
        running = asyncio._get_running_loop()
        if running is not None and self._needs(running):
            raise WouldDeadlock()
        if lane_threads and (actor := actor_here()) is not None and self._needs(actor):
            raise WouldDeadlock(f"{actor!r} would wait for itself: its own thread has to answer")

    def set(self, value: T | None = None) -> None:
        """Set the value.

        Raises:
            queue.Full: If the future has an answer or a hook.
        """
        if self._get_hook is not None or not self._claim.acquire(False):
            raise queue.Full
        self._value = value
        self._finish()

    def set_exception(self, exc_info: ExcInfo | None = None) -> None:
        """Set an exception: *exc_info*, or the one that is being handled.

        Raises:
            queue.Full: If the future has an answer or a hook.
        """
        assert exc_info is None or len(exc_info) == 3
        info = sys.exc_info() if exc_info is None else exc_info
        if self._get_hook is not None or not self._claim.acquire(False):
            raise queue.Full
        self._exc_info = info
        self._finish()

    def fail(self, exception: BaseException) -> bool:
        """Set *exception* unless there is an answer already; say whether it was taken."""
        if self._get_hook is not None or not self._claim.acquire(False):
            return False
        self._exc_info = (type(exception), exception, exception.__traceback__)
        self._finish()
        return True

    def set_get_hook(self, func: Callable[[float | None], T]) -> None:
        """Let *func* produce the value when it is asked for.

        Raises:
            queue.Full: If the future has an answer.
        """
        if self._done:
            raise queue.Full
        super().__init__()
        self._hook_lock = threading.RLock()
        super().set_get_hook(func)

    def add_done_callback(self, callback: Callable[[], object]) -> None:
        """Call *callback* once there is an answer: at once, or in the thread that sets it. Not for derived futures."""
        waiters = self._waiters
        waiters.append(callback)
        if self._done:
            # The setter empties the list after it has set _done: who takes an entry out, calls it.
            try:
                waiters.remove(callback)
            except ValueError:
                return
            callback()

    def filter(self: LoopFuture[Iterable[J]], func: Callable[[J], bool]) -> LoopFuture[Iterable[J]]:
        """Return a future of the items for which *func* holds."""
        return _derived(_BASE.filter(self, func), self)

    def join(self: LoopFuture[Any], *futures: pykka.Future[Any]) -> LoopFuture[Iterable[Any]]:
        """Return a future of a list: this value and those of *futures*."""
        return _derived(_BASE.join(self, *futures), self, *futures)

    def map(self, func: Callable[[T], M]) -> LoopFuture[M]:
        """Return a future of *func* of the value."""
        return _derived(super().map(func), self)

    def reduce(self: LoopFuture[Iterable[J]], func: Callable[[R, J], R], *args: R) -> LoopFuture[R]:
        """Return a future of the items folded into one value."""
        return _derived(_BASE.reduce(self, func, *args), self)

    def __await__(self) -> Generator[Any, None, T]:
        if not self._done:
            if not self._awaitable():
                # Somebody else's hook may block: it runs in a worker thread.
                return (yield from asyncio.get_running_loop().run_in_executor(None, self.get).__await__())
            yield from self._settled()
        return self._result() if self._done else self.get(timeout=0)

    __iter__ = __await__

    def _awaitable(self) -> bool:
        if self._get_hook is None:
            return True
        sources = self._sources
        return sources is not None and all(isinstance(s, LoopFuture) and s._awaitable() for s in sources)

    def _settled(self) -> Generator[Any, None, None]:
        """Suspend until the answer, or that of every source, is there; raise nothing."""
        if self._get_hook is not None:
            for source in cast("tuple[LoopFuture[Any], ...]", self._sources):
                yield from source._settled()
        elif not self._done:
            loop = asyncio.get_running_loop()
            waiter = loop.create_future()

            def resolve() -> None:
                _resolve_in(loop, waiter)

            self.add_done_callback(resolve)
            try:
                yield from waiter.__await__()
            finally:
                self._forget(resolve)

    def _needs(self, answerer: object) -> bool:
        if self._done:
            return False
        if self._sources is not None:
            return any(isinstance(s, LoopFuture) and s._needs(answerer) for s in self._sources)
        return self.loop is answerer or self.slot is answerer

    def _block(self, timeout: float | None) -> bool:
        if _aside.step(self.done):
            return True
        latch = _allocate_lock()
        latch.acquire()
        self.add_done_callback(release := latch.release)
        try:
            return latch.acquire(timeout=-1 if timeout is None else timeout)
        finally:
            self._forget(release)

    def _forget(self, callback: Callable[[], object]) -> None:
        """Whoever gave up waiting is no longer called: an answer that never comes must not gather who asked for it."""
        if not self._done:
            try:
                self._waiters.remove(callback)
            except ValueError:
                return  # The answer came just now, and has called it.

    def _finish(self) -> None:
        self._done = True
        waiters = self._waiters
        while waiters:
            try:
                callback = waiters.pop(0)
            except IndexError:
                return  # Another thread took the last one out between the look and the pop, and calls it.
            callback()

    def _result(self) -> T:
        info = self._exc_info
        if info is None:
            return cast(T, self._value)
        kind, exception, traceback = info
        assert kind is not None
        if exception is None:
            exception = kind()
        if exception.__traceback__ is not traceback:
            raise exception.with_traceback(traceback)
        raise exception


def _derived(future: pykka.Future[Any], *sources: pykka.Future[Any]) -> LoopFuture[Any]:
    derived = cast("LoopFuture[Any]", future)
    derived._sources = sources
    return derived


def derive(hook: Callable[[float | None], Any], *sources: pykka.Future[Any]) -> LoopFuture[Any]:
    """Return a future whose value *hook* computes from *sources*."""
    future: LoopFuture[Any] = LoopFuture()
    future.set_get_hook(hook)
    return _derived(future, *sources)


def _resolve_in(loop: asyncio.AbstractEventLoop, waiter: asyncio.Future[None]) -> None:
    if asyncio._get_running_loop() is loop:
        _resolve(waiter)
    elif not loop.is_closed():
        try:
            loop.call_soon_threadsafe(_resolve, waiter)
        except RuntimeError:
            # The loop was closed in between, and with it whoever waited there.
            return


def _resolve(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
