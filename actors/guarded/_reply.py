"""Reply: an answer that a handler gives later."""

# pyright: reportPrivateUsage=false
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stentor.protocol.errors import Fenced

if TYPE_CHECKING:
    from ..loop._future import LoopFuture
    from ._guard import Guard

__all__ = ["Reply"]


class Reply:
    """The promise to answer one ask. It dies with its incarnation: the asker gets ``ActorDied`` then.

    Of two answers the second is refused with ``queue.Full``, as by any future.
    """

    __slots__ = ("_future", "_guard", "_lease", "_message")

    def __init__(self, guard: Guard, message: Any, future: LoopFuture[Any] | None) -> None:
        self._guard = guard
        self._lease = guard._lease
        self._message = message
        self._future = future

    def set(self, value: Any = None) -> None:
        """Answer with *value*. After a ``tell`` there is nobody to answer, and nothing happens.

        Raises:
            Fenced: If the incarnation that promised it has ended.
        """
        self._enter()
        if self._future is not None:
            self._future.set(value)

    def fail(self, exception: BaseException) -> None:
        """Answer with *exception*; after a ``tell`` it is recorded.

        Raises:
            Fenced: If the incarnation that promised it has ended.
        """
        self._enter()
        if self._future is not None:
            self._future.set_exception((type(exception), exception, exception.__traceback__))
        else:
            self._guard.recorder.refused(self._guard.path, self._message, exception)

    def die(self, exception: BaseException) -> None:
        """The incarnation has ended without answering."""
        if self._future is not None:
            self._future.fail(exception)

    def _enter(self) -> None:
        guard = self._guard
        if self._lease is None or guard._lease is not self._lease:
            guard.fence("reply", self._lease or guard)
            raise Fenced(guard.generation, path=guard.path)
        if guard._promises is not None:
            guard._promises.discard(self)
