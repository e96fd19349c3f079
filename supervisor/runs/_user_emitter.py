"""A user's emitter: the five notifications of an agent, each of which raises where it can not be delivered."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from stentor.protocol import AgentCompleted, AgentStarted, AgentThinking, Event, ToolCompleted, ToolExecuting
from stentor.protocol.errors import WebSocketBridgeUnavailableError, WebSocketContextValidationError

from ._identity import session_name

if TYPE_CHECKING:
    from stentor.actors import Receipt

    from ._bridge import Bridge

__all__ = ["UserWebSocketEmitter"]


class UserWebSocketEmitter:
    """Notifies one user in one thread; ``runtime.emitter(...)`` makes one. Thread-safe; never waits.

    Every call returns the event's receipt or raises: :class:`WebSocketContextValidationError` where user, thread or
    run is missing, :class:`WebSocketBridgeUnavailableError` where there is no bridge, and what ``emit`` raises.
    """

    def __init__(self, bridge: Bridge | None, user_id: str | None, thread_id: str | None) -> None:
        self._bridge = bridge
        self._calls = count(1)
        self.user_id = user_id
        self.thread_id = thread_id

    def __repr__(self) -> str:
        state = "without a bridge" if self._bridge is None else "bridged"
        return f"<UserWebSocketEmitter {state}: user {self.user_id!r}, thread {self.thread_id!r}>"

    def notify_agent_started(self, run_id: str | None, agent: str) -> Receipt:
        """Tell that a run began."""
        return self._notify("notify_agent_started", run_id, AgentStarted(run_id, agent))

    def notify_agent_thinking(self, run_id: str | None, text: str) -> Receipt:
        """Tell what the agent considers."""
        return self._notify("notify_agent_thinking", run_id, AgentThinking(run_id, text))

    def notify_tool_executing(
        self, run_id: str | None, tool: str, arguments: dict[str, Any] | None = None, call_id: str | None = None
    ) -> Receipt:
        """Tell that a tool was called."""
        event = ToolExecuting(run_id, tool, call_id or f"n{next(self._calls)}", arguments or {})
        return self._notify("notify_tool_executing", run_id, event)

    def notify_tool_completed(self, run_id: str | None, tool: str, result: Any = None, call_id: str = "") -> Receipt:
        """Tell that a tool ended well."""
        return self._notify("notify_tool_completed", run_id, ToolCompleted(run_id, tool, call_id, result))

    def notify_agent_completed(self, run_id: str | None, result: Any = None) -> Receipt:
        """Tell that a run ended well."""
        return self._notify("notify_agent_completed", run_id, AgentCompleted(run_id, result))

    def _notify(self, operation: str, run_id: str | None, event: Event) -> Receipt:
        session = session_name(operation, self.user_id, self.thread_id)
        if not isinstance(run_id, str) or not run_id:
            raise WebSocketContextValidationError(
                operation=operation, missing="run_id", user_id=self.user_id, thread_id=self.thread_id
            )
        if self._bridge is None:
            raise WebSocketBridgeUnavailableError(
                operation=operation, user_id=self.user_id, thread_id=self.thread_id, run_id=run_id
            )
        return self._bridge.emit(session, event, run_id)
