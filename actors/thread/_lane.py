"""Lane: the thread of one incarnation. The loop gives it one call after the other, and waits without blocking."""

from __future__ import annotations

import asyncio
import contextvars
import queue
import threading
import weakref
from collections.abc import Callable
from typing import Any

from stentor.protocol.errors import BadUsage

from .._fenced import fenced_threads
from .._lane_threads import lane_threads
from ..guarded._lease import Lease, current_lease
from ..loop._step import COROUTINE

__all__ = ["ThreadLane", "abandoned_threads"]

_given_up: weakref.WeakSet[ThreadLane] = weakref.WeakSet()
_given_up_lock = threading.Lock()


def abandoned_threads() -> int:
    """Return how many threads of this process were given up and still hang."""
    with _given_up_lock:
        return sum(lane.hangs() for lane in _given_up)


class _Call:
    """A call on its way into the thread, and back."""

    __slots__ = ("arguments", "error", "function", "returned", "value")

    def __init__(
        self, function: Callable[..., Any], arguments: tuple[Any, ...], returned: asyncio.Future[None]
    ) -> None:
        self.function = function
        self.arguments = arguments
        self.returned = returned
        self.value: Any = None
        self.error: BaseException | None = None


class ThreadLane:
    """A daemon thread that calls what it is given, in a context of its own.

    A call that hangs cannot be ended. Its lane is retired: the thread ends when the call does, and is refused at every
    door until then.

    Args:
        loop: Where the answers go.
        lease: Of the incarnation that the thread belongs to.

    Raises:
        RuntimeError: If no thread can be started.
    """

    __slots__ = ("__weakref__", "_calls", "_context", "_lease", "_lock", "_loop", "_retired", "_running", "_thread")

    def __init__(self, loop: asyncio.AbstractEventLoop, lease: Lease) -> None:
        self._loop = loop
        self._lease = lease
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._context = contextvars.Context()
        self._context.run(current_lease.set, lease)
        self._lock = threading.Lock()
        self._running = False
        self._retired = False
        self._thread = threading.Thread(target=self._serve, name=f"stentor{lease.lender.path}", daemon=True)
        self._thread.start()

    @property
    def name(self) -> str:
        """The name of the thread, as a debugger shows it."""
        return self._thread.name

    async def run(self, function: Callable[..., Any], /, *args: Any) -> Any:
        """Call *function* in the thread; return what it returns, or raise what it raises."""
        call = _Call(function, args, self._loop.create_future())
        self._calls.put(call)
        await call.returned
        if call.error is not None:
            raise call.error
        return call.value

    def retire(self) -> bool:
        """Give no more calls; say whether one is running, which is given up then."""
        with self._lock:
            self._retired = True
            if self._running:
                ident = self._thread.ident
                assert ident is not None
                # Before anybody hears that it is given up: from here on it gets through no door.
                fenced_threads[ident] = self._refuse
                # Its actor may have a successor by now: waiting for that is no deadlock, it is refused.
                lane_threads.pop(ident, None)
            hangs = self._running
        if hangs:
            with _given_up_lock:
                _given_up.add(self)
        self._calls.put(None)
        return hangs

    def hangs(self) -> bool:
        """Say whether the thread was given up and its call has not returned yet."""
        return self._retired and self._running

    def _refuse(self, door: str) -> None:
        self._lease.enter(door)

    def _serve(self) -> None:
        ident = threading.get_ident()
        lane_threads[ident] = self._lease.lender
        try:
            self._serve_calls()
        finally:
            lane_threads.pop(ident, None)

    def _serve_calls(self) -> None:
        while (call := self._calls.get()) is not None:
            with self._lock:
                if self._retired:
                    return
                self._running = True
            self._handle(call)
            if self._finished():
                self._lease.lender.fence("result", self._lease)
                return
            try:
                self._loop.call_soon_threadsafe(_answer, call.returned)
            except RuntimeError:
                # The loop was closed in between, and its actors ended with it.
                return
            # Nothing of a message is kept while the next is awaited.
            del call

    def _handle(self, call: _Call) -> None:
        try:
            call.value = self._context.run(call.function, *call.arguments)
            if type(call.value) is COROUTINE:
                call.value.close()
                raise BadUsage("a ThreadActor runs in a thread and can await nothing: make it an Actor")
        except BaseException as error:
            call.error = error

    def _finished(self) -> bool:
        """The call has returned; say whether that was too late."""
        with self._lock:
            self._running = False
            fenced_threads.pop(threading.get_ident(), None)
            return self._retired


def _answer(returned: asyncio.Future[None]) -> None:
    if not returned.done():
        returned.set_result(None)
