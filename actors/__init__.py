"""Who does it: the clock, actors on an event loop, the guard, the estate, the record's port."""

from ._clock import Clock, LoopClock, TimerHandle
from ._fenced import refuse_fenced
from ._manual_clock import ManualClock
from .guarded._actor import Actor
from .guarded._directory import Directory
from .guarded._estate import Estate
from .guarded._failure import Failure, promise_id
from .guarded._faults import FaultPoints, Faults
from .guarded._marks import drop_traceback, mark_failure
from .guarded._messages import (
    Exited,
    ExitReason,
    Ignore,
    Ignored,
    LaunchResult,
    Pending,
    Started,
    StartFailed,
    Terminated,
)
from .guarded._parking import Parking
from .guarded._recorder import Recorder, RingRecorder, default_recorder
from .guarded._reply import Reply
from .loop._future import LoopFuture
from .loop._loop_actor import LoopActor
from .loop._mailbox import Mailbox
from .loop._proxy import ActorProxy
from .loop._ref import ActorRef
from .session._cell import SessionCell
from .session._gate import Gate
from .session._leftovers import fail_leftovers
from .session._messages import Attach, Dismiss, Drain, EndWanted, Prompt, Prompted, SessionEnded, TellUser
from .session._outbox import Outbox
from .session._receipt import Receipt
from .session._session import SessionActor
from .thread._lane import abandoned_threads
from .thread._thread_actor import ThreadActor

__all__ = [
    "Actor",
    "ActorProxy",
    "ActorRef",
    "Attach",
    "Clock",
    "Directory",
    "Dismiss",
    "Drain",
    "EndWanted",
    "Estate",
    "ExitReason",
    "Exited",
    "Failure",
    "FaultPoints",
    "Faults",
    "Gate",
    "Ignore",
    "Ignored",
    "LaunchResult",
    "LoopActor",
    "LoopClock",
    "LoopFuture",
    "Mailbox",
    "ManualClock",
    "Outbox",
    "Parking",
    "Pending",
    "Prompt",
    "Prompted",
    "Receipt",
    "Recorder",
    "Reply",
    "RingRecorder",
    "SessionActor",
    "SessionCell",
    "SessionEnded",
    "StartFailed",
    "Started",
    "TellUser",
    "Terminated",
    "ThreadActor",
    "TimerHandle",
    "abandoned_threads",
    "default_recorder",
    "drop_traceback",
    "fail_leftovers",
    "mark_failure",
    "promise_id",
    "refuse_fenced",
]
