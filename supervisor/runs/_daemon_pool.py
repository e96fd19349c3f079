"""A pool of daemon threads: a tool that is stuck in one can not hold up the end of the process."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

__all__ = ["DaemonPool"]

P = ParamSpec("P")
T = TypeVar("T")

_Job = tuple[Future[Any], Callable[[], Any]]


class DaemonPool(ThreadPoolExecutor):
    """Threads are started as they are needed, up to *size*, and end with the process.

    The library's own pool is joined when the interpreter ends, and ``asyncio.run`` waits for it before that.
    """

    def __init__(self, size: int = 32) -> None:
        super().__init__(max_workers=size, thread_name_prefix="stentor-tool")
        self._size = size
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._started = 0
        self._free = 0
        self._ended = False
        self._guard = threading.Lock()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call *fn* in a thread.

        Raises:
            RuntimeError: If the pool was shut down.
        """
        future: Future[T] = Future()
        with self._guard:
            if self._ended:
                raise RuntimeError("the pool was shut down")
            self._jobs.put((future, lambda: fn(*args, **kwargs)))
            if self._free:
                self._free -= 1
            elif self._started < self._size:
                self._started += 1
                threading.Thread(target=self._work, name=f"stentor-tool-{self._started}", daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take nothing in any more. It does not wait, also where that is asked for."""
        with self._guard:
            if not self._ended:
                self._ended = True
                for _ in range(self._started):
                    self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            future, call = job
            if future.set_running_or_notify_cancel():
                try:
                    result = call()
                except BaseException as error:
                    # Whoever waits for the future gets it, whatever it is.
                    future.set_exception(error)
                else:
                    future.set_result(result)
            with self._guard:
                self._free += 1
