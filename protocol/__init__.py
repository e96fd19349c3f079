"""What is said: errors, events, frames, and the two halves of the wire protocol as machines without I/O."""

from ._closecodes import (
    CloseCode,
    fit_reason,
    reconnects,
)
from ._codec import (
    binary_refused,
    decode_client,
    decode_server,
    encode_frame,
)
from ._event_codec import (
    decode_event,
    emptied,
    encode_event,
    largest_field,
)
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
from ._frames import (
    ByeFrame,
    ClientFrame,
    ErrorFrame,
    HelloFrame,
    NoticeFrame,
    PingFrame,
    PongFrame,
    ServerFrame,
)
from ._limits import (
    Limits,
)
from ._log_values import (
    Append,
    Appended,
    FailedRange,
    Floor,
    LogState,
    Rejection,
    Token,
)
from ._names import (
    session_id,
    split_session_id,
)
from .client._client import (
    ClientProtocol,
)
from .client._effects import (
    ClientState,
    Position,
)
from .server._buffer import (
    ReplayBuffer,
)
from .server._effects import (
    Ack,
    AskSnapshot,
    Claim,
    Close,
    Closed,
    Effect,
    EndAsked,
    Fail,
    Handle,
    Hint,
    Note,
    Read,
    Resolve,
    Write,
)
from .server._ledger import (
    Ledger,
)
from .server._server import (
    ServerSession,
)

__all__ = [
    "Ack",
    "AgentCancelled",
    "AgentCompleted",
    "AgentFailed",
    "AgentStarted",
    "AgentThinking",
    "Append",
    "Appended",
    "AskSnapshot",
    "ByeFrame",
    "Claim",
    "ClientFrame",
    "ClientProtocol",
    "ClientState",
    "Close",
    "CloseCode",
    "Closed",
    "Custom",
    "Effect",
    "EndAsked",
    "ErrorFrame",
    "Event",
    "Fail",
    "FailedRange",
    "Floor",
    "Handle",
    "HelloFrame",
    "Hint",
    "Ledger",
    "Limits",
    "LogState",
    "Note",
    "NoticeFrame",
    "PingFrame",
    "PongFrame",
    "Position",
    "Read",
    "Rejection",
    "ReplayBuffer",
    "Resolve",
    "ServerFrame",
    "ServerSession",
    "Text",
    "Token",
    "ToolCompleted",
    "ToolExecuting",
    "ToolFailed",
    "UnknownEvent",
    "Write",
    "binary_refused",
    "decode_client",
    "decode_event",
    "decode_server",
    "emptied",
    "encode_event",
    "encode_frame",
    "fit_reason",
    "largest_field",
    "reconnects",
    "session_id",
    "split_session_id",
]
