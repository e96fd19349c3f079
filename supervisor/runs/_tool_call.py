"""One call of a tool: tool_executing … tool_completed or tool_failed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from types import TracebackType
from typing import Any, Protocol

from stentor.protocol import Event, ToolCompleted, ToolExecuting, ToolFailed
from stentor.protocol.errors import StentorError

from ._blame import told

__all__ = ["ToolCall", "ToolRun"]


class ToolRun(Protocol):
    """What a tool call uses of its run."""

    @property
    def id(self) -> str: ...
    @property
    def failure(self) -> BaseException | None: ...
    def put(self, event: Event) -> Awaitable[Any]: ...
    def try_emit(self, event: Event) -> None: ...
    def blame(self, error: BaseException) -> None: ...


class ToolCall:
    """``async with run.tool("search", query=q) as tool``: give its result by :meth:`result`.

    An exception inside is told as tool_failed, and fails the run, also where somebody catches it. A failure that
    the agent answers itself is told by :meth:`failed` instead.
    """

    def __init__(self, run: ToolRun, tool: str, call_id: str, arguments: dict[str, Any]) -> None:
        self._run = run
        self._arguments = arguments
        self._value: Any = None
        self._failed: tuple[str, str] | None = None
        self.tool = tool
        self.call_id = call_id

    def __repr__(self) -> str:
        return f"<ToolCall {self.tool!r} {self.call_id}>"

    def result(self, value: Any) -> None:
        """Set what tool_completed will carry: any JSON value."""
        self._value = value

    def failed(self, error: str, code: str = "error") -> None:
        """Say that the tool failed with *error* and the agent goes on: tool_failed is told, the run goes on."""
        self._failed = error, code

    def executing(self) -> ToolExecuting:
        """Return the event of the call's beginning."""
        return ToolExecuting(self._run.id, self.tool, self.call_id, self._arguments)

    def ended(self) -> ToolCompleted | ToolFailed:
        """Return the event of the call's end as its agent left it."""
        if self._failed is not None:
            return ToolFailed(self._run.id, self.tool, self.call_id, *self._failed)
        return ToolCompleted(self._run.id, self.tool, self.call_id, self._value)

    def broke(self, error: BaseException) -> None:
        """Tell that *error* ended the call, and fail the run with it."""
        code, text = told(error)
        if isinstance(error, (asyncio.CancelledError, GeneratorExit)):
            code, text = "cancelled", "the tool was cancelled"
        if error is not self._run.failure:
            self._run.try_emit(ToolFailed(self._run.id, self.tool, self.call_id, text, code))
        if code != "cancelled":
            self._run.blame(error)

    async def __aenter__(self) -> ToolCall:
        await self._run.put(self.executing())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.broke(error)
            return
        event = self.ended()
        try:
            await self._run.put(event)
        except StentorError as refused:
            # A result that cannot be told: the page must still see the call end.
            self._run.try_emit(ToolFailed(self._run.id, self.tool, self.call_id, str(refused), refused.code))
            raise
