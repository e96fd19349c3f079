"""What is said: errors, events, frames, and the two halves of the wire protocol as machines without I/O."""

from ._event_codec import decode_event, encode_event, largest_field
from ._events import (
    AgentCancelled,
    AgentCompleted,
    AgentFailed,
    AgentStarted,
    AgentThinking,
    Custom,
    Event,
    Text,
    ToolCompleted,
    ToolExecuting,
    ToolFailed,
    UnknownEvent,
)
from ._names import session_id, split_session_id

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
    "decode_event",
    "encode_event",
    "largest_field",
    "session_id",
    "split_session_id",
]
