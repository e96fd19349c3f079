"""What all connections share: a receiver, what came before there was one, and an end that is told once."""

from __future__ import annotations

from ..errors import StentorError, WebSocketConnectionLostError, WebSocketSendFailureError
from ._connection import Receiver

__all__ = ["Reporter"]


class Reporter:
    """The part of a :class:`Connection` that faces its receiver.

    What the peer sends goes to ``self._receiver.received``, whether one was set or not.
    """

    __slots__ = ("_ended", "_receiver")

    def __init__(self) -> None:
        self._receiver: Receiver = _Early()
        self._ended: tuple[int, str, StentorError | None] | None = None

    @property
    def receiver(self) -> Receiver:
        """Whoever gets what the peer sends. What came before one was set is handed over when it is."""
        return self._receiver

    @receiver.setter
    def receiver(self, receiver: Receiver) -> None:
        before, self._receiver = self._receiver, receiver
        if isinstance(before, _Early):
            for data in before.messages:
                receiver.received(data)
        if self._ended is not None:
            receiver.lost(*self._ended)

    def _end(self, code: int, reason: str, error: StentorError | None) -> None:
        """Tell the receiver how it ended: this one, and one that comes later. The first end counts."""
        if self._ended is None:
            self._ended = code, reason, error
            self._receiver.lost(code, reason, error)

    @staticmethod
    def _lost(reason: str, code: int = 1006, cause: BaseException | None = None) -> WebSocketConnectionLostError:
        error = WebSocketConnectionLostError(reason=reason, close_code=code, user_id=None, thread_id=None)
        error.__cause__ = cause
        return error

    @staticmethod
    def _unsent(why: object) -> WebSocketSendFailureError:
        return WebSocketSendFailureError(event_type="batch", reason=str(why), user_id=None, thread_id=None)


class _Early:
    """Stands in for the receiver until one is set."""

    __slots__ = ("messages",)

    def __init__(self) -> None:
        self.messages: list[bytes] = []

    def received(self, data: bytes) -> None:
        """Keep it."""
        self.messages.append(data)

    def lost(self, code: int, reason: str, error: StentorError | None) -> None:
        """The connection itself remembers its end."""
