"""A run of a synchronous host: the scope lives in a task of the runtime's loop, and every verb has ``.get()``."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from stentor.actors import refuse_fenced
from stentor.protocol import Event
from stentor.protocol.errors import BadUsage, Fenced, WebSocketManagerNotInitializedError

from ..runs._identity import Identity, current_identity
from ..runs._run import Run
from ..runs._scope import RunScope
from ..runs._tool_call import ToolCall
from ._pending import Pending

if TYPE_CHECKING:
    from stentor.actors import Receipt

__all__ = ["ThreadedRun", "ThreadedRunScope", "ThreadedToolCall"]

T = TypeVar("T")


class Caller(Protocol):
    """What is used of a ``ThreadedRuntime``."""

    def call(self, awaitable: Awaitable[T], what: str | None = None) -> Pending[T]: ...


class ThreadedToolCall:
    """``with run.tool("search", query=q) as tool``: tool_executing … tool_completed or tool_failed."""

    def __init__(self, caller: Caller, inner: ToolCall) -> None:
        self._caller = caller
        self._inner = inner
        self.tool = inner.tool
        self.call_id = inner.call_id

    def __repr__(self) -> str:
        return f"<ThreadedToolCall {self.tool!r} {self.call_id}>"

    def __enter__(self) -> ToolCall:
        return self._caller.call(self._inner.__aenter__(), f"tool {self.tool}").get()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        told = _told(error)
        self._caller.call(self._inner.__aexit__(_kind(told), told, trace), f"tool {self.tool}").get()


class ThreadedRun:
    """One run of a synchronous host, inside ``with runtime.run(session, "agent") as run``."""

    def __init__(self, caller: Caller, inner: Run) -> None:
        self._caller = caller
        self._inner = inner

    def __repr__(self) -> str:
        return f"<ThreadedRun {self.id} of {self.agent!r} in {self.session}>"

    @property
    def id(self) -> str:
        """The run's id, as it stands in its events."""
        return self._inner.id

    @property
    def session(self) -> str:
        """The id of the run's session."""
        return self._inner.session

    @property
    def agent(self) -> str:
        """The agent's name."""
        return self._inner.agent

    @property
    def identity(self) -> Identity:
        """User, thread and run."""
        return self._inner.identity

    @property
    def answer(self) -> Any:
        """What agent_completed will carry."""
        return self._inner.answer

    @property
    def failure(self) -> BaseException | None:
        """The run's first failure, or None."""
        return self._inner.failure

    def thinking(self, text: str) -> Pending[Receipt]:
        """Tell what the agent considers; ``.get()`` waits for room."""
        return self._tell(partial(self._inner.thinking, text), "thinking")

    def text(self, delta: str, msg: str = "m1") -> Pending[Receipt]:
        """Append *delta* to the message *msg* of the answer; ``.get()`` waits for room."""
        return self._tell(partial(self._inner.text, delta, msg), "text")

    def custom(self, name: str, data: Any = None) -> Pending[Receipt]:
        """Tell an event of the host's own; ``.get()`` waits for room."""
        return self._tell(partial(self._inner.custom, name, data), "custom")

    def put(self, event: Event, timeout: float | None = None) -> Pending[Receipt]:
        """Accept *event*; ``.get()`` waits for room, up to *timeout* seconds or the runtime's ``emit_timeout``."""
        return self._tell(partial(self._inner.put, event, timeout), f"put {event.type}")

    def emit(self, event: Event) -> Receipt:
        """Accept *event* or raise, at once; a refusal fails the run."""
        return self._inner.emit(event)

    def tool(self, tool: str, /, **arguments: Any) -> ThreadedToolCall:
        """Enter a tool call by ``with``: tool_executing … tool_completed, or tool_failed, which fails the run too."""
        return ThreadedToolCall(self._caller, self._inner.tool(tool, **arguments))

    def result(self, value: Any) -> None:
        """Set what agent_completed will carry: any JSON value."""
        self._inner.result(value)

    def fail(self, error: BaseException) -> None:
        """Fail the run with *error*: the first one is raised at the scope's exit."""
        self._inner.fail(error)

    def _tell(self, verb: Callable[[], Awaitable[Receipt]], what: str) -> Pending[Receipt]:
        # Once the scope has ended nothing can come of it: that is known here, and needs no get() to be heard.
        self._inner.refuse_if_over()
        pending = self._caller.call(verb(), what)
        return pending.raised_elsewhere(lambda error: error is self._inner.failure)


class ThreadedRunScope:
    """``with runtime.run(session, "agent") as run``: agent_started … agent_completed, _failed or _cancelled.

    The first failure inside is sticky, as in ``async with``: every later verb of the run raises it, and so does the
    exit, even if the host went on as if nothing had been. What can not be done is to cancel the host: its thread goes
    on until it next asks the run for something, or leaves.

    A thread that was given up meanwhile, as that of an abandoned ``ThreadActor``, ends the run as failed.

    Raises:
        StentorError: At the exit, the first failure inside.
        BadUsage: If it is entered a second time.
    """

    def __init__(
        self, caller: Caller, submit: Callable[[Awaitable[None], str], Pending[None]], scope: RunScope, what: str
    ) -> None:
        self._caller = caller
        self._submit = submit
        self._scope = scope
        self._what = what
        self._state = "new"
        self._task: asyncio.Task[None] | None = None
        self._left: tuple[BaseException | None, TracebackType | None] = (None, None)

    def __repr__(self) -> str:
        return f"<ThreadedRunScope {self._state}: {self._what}>"

    def __enter__(self) -> ThreadedRun:
        if self._state != "new":
            raise BadUsage("a run scope is entered once; open a new one by runtime.run(…)")
        self._state = "opening"
        try:
            inner = self._caller.call(self._begin(), self._what).get()
        except BaseException:
            # Ctrl-C, say: the run may open all the same, and no host would ever leave it.
            self._state = "closed"
            with suppress(WebSocketManagerNotInitializedError):
                self._submit(self._give_up(), self._what)
            raise
        self._state = "open"
        # The host's own thread too: a tool that is called in it finds its run.
        self._tokens: tuple[contextvars.Token[Identity | None], contextvars.Token[Run | None]] = (
            current_identity.set(inner.identity),
            Run.current.set(inner),
        )
        return ThreadedRun(self._caller, inner)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._state = "closed"
        try:
            self._end(error, trace)
        finally:
            # Another context than that of the entry, as web frameworks take one, has nothing to set back.
            with suppress(ValueError):
                current_identity.reset(self._tokens[0])
                Run.current.reset(self._tokens[1])

    def _end(self, error: BaseException | None, trace: TracebackType | None) -> None:
        told = _told(error)
        try:
            refuse_fenced("run")
        except Fenced as fenced:
            # It has no say in what came of the run, but a run that is open has to end.
            told, trace = fenced, fenced.__traceback__
        try:
            self._submit(self._finish(told, trace), self._what).get()
        except WebSocketManagerNotInitializedError as gone:
            # The runtime ended inside the scope. The host's own error, or the run's first one, says more than that.
            if error is None:
                raise self._scope.failure or gone from None
        except BaseException as raised:
            if raised is not error and raised is not told:
                raise

    async def _begin(self) -> Run:
        entered: asyncio.Future[Run] = asyncio.get_running_loop().create_future()
        self._exit = asyncio.Event()
        self._task = asyncio.create_task(self._hold(entered))
        return await entered

    async def _finish(self, error: BaseException | None, trace: TracebackType | None) -> None:
        self._left = (error, trace)
        self._exit.set()
        assert self._task is not None
        await asyncio.shield(self._task)

    async def _give_up(self) -> None:
        if self._task is not None:
            self._left = (asyncio.CancelledError(), None)
            self._exit.set()
            await asyncio.wait({self._task})

    async def _hold(self, entered: asyncio.Future[Run]) -> None:
        """Stand for the host: the task that enters the scope, and leaves it when the host does."""
        try:
            run = await self._scope.__aenter__()
        except BaseException as refused:
            if not entered.done():
                entered.set_exception(refused)
            return
        error: BaseException | None = asyncio.CancelledError()
        trace: TracebackType | None = None
        # Whoever asked for the scope may be gone: the runtime ended meanwhile.
        if not entered.done():
            entered.set_result(run)
            error, trace = await self._host_left()
        await self._scope.__aexit__(_kind(error), error, trace)
        if error is not None:
            raise error

    async def _host_left(self) -> tuple[BaseException | None, TracebackType | None]:
        try:
            await self._exit.wait()
        except asyncio.CancelledError as ended:
            if self._scope.failure is None:
                return ended, None
            # The scope's own cancel, which can not reach the host: its exit is waited for all the same.
            return await self._after_failure()
        return self._left

    async def _after_failure(self) -> tuple[BaseException | None, TracebackType | None]:
        try:
            await self._exit.wait()
        except asyncio.CancelledError as ended:
            return ended, None
        return self._left


def _kind(error: BaseException | None) -> type[BaseException] | None:
    return None if error is None else type(error)


def _told(error: BaseException | None) -> BaseException | None:
    """Return what the loop is told of *error*: Ctrl-C in the host's thread cancels the run, and ends no loop."""
    if error is None or isinstance(error, Exception):
        return error
    return asyncio.CancelledError()
