"""A run as the agent sees it: its verbs emit, wait for room, and fail the scope where they are refused."""

from __future__ import annotations

from contextvars import ContextVar
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

from stentor.actors import refuse_fenced
from stentor.protocol import AgentThinking, Custom, Event, Text
from stentor.protocol.errors import Fenced, RunEnded, StentorError

from ._identity import Identity
from ._tool_call import ToolCall

if TYPE_CHECKING:
    from stentor.actors import Receipt

    from ._bridge import Bridge, Sticky

__all__ = ["Run"]


class Run:
    """One run of an agent, inside ``async with session.run(...) as run``."""

    current: ClassVar[ContextVar[Run | None]] = ContextVar("stentor_run", default=None)
    """The run of the task that asks."""

    def __init__(
        self, bridge: Bridge, session: str, who: Identity, agent: str, timeout: float | None, scope: Sticky
    ) -> None:
        self._bridge = bridge
        self._session = session
        self._timeout = timeout
        self._scope = scope
        self._calls = count(1)
        self.identity = who
        self.agent = agent
        self.answer: Any = None

    def __repr__(self) -> str:
        return f"<Run {self.id} of {self.agent!r} in {self._session}>"

    @property
    def id(self) -> str:
        """The run's id, as it stands in its events."""
        return self.identity.run_id or ""

    @property
    def session(self) -> str:
        """The id of the run's session."""
        return self._session

    async def thinking(self, text: str) -> Receipt:
        """Tell what the agent considers; wait for room.

        Raises:
            EmitTimeout: If the buffer had no room within the runtime's ``emit_timeout``.
        """
        return await self.put(AgentThinking(self.id, text))

    async def text(self, delta: str, msg: str = "m1") -> Receipt:
        """Append *delta* to the message *msg* of the answer; wait for room.

        Raises:
            EmitTimeout: If the buffer had no room within the runtime's ``emit_timeout``.
        """
        return await self.put(Text(self.id, delta, msg))

    async def custom(self, name: str, data: Any = None) -> Receipt:
        """Tell an event of the host's own; wait for room."""
        return await self.put(Custom(self.id, name, data))

    def tool(self, tool: str, /, **arguments: Any) -> ToolCall:
        """Enter a tool call: tool_executing … tool_completed, or tool_failed, which fails the run too."""
        return ToolCall(self, tool, f"c{next(self._calls)}", arguments)

    def result(self, value: Any) -> None:
        """Set what agent_completed will carry: any JSON value.

        Raises:
            RunEnded: If the scope has ended; or its first failure, if it ended by one.
        """
        refuse_fenced("result")
        self.refuse_if_over()
        self.answer = value

    def fail(self, error: BaseException) -> None:
        """Fail the run with *error*: the first one is raised at the scope's exit. Any thread.

        Raises:
            RunEnded: If the scope has ended; or its first failure, if it ended by one.
            Fenced: As every verb, if called by the thread of an actor that was given up. That fails no run.
        """
        refuse_fenced("fail")
        self.refuse_if_over()
        self._scope.fail(error)

    def blame(self, error: BaseException) -> None:
        """Fail the run with *error*, which is raised on its way as well, if the scope is still open. Any thread."""
        refuse_fenced("fail")
        self._scope.fail(error)

    def emit(self, event: Event) -> Receipt:
        """Accept *event* or raise, at once, from any thread; a refusal fails the run."""
        self._check()
        try:
            return self._bridge.emit(self._session, event, self.id)
        except Fenced:
            raise
        except StentorError as refused:
            self._scope.fail(refused)
            raise

    async def put(self, event: Event, timeout: float | None = None, *, reserve: bool = False) -> Receipt:
        """Accept *event*, and wait for room up to *timeout* seconds; the runtime's ``emit_timeout`` by default.

        Raises:
            EmitTimeout: If there was none in time; that fails the run.
        """
        self._check()
        limit = self._timeout if timeout is None else timeout
        try:
            return await self._bridge.put(self._session, event, self.id, limit, reserve=reserve)
        except Fenced:
            raise
        except StentorError as refused:
            self._scope.fail(refused)
            raise

    def try_emit(self, event: Event) -> None:
        """Tell *event* although the run has failed; where that is refused, it is recorded."""
        if self._scope.over:
            self._bridge.unsaid(self._session, event, self._ended())
            return
        try:
            self._bridge.emit(self._session, event, self.id)
        except StentorError as refused:
            self._bridge.unsaid(self._session, event, refused)

    @property
    def failure(self) -> BaseException | None:
        """The run's first failure, or None."""
        return self._scope.failure

    def refuse_if_over(self) -> None:
        """Say nothing while the scope is open.

        Raises:
            RunEnded: If it has ended; or its first failure, if it ended by one.
        """
        if self._scope.over:
            self._check()

    def _check(self) -> None:
        # A framework that swallowed the first failure gets it again from whatever it does next.
        failure = self._scope.failure
        if failure is not None:
            raise failure
        if self._scope.over:
            raise self._ended()

    def _ended(self) -> RunEnded:
        return RunEnded(run_id=self.id, user_id=self.identity.user_id, thread_id=self.identity.thread_id)
