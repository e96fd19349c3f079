"""Who does it: the clock, actors on an event loop, the guard, the estate, the record's port."""

from ._actor import Actor
from ._clock import Clock, LoopClock, TimerHandle
from ._directory import Directory
from ._estate import Estate
from ._failure import Failure, promise_id
from ._faults import FaultPoints, Faults
from ._future import LoopFuture
from ._gate import Gate
from ._loop_actor import LoopActor
from ._mailbox import Mailbox
from ._manual_clock import ManualClock
from ._messages import (
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
from ._outbox import Outbox
from ._proxy import ActorProxy
from ._receipt import Receipt
from ._recorder import Recorder, RingRecorder, default_recorder
from ._ref import ActorRef
from ._reply import Reply
from ._session import SessionActor
from ._session_cell import SessionCell
from ._session_messages import Attach, Dismiss, Drain, EndWanted, Prompt, Prompted, SessionEnded, TellUser

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
    "TimerHandle",
    "default_recorder",
    "promise_id",
]
