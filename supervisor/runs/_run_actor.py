"""The run actor: one message of a user, answered by the host's agent in a task that can be cancelled."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from stentor.actors import Actor, promise_id
from stentor.protocol import AgentCancelled, AgentFailed, Event
from stentor.protocol.errors import StentorError

from ._blame import told
from ._book import Running
from ._handle import Session
from ._identity import Identity, current_identity
from ._message import Message
from ._prompted import prompted

if TYPE_CHECKING:
    from ._bridge import Bridge

__all__ = ["Agent", "RunActor"]

Agent: TypeAlias = Callable[[Session, Message], Awaitable[Any]]
"""The host's part: answers one message in one session."""


class RunActor(Actor):
    """One run: it outlives its client and its session's crash, and ends by itself.

    Args:
        agent: What the host does with the message.
        session: The handle that it gets.
        running: Its line in the book of runs.
        bridge: Where its end is told, if its scope has not told it.
        ended: Called once, when it is over, with how (completed, failed or cancelled) and the exception that ended
            it; not where the actor was abandoned: whoever watches it sees to the rest then.
        answers: Whether its end is told as the answer to its message; else it is told in band.
    """

    def __init__(
        self,
        agent: Agent,
        session: Session,
        running: Running,
        bridge: Bridge,
        ended: Callable[[Running, str, BaseException | None], None],
        answers: bool = False,
    ) -> None:
        super().__init__()
        self._agent: Agent = agent
        self._session = session
        self._running = running
        self._bridge = bridge
        self._ended = ended
        self._answers = answers
        message = running.message
        self._shared = running.shared
        self.estate.identity = {
            "user_id": session.user_id,
            "thread_id": session.thread_id,
            "session_id": session.id,
            "run_id": message.run_id,
        }

    def on_start(self) -> None:
        """Begin as soon as the supervisor has it."""
        self.actor_ref.tell(self._running.message)

    async def on_receive(self, message: Any) -> None:
        """Do the run, once."""
        match message:
            case Message():
                await self._run()
            case _:
                raise TypeError(f"a run has no use for {message!r}")

    async def _run(self) -> None:
        generation, estate = self.estate.generation, self.estate
        self._shared.fenced = lambda: estate.generation != generation
        context = contextvars.copy_context()
        context.run(self._say_who)
        task = asyncio.get_running_loop().create_task(self._work(), context=context)
        self._running.cancel = partial(self._cancel, task)
        if self._running.reason is not None:
            self._cancel(task, self._running.reason)
        error: BaseException | None = None
        before = self._bridge.accepted(self._session.id)
        try:
            error = await task
        except asyncio.CancelledError as cancelled:
            # Before its first step, or by the actor's own abandonment.
            error = cancelled
        if self._shared.fenced():
            return
        if error is None and not self._answers and self._bridge.accepted(self._session.id) == before:
            self._emitted_nothing()
        self._ended(self._running, _outcome(error), error)
        self.stop()
        self._conclude(error)

    def _say_who(self) -> None:
        who = self._session
        current_identity.set(Identity(who.user_id, who.thread_id, self._shared.run_id))
        prompted.set(self._shared)

    async def _work(self) -> BaseException | None:
        # Whatever it is, it is this run's failure: SystemExit would end the loop if it left a task.
        try:
            await self._agent(self._session, self._running.message)
        except BaseException as error:
            return error
        return None

    def _cancel(self, task: asyncio.Task[Any], reason: str) -> None:
        self._shared.cancelled = reason
        task.cancel()

    def _conclude(self, error: BaseException | None) -> None:
        swallowed = self._shared.failure
        if swallowed is not None and swallowed is not error:
            # The host caught what its scope raised; it was told in band, and must be found on record.
            self._bridge.hidden(self._session.id, swallowed, self._shared.run_id)
        if error is None:
            return
        run_id = self._shared.run_id
        if isinstance(error, asyncio.CancelledError) and self._shared.cancelled is not None:
            self._tell(AgentCancelled(run_id, self._shared.cancelled))
            return
        code, text = told(error)
        self._tell(AgentFailed(run_id, code, text, promise_id(error)))
        raise error

    def _emitted_nothing(self) -> None:
        # The client waits for an answer, and nothing else would tell anybody that none comes.
        estate = self.estate
        text = "the agent emitted nothing; open a scope by `async with session.run()`, or emit"
        estate.recorder.note("emitted_nothing", path=estate.path, session=self._session.id, text=text)

    def _tell(self, event: Event) -> None:
        if (self._answers and not self._shared.opened) or not self._shared.take_end():
            return
        try:
            self._bridge.emit(self._session.id, event, self._shared.run_id, reserve=True)
        except StentorError as refused:
            self._bridge.unsaid(self._session.id, event, refused)


def _outcome(error: BaseException | None) -> str:
    if error is None:
        return "completed"
    return "cancelled" if isinstance(error, asyncio.CancelledError) else "failed"
