"""How a session asks its ports: the answer may come at once or later, and an error may mean the end of a step."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from attrs import frozen
from stentor.protocol import CloseCode, Effect, Token
from stentor.protocol.errors import (
    EngineStale,
    EpochChanged,
    Fenced,
    OutcomeUnknown,
    StentorError,
    StoreUnavailable,
    WebSocketSendFailureError,
)

from ..guarded._actor import Actor
from ..ports import LogFloor
from ._cell import SessionCell

__all__ = ["Effects", "LateAnswer", "PortCaller"]

Effects: TypeAlias = list[Effect]
Then: TypeAlias = Callable[[Any], Effects]
Failed: TypeAlias = Callable[[StentorError], Effects]


@frozen
class LateAnswer:
    """Control message: a port answered after the step that asked it."""

    generation: int
    then: Then
    failed: Failed
    answer: Any
    error: Exception | None


class PortCaller(Actor):
    """The half of a session that talks to its store."""

    def __init__(self, cell: SessionCell) -> None:
        super().__init__()
        self._cell = cell
        self._machine = cell.machine
        self._now = self.clock.now
        self._tasks: set[asyncio.Task[None]] | None = None

    def _run(self, effects: Effects) -> None:
        raise NotImplementedError

    def _ask(
        self, function: Callable[..., Any], args: tuple[Any, ...], then: Then, failed: Failed | None = None
    ) -> Effects:
        """Call a port; go on with *then* at once, or when its answer is there, or with *failed*."""
        try:
            answer = function(*args)
        except StentorError as error:
            return (failed or self._port_failed)(error)
        # A store in this process answers with a value of these, without the question what it might be.
        if type(answer) is not list and type(answer) is not LogFloor and hasattr(answer, "__await__"):
            task = asyncio.get_running_loop().create_task(self._wait(answer, then, failed or self._port_failed))
            if self._tasks is None:
                self._tasks = set()
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return []
        return then(answer)

    async def _wait(self, answer: Awaitable[Any], then: Then, failed: Failed) -> None:
        generation = self.estate.generation
        try:
            message = LateAnswer(generation, then, failed, await answer, None)
        except Exception as error:  # Raised again inside the actor, where it crashes it.
            message = LateAnswer(generation, then, failed, None, error)
        self.actor_ref.control(message)

    def _late(self, message: LateAnswer) -> None:
        if message.generation != self.estate.generation:
            return
        if isinstance(message.error, StentorError):
            self._run(message.failed(message.error))
        elif message.error is not None:
            raise message.error
        else:
            self._run(message.then(message.answer))

    def _refused(self, token: Token | None, error: StentorError, conn: int = 0) -> Effects:
        """An operation that was asked with *token*, and from the connection *conn*, failed."""
        if not isinstance(error, (Fenced, EpochChanged)):
            return self._port_failed(error)
        if token is None:
            # Asked as a process that owns nothing: it has nothing to let go of, and what it owns by now stays.
            return []
        return self._machine.fenced(self._now(), error.details.get("tab"), token, conn)

    def _port_failed(self, error: StentorError) -> Effects:
        if isinstance(error, (Fenced, EpochChanged)):
            # Another process has the session, or the log began anew: what we believed of it is void.
            return self._machine.fenced(self._now(), error.details.get("tab"))
        if isinstance(error, (StoreUnavailable, OutcomeUnknown, EngineStale)):
            cell = self._cell
            cell.outbox.store_failed(error)
            goodbye = self._machine.dismiss(CloseCode.STORE_UNAVAILABLE, "the store does not answer", self._now())
            try:
                self._run(goodbye)
            except WebSocketSendFailureError as second:
                raise error from second
        if error.user_id is None:
            error.user_id, error.thread_id = self._cell.outbox.user_id, self._cell.outbox.thread_id
        raise error
