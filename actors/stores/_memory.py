"""The memory store: everything that a session needs to keep, for as long as the process lives."""

from __future__ import annotations

from time import monotonic

from stentor.protocol import Limits

from .._clock import Clock
from ..ports import Hints, Inbox, Log, Ownership, Runs
from ._memory_hints import MemoryHints
from ._memory_inbox import MemoryInbox
from ._memory_log import MemoryLog
from ._memory_ownership import MemoryOwnership
from ._memory_runs import MemoryRuns
from ._streams import Streams

__all__ = ["MemoryStore"]


class MemoryStore:
    """The five ports over one memory. Two runtimes of a process that are given the same store share its sessions.

    Args:
        limits: Of them it takes how many acked events of a session are kept, and when an event expires.
        clock: Tells the age of events; by default the machine's monotonic clock.
    """

    log: Log
    ownership: Ownership
    inbox: Inbox
    runs: Runs
    hints: Hints

    def __init__(self, limits: Limits | None = None, clock: Clock | None = None) -> None:
        limits = limits or Limits()
        streams = Streams(limits.memory_age)
        now = monotonic if clock is None else clock.now
        self.log = MemoryLog(streams, limits.retain_events, limits.retain_bytes, now)
        self.ownership = MemoryOwnership(streams)
        self.inbox = MemoryInbox(streams)
        self.runs = MemoryRuns()
        self.hints = MemoryHints()
