"""What happens when it fails, and who looks on: policies, the supervisor, the record, the runtime, its hosts."""

from ._actor_info import ActorInfo
from ._audit import Audit
from ._backoff import Backoff
from ._budget import Budget
from ._directives import Restart
from ._explain import Explanation
from ._failure_dict import failure_dict, failure_schema
from ._failures import Failures
from ._handle import Session
from ._hold import Hold
from ._identity import Identity
from ._machine import SupervisorMachine
from ._message import Message
from ._policy import PolicyWarning, RestartPolicy
from ._problem import problem
from ._record import Entry, Record
from ._run import Run
from ._runtime import Runtime
from ._runtime_options import Options
from ._runtime_thread import Pending, ThreadedRuntime
from ._scope import RunScope
from ._serving import Server
from ._snapshot import TreeSnapshot, snapshot
from ._spec import ChildSpec
from ._supervisor import Supervisor
from ._supervisor_views import ChildCounts, ChildInfo
from ._tool_call import ToolCall
from ._tools import tool
from ._user_emitter import UserWebSocketEmitter
from .hosts import lifespan

__all__ = [
    "ActorInfo",
    "Audit",
    "Backoff",
    "Budget",
    "ChildCounts",
    "ChildInfo",
    "ChildSpec",
    "Entry",
    "Explanation",
    "Failures",
    "Hold",
    "Identity",
    "Message",
    "Options",
    "Pending",
    "PolicyWarning",
    "Record",
    "Restart",
    "RestartPolicy",
    "Run",
    "RunScope",
    "Runtime",
    "Server",
    "Session",
    "Supervisor",
    "SupervisorMachine",
    "ThreadedRuntime",
    "ToolCall",
    "TreeSnapshot",
    "UserWebSocketEmitter",
    "failure_dict",
    "failure_schema",
    "lifespan",
    "problem",
    "snapshot",
    "tool",
]
