"""The dispatcher of one event loop: a queue of actors that have something to do, and the task that serves it."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
import types
import weakref
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from time import perf_counter
from typing import Any, ClassVar, Protocol, TypeVar

from ._bell import Bell
from ._future import LoopFuture
from ._sentinel import Sentinel

__all__ = ["Dispatcher", "Slot"]

T = TypeVar("T")

logger = logging.getLogger("stentor")

_TURN = 16
"""Messages that one actor may handle before the next has its turn."""
_SLICE = 0.002
"""Seconds of actors' work before the loop gets its turn."""
_CHECK = 8
"""Turns between two looks at the time."""


class Slot(Protocol):
    """What can be dispatched."""

    def turn(self, limit: int) -> Coroutine[Any, Any, None] | None:
        """Handle up to *limit* messages without raising; return what has to be awaited, if there is such a thing."""

    def loop_ended(self) -> None:
        """The loop is closed: answer everybody who waits."""


class _Callback:
    """Stands for a callback that serves the queue, where a task could stand."""


_CALLBACK = _Callback()


class Dispatcher:
    """Serves the actors of one loop. :meth:`of` finds it or makes it."""

    _all: ClassVar[weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Dispatcher]] = weakref.WeakKeyDictionary()
    _all_lock = threading.Lock()

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        # Weak: a loop that is dropped without being closed must still take its actors with it.
        self._loop = weakref.ref(loop)
        self.ready: deque[Slot] = deque()
        self.slots: set[Slot] = set()
        self.ended = False
        self._active: asyncio.Task[None] | _Callback | None = None
        self._unborn: Coroutine[Any, Any, None] | None = None
        self._waking = False
        self._bell: Bell | None = None
        # Dispatcher tasks live in an empty context: none may inherit that of the actor that woke them.
        self._context = contextvars.Context()
        sentinel = Sentinel(self._arm, self.end)
        loop.call_soon_threadsafe(sentinel.arm, context=self._context)

    def _arm(self) -> asyncio.AbstractEventLoop | None:
        loop = self._loop()
        if loop is not None and self._bell is None:
            self._bell = Bell.hang(loop, self._enter)
        return loop

    @classmethod
    def of(cls, loop: asyncio.AbstractEventLoop) -> Dispatcher:
        """Return the dispatcher of *loop*.

        Raises:
            RuntimeError: If the loop is closed.
        """
        found = cls._all.get(loop)
        if found is None:
            with cls._all_lock:
                found = cls._all.get(loop)
                if found is None:
                    found = cls._all[loop] = cls(loop)
        return found

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The loop, or None when it is gone."""
        return self._loop()

    def add(self, slot: Slot) -> None:
        """Keep *slot* alive until :meth:`discard`, or until the loop ends."""
        self.slots.add(slot)
        if self.ended:
            slot.loop_ended()

    def discard(self, slot: Slot) -> None:
        """Let go of *slot*."""
        self.slots.discard(slot)

    def schedule(self, slot: Slot) -> None:
        """Give *slot* a turn. Thread-safe."""
        self.ready.append(slot)
        # The serving task clears _active before it looks at the queue for the last time: no wake-up is lost.
        if self._active is None and not self._waking:
            self._wake()

    def call(self, function: Callable[[], T]) -> T:
        """Run *function* on the loop and return its result: at once on the loop, else by waiting for it."""
        loop = self._loop()
        if loop is None:
            raise RuntimeError("the event loop of this actor is gone")
        if asyncio._get_running_loop() is loop:
            return function()
        future: LoopFuture[T] = LoopFuture(loop)
        loop.call_soon_threadsafe(_call_into, future, function, context=contextvars.Context())
        return future.get()

    def hand_over(self, task: asyncio.Task[Any] | None) -> None:
        """*task* stays with a suspended handler: let another one serve the queue."""
        if self._active is task:
            self._active = None
            if self.ready:
                self._wake()

    def end(self) -> None:
        """The loop is closed: end its actors."""
        self.ended = True
        if self._bell is not None:
            self._bell.close()
        for slot in list(self.slots):
            try:
                slot.loop_ended()
            except BaseException as error:
                # Nobody is left on this loop to raise it to, and the other actors' askers still wait.
                logger.critical("%r could not end with its event loop", slot, exc_info=error)
        self.slots.clear()
        self.ready.clear()

    def _wake(self) -> None:
        loop = self._loop()
        self._waking = True
        try:
            if loop is None:
                raise RuntimeError("the event loop is gone")
            if asyncio._get_running_loop() is loop:
                loop.call_soon(self._enter, context=self._context)
            elif self._bell is not None:
                self._bell.ring()
            else:
                loop.call_soon_threadsafe(self._enter, context=self._context)
        except RuntimeError:
            self._waking = False
            self.end()

    def _enter(self) -> None:
        """Serve the queue from a callback, until a handler turns out to be a coroutine: that takes a task."""
        self._waking = False
        if self._active is None and self.ready:
            self._serve_here()

    def _serve_here(self) -> None:
        # No task yet: synchronous handlers need none, and making one costs an ask a whole pass of the loop.
        self._active = _CALLBACK
        job: Coroutine[Any, Any, None] | None = None
        try:
            job = self._drain()
        finally:
            self._active = None
            if job is not None:
                self._start_task(job)
            elif self.ready:
                self._active = _CALLBACK
                loop = self._loop()
                if loop is not None and not loop.is_closed():
                    loop.call_soon(self._serve_here, context=self._context)

    def _start_task(self, job: Coroutine[Any, Any, None], *, cancelled: bool = False) -> None:
        loop = self._loop()
        assert loop is not None
        # Until the task has begun, nothing else may serve; once it has, it stands here itself.
        self._active = _CALLBACK
        self._unborn = job
        task = loop.create_task(self._serve(cancelled), name="stentor-dispatcher", context=self._context)
        if self._unborn is job:
            task.add_done_callback(self._stillborn, context=self._context)

    def _stillborn(self, _task: asyncio.Task[None]) -> None:
        """The task was cancelled before its first step, and ran none of its code, ``finally`` included."""
        # Its job is begun all the same, and cancelled where it first waits: so its actor ends as cancelled, and knows.
        job, self._unborn = self._unborn, None
        if job is not None:
            self._start_task(job, cancelled=True)

    async def _serve(self, cancelled: bool) -> None:
        """Await the job that it was made for, and serve on unless that was suspended: then another has taken over."""
        me = asyncio.current_task()
        assert me is not None
        job, self._unborn = self._unborn, None
        self._active = me
        me.remove_done_callback(self._stillborn)
        if cancelled:
            me.cancel()
        try:
            while True:
                if job is not None:
                    await job
                    if self._active is not me:
                        return
                    if me.cancelling():
                        # A handler cancelled the task that it ran in: nobody else may inherit that.
                        return
                elif self.ready:
                    await _pause()
                job = self._drain()
                if job is None:
                    self._active = None
                    if not self.ready:
                        return
                    self._active = me
        finally:
            self.hand_over(me)

    def _drain(self) -> Coroutine[Any, Any, None] | None:
        """Give turns until the queue is empty, the time is over, or a handler has to be awaited."""
        ready = self.ready
        deadline = perf_counter() + _SLICE
        turns = _CHECK
        while ready:
            job = ready.popleft().turn(_TURN)
            if job is not None:
                return job
            turns -= 1
            if not turns:
                if perf_counter() > deadline:
                    return None
                turns = _CHECK
        return None


@types.coroutine
def _pause() -> Generator[None, None, None]:
    yield


def _call_into(future: LoopFuture[T], function: Callable[[], T]) -> None:
    try:
        result = function()
    except BaseException as exception:
        future.fail(exception)
    else:
        future.set(result)
