"""Leaving: the last hooks of an incarnation, ``on_failure`` after a crash and ``on_stop`` at an orderly end."""

# pyright: reportPrivateUsage=false
from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from ..loop._step import COROUTINE
from ._failure import Failure
from ._guard import NO_MESSAGE, Guard
from ._messages import ExitReason

__all__ = ["Leaving"]


class Leaving(Guard):
    """The part of an estate that runs the last hooks."""

    __slots__ = ()

    def _mourn(self, actor: Any, failure: Failure, message: Any) -> Coroutine[Any, Any, None] | None:
        """Run ``on_failure``; what it raises is recorded, and changes nothing."""
        exception = failure.exception
        try:
            result = self._at_home().run(actor.on_failure, type(exception), exception, exception.__traceback__)
        except BaseException as second:
            self.recorder.failure(self.capture(second, "on_failure"))
        else:
            if type(result) is COROUTINE:
                self._busy = True
                return self._mourn_slowly(actor, failure, message, result)
        if self._actor is actor:
            self._gone(actor, "crash", failure, message, exception)
        return None

    async def _mourn_slowly(
        self, actor: Any, failure: Failure, message: Any, coroutine: Coroutine[Any, Any, Any]
    ) -> None:
        if self._too_late(actor, coroutine):
            return
        try:
            await self._drive(coroutine)
        except BaseException as second:
            if self._actor is actor:
                self.recorder.failure(self.capture(second, "on_failure"))
            if isinstance(second, GeneratorExit):
                raise
        finally:
            if self._actor is actor:
                self._gone(actor, "crash", failure, message, failure.exception)

    def _leave(self, actor: Any, reason: ExitReason) -> Coroutine[Any, Any, None] | None:
        """Run ``on_stop``, then go. What it raises is a crash."""
        self.state = "stopping"
        if actor._plain_on_stop:
            self._gone(actor, reason)
            return None
        try:
            result = self._at_home().run(actor.on_stop)
        except BaseException as exception:
            self._stop_failed(actor, exception)
            return None
        if type(result) is COROUTINE:
            self._busy = True
            return self._leave_slowly(actor, reason, result)
        if self._actor is actor:
            self._gone(actor, reason)
        return None

    async def _leave_slowly(self, actor: Any, reason: ExitReason, coroutine: Coroutine[Any, Any, Any]) -> None:
        if self._too_late(actor, coroutine):
            return
        try:
            await self._drive(coroutine)
        except BaseException as exception:
            self._stop_failed(actor, exception)
            if isinstance(exception, GeneratorExit):
                raise
        else:
            if self._actor is actor:
                self._gone(actor, reason)

    def _stop_failed(self, actor: Any, exception: BaseException) -> None:
        if self._actor is actor:
            self.last_failure = self.capture(exception, "on_stop")
            self._gone(actor, "crash", self.last_failure, NO_MESSAGE, exception)
