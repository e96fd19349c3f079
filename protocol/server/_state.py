"""State of a server session: plain data, kept by the estate over every incarnation."""

from __future__ import annotations

from math import inf

from attrs import define, field, frozen

from .._closecodes import CloseCode
from .._frames import HelloFrame, SayFrame
from .._limits import Limits
from .._log_values import FailedRange, Rejection, Token
from ._buffer import ReplayBuffer
from ._ledger import Ledger

__all__ = ["Claiming", "Consumer", "Drain", "Line", "PendingSay", "SessionState"]


@define
class Line:
    """A connection that was welcomed: what it was sent, and what is known to have been written."""

    line: int
    tab: str
    conn: int
    window: int
    """Events that may be in flight."""
    frame: int
    """Largest frame that the peer takes, in bytes."""
    heard: float
    """When a frame last came."""
    written: int
    """Highest seq whose write was confirmed."""
    top: int
    """Highest seq that was ever handed to a write: an ack beyond it is a lie."""
    says: float
    """Says that it may send now."""
    says_at: float
    room: int = 0
    """Bytes that a frame with events may have: the least of what we and the peer allow."""
    control: list[bytes] = field(factory=list[bytes])
    """Control frames, oldest first, whose write was not confirmed."""
    fresh: int = 0
    """How many of them stand in no Write yet."""
    mark: int = 0
    """Control frames ever queued."""
    confirmed: int = 0
    """Control frames whose write was confirmed."""
    ping_at: float | None = None
    """When the ping that waits for its answer was sent."""
    ping_answer: float = 0.0
    """Seconds that its answer may take."""
    why: str | None = None
    """Set while the events wait for the host's snapshot: why the stream was not resumed."""
    closing: tuple[CloseCode, str] | None = None


@define
class Consumer:
    """Who reads the session: one in exclusive mode. Its cursor says what was sent, its floor what was handled."""

    name: str = ""
    line: Line | None = None
    conn: int = 0
    """Number that the ownership port gave when it was last attached; 0 while a newer one is on its way."""
    floor: int = 0
    """Highest ack that was taken; the log's confirmation may still be on its way."""
    acked: int = 0
    """Position of the current line: below the floor while it re-reads retained events."""
    cursor: int = 0
    rejected: tuple[Rejection, ...] = ()
    """Refused events that the log has not confirmed."""
    stalled_since: float | None = None
    """Since when the window is full without an ack."""
    flight_since: float = 0.0
    """Since when events are in flight without an ack."""


@frozen
class Claiming:
    """Between hello and welcome: the claim may take long, fail, or be overtaken."""

    line: int
    hello: HelloFrame
    since: float


@define
class PendingSay:
    """A client's message that was handed up and not answered."""

    line: int
    frame: SayFrame
    tries: int = 1
    handed: bool = False
    """It went up, and its answer may take long: what the session dies of meanwhile is not its fault."""


@define
class Drain:
    """The session is to end when everything has its outcome, at the latest at *deadline*."""

    deadline: float
    code: CloseCode
    after_ms: int | None
    keep: bool
    left: int | None = None
    """Events that were left at the deadline."""


@define
class SessionState:
    """Everything that a session knows."""

    session: str
    limits: Limits
    snapshots: bool
    ledger: Ledger
    epoch: str | None = None
    token: Token | None = None
    head: int = 0
    """Highest seq that the log confirmed."""
    hinted: int = 0
    """Highest seq that another process spoke of."""
    buffer: ReplayBuffer = field(factory=ReplayBuffer)
    maxsent: int = 0
    """Highest seq that any client of this epoch can have."""
    consumer: Consumer = field(factory=Consumer)
    claiming: Claiming | None = None
    reading: int | None = None
    """After which seq the Read asks that is out."""
    failing: tuple[FailedRange, ...] = ()
    """Failures that the log has not confirmed."""
    last_cid: dict[str, int] = field(factory=dict[str, int])
    says: dict[tuple[str, int], PendingSay] = field(factory=dict[tuple[str, int], PendingSay])
    closing: dict[int, Line] = field(factory=dict[int, Line])
    """Lines that were told to close and whose sockets are not gone yet."""
    drain: Drain | None = None
    closed: bool = False
    end_asked: str | None = None
    """The tab that asked for the end of the session."""
    counter: int = 0
    """Numbers pings and notices."""
    wake_at: float = inf

    def wake(self, at: float) -> None:
        """Let ``tick`` be called at *at* or earlier."""
        if at < self.wake_at:
            self.wake_at = at

    def inherit(self, old: SessionState) -> None:
        """Take over what no log can give. That there may be more in the log than it says is a hint like any other."""
        self.closing, self.says, self.end_asked, self.counter = old.closing, old.says, old.end_asked, old.counter
        self.hinted = max(old.hinted, old.head)

    def forget(self) -> None:
        """Drop what only the owner of the session may believe."""
        self.token = None
        self.reading = None
        self.failing = ()
        # What went up is answered by us; the rest the client says again, to the new owner.
        self.says = {key: say for key, say in self.says.items() if say.handed}
        self.head = self.ledger.settled()
        consumer = self.consumer
        consumer.floor = self.ledger.floor
        consumer.rejected = ()
        self.buffer = ReplayBuffer(self.ledger.floor + 1)
