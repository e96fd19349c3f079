"""What happens when it fails, and who looks on: policies, the supervisor, the record, the runtime, its hosts."""

from .core._explain import Explanation
from .core._machine import SupervisorMachine
from .core._revision import PolicyRevision
from .hosts import lifespan
from .ledger._failure_dict import failure_dict, failure_schema
from .ledger._failures import Failures
from .ledger._problem import problem
from .ledger._record import Entry, Record
from .planning._simulate import simulate
from .planning._timeline import Timeline
from .policy._backoff import Backoff
from .policy._budget import Budget
from .policy._directives import Restart
from .policy._hold import Hold
from .policy._policy import PolicyWarning, RestartPolicy
from .policy._spec import ChildSpec
from .runs._handle import Session
from .runs._identity import Identity
from .runs._message import Message
from .runs._run import Run
from .runs._scope import RunScope
from .runs._tool_call import ToolCall
from .runs._tools import tool
from .runs._user_emitter import UserWebSocketEmitter
from .runtime._audit import Audit
from .runtime._options import Options
from .runtime._pending import Pending
from .runtime._runtime import Runtime
from .runtime._serving import Server
from .runtime._thread import ThreadedRuntime
from .runtime._thread_run import ThreadedRun, ThreadedRunScope
from .tree._actor_info import ActorInfo
from .tree._snapshot import TreeSnapshot, snapshot
from .tree._supervisor import Supervisor
from .tree._views import ChildCounts, ChildInfo
from .watchdog._watchdog import Watchdog

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
    "PolicyRevision",
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
    "ThreadedRun",
    "ThreadedRunScope",
    "ThreadedRuntime",
    "Timeline",
    "ToolCall",
    "TreeSnapshot",
    "UserWebSocketEmitter",
    "Watchdog",
    "failure_dict",
    "failure_schema",
    "lifespan",
    "problem",
    "simulate",
    "snapshot",
    "tool",
]
