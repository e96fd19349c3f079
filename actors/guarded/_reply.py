"""Reply: an answer that a handler gives later."""

from __future__ import annotations

from typing import Any

from ..loop._future import LoopFuture
from ._lease import Lease

__all__ = ["Reply"]


class Reply:
    """The promise to answer one ask. It dies with its incarnation: the asker gets ``ActorDied`` then.

    Of two answers the second is refused with ``queue.Full``, as by any future.
    """

    __slots__ = ("_future", "_lease", "_message")

    def __init__(self, lease: Lease, message: Any, future: LoopFuture[Any] | None) -> None:
        self._lease = lease
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
            lender = self._lease.lender
            lender.recorder.refused(lender.path, self._message, exception)

    def die(self, exception: BaseException) -> None:
        """The incarnation has ended without answering."""
        if self._future is not None:
            self._future.fail(exception)

    def _enter(self) -> None:
        self._lease.enter("reply")
        self._lease.kept(self)
