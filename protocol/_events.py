"""Agent events: what a session tells its user."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import field, frozen

__all__ = [
    "AgentCancelled",
    "AgentCompleted",
    "AgentFailed",
    "AgentStarted",
    "AgentThinking",
    "Custom",
    "Event",
    "Text",
    "ToolCompleted",
    "ToolExecuting",
    "ToolFailed",
    "UnknownEvent",
]


@frozen
class Event:
    """What every event has: the run that it belongs to, or None for the session itself."""

    type: ClassVar[str] = "event"
    run_id: str | None


@frozen
class AgentStarted(Event):
    """A run began; *agent* is its name."""

    type: ClassVar[str] = "agent_started"
    agent: str = "agent"


@frozen
class AgentThinking(Event):
    """What the agent considers at the moment, for the user to read."""

    type: ClassVar[str] = "agent_thinking"
    text: str = ""


@frozen
class Text(Event):
    """A piece of the answer: *delta* is appended to the message *msg*."""

    type: ClassVar[str] = "text"
    delta: str = ""
    msg: str = "m1"


@frozen
class ToolExecuting(Event):
    """A tool was called; *call_id* joins it to its end."""

    type: ClassVar[str] = "tool_executing"
    tool: str = ""
    call_id: str = ""
    arguments: dict[str, Any] = field(factory=dict[str, Any])


@frozen
class ToolCompleted(Event):
    """A tool ended well with *result*: any JSON value."""

    type: ClassVar[str] = "tool_completed"
    tool: str = ""
    call_id: str = ""
    result: Any = None


@frozen
class ToolFailed(Event):
    """A tool raised; *error* is its text for the user, *code* its stable name."""

    type: ClassVar[str] = "tool_failed"
    tool: str = ""
    call_id: str = ""
    error: str = ""
    code: str = "error"


@frozen
class AgentCompleted(Event):
    """A run ended well with *result*: any JSON value."""

    type: ClassVar[str] = "agent_completed"
    result: Any = None


@frozen
class AgentFailed(Event):
    """A run failed; *failure_id* names its record."""

    type: ClassVar[str] = "agent_failed"
    code: str = "error"
    message: str = ""
    failure_id: str | None = None


@frozen
class AgentCancelled(Event):
    """A run was stopped, by its user or its host."""

    type: ClassVar[str] = "agent_cancelled"
    reason: str = "cancelled"


@frozen
class Custom(Event):
    """An event of the host's own: *name* says which, *data* is any JSON value."""

    type: ClassVar[str] = "custom"
    run_id: str | None = None
    name: str = "custom"
    data: Any = None


@frozen
class UnknownEvent(Event):
    """An event of a type that this version does not know, as it came."""

    type: ClassVar[str] = "unknown"
    name: str = ""
    data: Any = None
