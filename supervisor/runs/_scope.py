"""The run scope: agent_started, and one end that no framework can swallow."""

from __future__ import annotations

import asyncio
from contextvars import Token
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Never
from uuid import uuid4

from stentor.actors import promise_id
from stentor.protocol import AgentCancelled, AgentCompleted, AgentFailed, AgentStarted, Event
from stentor.protocol.errors import BadUsage, SessionClosed, StentorError

from ._blame import told
from ._identity import Identity, current_identity
from ._prompted import Prompted, prompted
from ._run import Run

if TYPE_CHECKING:
    from ._bridge import Bridge

__all__ = ["RunScope"]


class RunScope:
    """``async with session.run("researcher") as run``: agent_started … agent_completed, _failed or _cancelled.

    The first failure inside is sticky: a refused emit, a failed tool, a session that is parked or closed. It cancels
    the host's task, as ``asyncio.timeout`` does, and is raised at the exit even if the host returned normally. A
    restart of the session, or a lost connection, is no failure of the scope.

    Raises:
        StentorError: At the exit, the first failure inside.
    """

    def __init__(
        self, bridge: Bridge, session: str, who: Identity, agent: str, run_id: str | None, timeout: float | None
    ) -> None:
        self._bridge = bridge
        self._session = session
        self._who = who
        self._agent = agent
        self._run_id = run_id
        self._timeout = timeout
        self._lock = Lock()
        self._failure: BaseException | None = None
        self._closed = False
        self._cancelled = False
        self._timer: asyncio.Handle | None = None
        self._state = "new"

    def __repr__(self) -> str:
        state = "failed" if self._failure is not None else self._state
        return f"<RunScope {state}: {self._agent!r} in {self._session}>"

    def __enter__(self) -> Never:
        raise BadUsage(
            "a run scope is entered by `async with session.run(…)`; "
            "a synchronous host opens it by `with runtime.run(session, …)` of Runtime.in_thread()"
        )

    def __exit__(self, *_: object) -> None:
        # Python looks for both before it calls one.
        return None

    async def __aenter__(self) -> Run:
        self._shared = self._claim()
        who = Identity(self._who.user_id, self._who.thread_id, self._run_id or self._shared.run_id)
        self._loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a run scope needs a task; enter it inside `async def`")
        self._task, self._entered = task, task.cancelling()
        run = self._run = Run(self._bridge, self._session, who, self._agent, self._timeout, self)
        self._bridge.enter(self._session, self)
        try:
            await run.put(AgentStarted(run.id, self._agent))
        except BaseException:
            self._leave()
            self._settle()
            raise
        self._tokens: tuple[Token[Identity | None], Token[Run | None]] = (
            current_identity.set(who),
            Run.current.set(run),
        )
        self._state = "open"
        return run

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        late = await self._complete() if error is None and self._failure is None else None
        self._leave()
        raised = late or error
        outside = self._settle() and isinstance(raised, asyncio.CancelledError)
        current_identity.reset(self._tokens[0])
        Run.current.reset(self._tokens[1])
        if self._failure is not None and not outside:
            self._end(self._failed(self._failure))
            if self._failure is error:
                return False
            raise self._failure
        if isinstance(raised, (asyncio.CancelledError, GeneratorExit)):
            self._interrupted()
        elif raised is not None:
            self._end(self._failed(raised))
        if late is not None:
            raise late
        return False

    def fail(self, error: BaseException) -> None:
        """Take *error* as the failure of the scope, if it is the first, and cancel the host's task. Any thread."""
        with self._lock:
            if self._failure is not None or self._closed:
                return
            self._failure = error
        # Never from here directly: a cancel of the task that is running would stay pending past the scope's exit.
        try:
            self._timer = self._loop.call_soon_threadsafe(self._cancel_host)
        except RuntimeError:
            # The host's loop is closed: nothing is left to cancel, and the exit is loud all the same.
            self._timer = None

    @property
    def failure(self) -> BaseException | None:
        """The first failure inside, or None."""
        return self._failure

    @property
    def over(self) -> bool:
        """Whether its exit was reached, or its run was abandoned: nothing may be told through it any more."""
        return self._closed or self._shared.fenced()

    def _claim(self) -> Prompted:
        shared = prompted.get()
        self._guarded = shared is not None and not shared.opened and self._run_id in (None, shared.run_id)
        if shared is None or not self._guarded:
            return Prompted(self._run_id or f"r{uuid4().hex[:12]}")
        shared.opened = True
        return shared

    async def _complete(self) -> BaseException | None:
        try:
            await self._run.put(AgentCompleted(self._run.id, self._run.answer), reserve=True)
        except (StentorError, asyncio.CancelledError) as late:
            return late
        self._shared.ended = True
        return None

    def _cancel_host(self) -> None:
        if not self._closed:
            self._cancelled = True
            self._task.cancel()

    def _leave(self) -> None:
        with self._lock:
            self._closed = True
        self._state = "closed"
        self._bridge.leave(self._session, self)

    def _settle(self) -> bool:
        """Take back our cancel; say whether somebody else cancels the task too."""
        if self._timer is not None:
            self._timer.cancel()
        return not self._cancelled or self._task.uncancel() > self._entered

    def _interrupted(self) -> None:
        if self._failure is not None:
            self._end(self._failed(self._failure))
        else:
            self._end(AgentCancelled(self._run.id, self._shared.cancelled or "cancelled"))

    def _failed(self, error: BaseException) -> AgentFailed:
        code, message = told(error)
        event = AgentFailed(self._run.id, code, message, promise_id(error))
        if self._guarded:
            self._shared.failure = error
        else:
            self._bridge.hidden(self._session, error, self._run.id)
        return event

    def _end(self, event: Event) -> None:
        # An abandoned run has no say in its own end.
        if self._shared.fenced() or not self._shared.take_end():
            return
        if isinstance(self._failure, SessionClosed):
            return  # There is nobody left to tell, and the failure itself says so.
        try:
            self._bridge.emit(self._session, event, self._run.id, reserve=True)
        except StentorError as refused:
            self._bridge.unsaid(self._session, event, refused)
