"""What one process knows of one session's events: whose they are, how many are held, how far each one is."""

from __future__ import annotations

from stentor.protocol import split_session_id

from ..ports import Level
from ._gate import Gate
from ._progress import Progress

__all__ = ["Account"]


class Account:
    """The facts that outbox, receipts and refusals share. The gate's lock guards them."""

    __slots__ = (
        "clock",
        "ended",
        "gate",
        "level",
        "lock",
        "log_bytes",
        "log_count",
        "pending_bytes",
        "pending_count",
        "progress",
        "quarantined",
        "session",
        "thread_id",
        "unconfirmed",
        "user_id",
    )

    def __init__(self, session: str, gate: Gate, level: Level) -> None:
        self.session = session
        self.user_id, self.thread_id = split_session_id(session)
        self.gate = gate
        self.lock = gate.lock
        self.clock = gate.clock
        self.level = level
        self.progress = Progress()
        self.quarantined: dict[int, tuple[str, ...]] = {}
        """Which failures an event was set aside for, by its seq; of the newest ones."""
        self.ended = False
        """Nothing will be accepted, and nothing gets an outcome any more."""
        self.unconfirmed: int = 0
        """Accepted events that failed because the session ended before the log had them."""
        self.pending_count: int = 0
        self.pending_bytes: int = 0
        """Accepted here, and not known to be in the log."""
        self.log_count: int = 0
        self.log_bytes: int = 0
        """Un-acked in the log, as it said last."""

    @property
    def held(self) -> tuple[int, int]:
        """Events without an outcome, and their bytes, as far as this process knows."""
        return self.pending_count + self.log_count, self.pending_bytes + self.log_bytes
