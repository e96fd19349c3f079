"""stentor: an actor-model runtime for hosts of AI agents.

Every name of the three floors that a host needs stands here and is loaded when it is first used, so that
``import stentor`` costs little.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from stentor.actors import (
        Actor,
        ActorProxy,
        ActorRef,
        Failure,
        Ignore,
        LoopActor,
        LoopFuture,
        Receipt,
        Reply,
        Terminated,
        ThreadActor,
    )
    from stentor.actors.stores import MemoryStore
    from stentor.protocol import (
        AgentCancelled,
        AgentCompleted,
        AgentFailed,
        AgentStarted,
        AgentThinking,
        Custom,
        Event,
        Limits,
        Position,
        Text,
        ToolCompleted,
        ToolExecuting,
        ToolFailed,
        UnknownEvent,
        session_id,
        split_session_id,
    )
    from stentor.protocol.clients import Client, ClientClosed, Delivered, TakenOver
    from stentor.protocol.errors import *
    from stentor.supervisor import (
        Audit,
        Backoff,
        Budget,
        ChildSpec,
        Hold,
        Identity,
        Message,
        Restart,
        RestartPolicy,
        Run,
        Runtime,
        Session,
        Supervisor,
        Timeline,
        UserWebSocketEmitter,
        lifespan,
        simulate,
        tool,
    )

# Door -> names; every exception comes from the door of errors.
_DOORS = {
    "stentor.protocol": (
        "AgentCancelled AgentCompleted AgentFailed AgentStarted AgentThinking Custom Event Limits "
        "Position Text ToolCompleted ToolExecuting ToolFailed UnknownEvent session_id "
        "split_session_id"
    ),
    "stentor.protocol.clients": "Client ClientClosed Delivered TakenOver",
    "stentor.actors": (
        "Actor ActorProxy ActorRef Failure Ignore LoopActor LoopFuture Receipt Reply Terminated ThreadActor"
    ),
    "stentor.actors.stores": "MemoryStore",
    "stentor.supervisor": (
        "Audit Backoff Budget ChildSpec Hold Identity Message Restart RestartPolicy Run Runtime "
        "Session Supervisor Timeline UserWebSocketEmitter lifespan simulate tool"
    ),
}
_DOOR_OF = {name: door for door, names in _DOORS.items() for name in names.split()}

__all__ = [
    "Actor",
    "ActorDied",
    "ActorParked",
    "ActorProxy",
    "ActorRef",
    "AdmissionFailed",
    "AgentCancelled",
    "AgentCommunicationFailureError",
    "AgentCompleted",
    "AgentFailed",
    "AgentStarted",
    "AgentThinking",
    "AlreadyPresent",
    "AlreadyStarted",
    "Audit",
    "AuditError",
    "Backoff",
    "BadPolicy",
    "BadSpec",
    "BadUsage",
    "Budget",
    "BufferFull",
    "ChildSpec",
    "ChildStartError",
    "Client",
    "ClientClosed",
    "ConcurrencyRejected",
    "Custom",
    "Delivered",
    "EmitTimeout",
    "EngineStale",
    "EpochChanged",
    "Event",
    "EventExpired",
    "EventLost",
    "EventNotSerialisable",
    "EventQuarantined",
    "EventRejected",
    "EventTooLarge",
    "EventUnconfirmed",
    "Failure",
    "Fenced",
    "FlushTimeout",
    "Forbidden",
    "HeartbeatTimeout",
    "Hold",
    "HostOverloaded",
    "Identity",
    "Ignore",
    "Killed",
    "Limits",
    "LoopActor",
    "LoopFuture",
    "MailboxFull",
    "MemoryStore",
    "Message",
    "NotDurable",
    "NotFound",
    "NotLocal",
    "NotSupported",
    "OutcomeUnknown",
    "Position",
    "ProtocolError",
    "Receipt",
    "Refused",
    "Reply",
    "Restart",
    "RestartBudgetExceeded",
    "RestartPolicy",
    "Run",
    "RunEnded",
    "Runtime",
    "Session",
    "SessionClosed",
    "Shutdown",
    "SlowConsumer",
    "StentorError",
    "StillRestarting",
    "StillRunning",
    "StoreInUse",
    "StoreUnavailable",
    "Supervisor",
    "TakenOver",
    "Terminated",
    "Text",
    "ThreadActor",
    "Timeline",
    "ToolCompleted",
    "ToolExecuting",
    "ToolFailed",
    "Unauthenticated",
    "UnknownEvent",
    "UserWebSocketEmitter",
    "WebSocketBridgeUnavailableError",
    "WebSocketBufferOverflowError",
    "WebSocketConnectionLostError",
    "WebSocketContextValidationError",
    "WebSocketEventDroppedError",
    "WebSocketManagerNotInitializedError",
    "WebSocketSendFailureError",
    "WouldDeadlock",
    "WriteStalled",
    "__version__",
    "lifespan",
    "session_id",
    "simulate",
    "split_session_id",
    "tool",
]


def __getattr__(name: str) -> Any:
    if name.startswith("_") or name not in __all__:
        raise AttributeError(f"module 'stentor' has no attribute {name!r}")
    value = getattr(importlib.import_module(_DOOR_OF.get(name, "stentor.protocol.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
