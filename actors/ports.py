"""The ports of delivery: what a session needs of a store and of its neighbours, wherever they are.

An adapter answers at once, or with an awaitable of the answer: memory does the first, an engine across the network
the second. To the session both are events. Failures are exceptions: ``StoreUnavailable``, ``Fenced``,
``EpochChanged``, ``OutcomeUnknown``, ``EngineStale``. A store error never means "not stored".
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

from attrs import frozen
from stentor.protocol import Append, Appended, FailedRange, Floor, LogState, Rejection, Token
from stentor.protocol.errors import StentorError

__all__ = [
    "Answer",
    "Batch",
    "Hints",
    "Inbox",
    "Level",
    "Log",
    "LogFloor",
    "New",
    "Outcomes",
    "Ownership",
    "Repeated",
    "RunState",
    "Runs",
]

T = TypeVar("T")

Answer: TypeAlias = T | Awaitable[T]
"""The answer, or an awaitable of it."""

Level: TypeAlias = Literal["volatile", "relaxed", "durable", "replicated"]
"""What survives: nothing, the end of the process, the end of the machine's power, the end of the machine."""

RunState: TypeAlias = Literal["open", "completed", "failed", "cancelled"]
"""Where a run is: open, or how it ended."""


class LogFloor(Floor, frozen=True):
    """A ``Floor`` that also says what is left: un-acked events of the session, and their bytes."""

    count: int = 0
    bytes: int = 0


@frozen
class Batch:
    """Events of one session as they stand in the log: *first* is the seq of the first body."""

    first: int
    bodies: tuple[bytes | None, ...]
    """None for an event that failed: its body is not kept."""


@frozen
class Outcomes:
    """What became of a session's events: all up to *floor* acked, but for *failed*; up to *head* the rest waits."""

    epoch: str
    head: int
    floor: int
    failed: tuple[FailedRange, ...]
    counts: Mapping[str, int]
    """Every failed event by code."""
    count: int
    bytes: int


@frozen
class New:
    """The message was not seen before; *run* is the id that the run it starts shall have."""

    run: str


@frozen
class Repeated:
    """The message was taken before; *answer* is what was said then, None if nothing was said yet."""

    answer: Any
    node: str | None = None
    """Who took it and will answer; None if that is not known."""
    forgotten: bool = False
    """It was taken so long ago that its answer is not kept."""


class Log(Protocol):
    """The events of all sessions. Appending gives an event its seq; that is the only counter."""

    level: Level
    exclusive: bool
    """Whether one process owns the store."""
    age: float
    """Seconds after which an un-acked event is let expire."""

    @property
    def incarnation(self) -> str:
        """Changes when what the log held is lost."""
        ...

    def append(self, batches: Sequence[Append]) -> Answer[list[Appended | StentorError]]:
        """Append each batch, whole or not at all; idempotent by (writer, n0). Anybody may append, owner or not.

        The numbers of a batch's ``done`` writers need not be kept any more.
        """
        ...

    def read(self, after: Mapping[str, int], limit: int, max_bytes: int) -> Answer[dict[str, Batch]]:
        """Return events after a seq for each session: at most *limit* and *max_bytes*, but one at least."""
        ...

    def heads(self, node: str) -> Answer[dict[str, int]]:
        """Return the head of every session that *node* owns."""
        ...

    def ack(
        self, session: str, consumer: str, conn: int, token: Token, epoch: str, upto: int, rej: Iterable[Rejection]
    ) -> Answer[LogFloor]:
        """Set what *consumer* has handled. It counts from its current connection only; less than before is ignored.

        Raises:
            Fenced: If a newer owner or connection is there.
            EpochChanged: If the log is of another epoch.
        """
        ...

    def fail(self, session: str, token: Token | None, ranges: Iterable[FailedRange]) -> Answer[LogFloor]:
        """Let un-acked events fail, each range with its code. Events that have an outcome keep it.

        Raises:
            Fenced: If a newer owner is there; with *token* None, if there is any.
        """
        ...

    def expire(self, session: str, token: Token | None) -> Answer[LogFloor]:
        """Let un-acked events that are older than *age* fail with ``expired``, as :meth:`fail` does.

        The store tells the age, by a clock that only goes forward; an event may live a thirty-second of it longer.

        Raises:
            Fenced: If a newer owner is there; with *token* None, if there is any.
        """
        ...

    def outcomes(self, session: str, since: int = 0) -> Answer[Outcomes]:
        """Return the ledger of *session*; of the failed ranges those that reach above *since*."""
        ...

    def forget(self, session: str) -> Answer[Outcomes | None]:
        """Drop all that is kept of *session*, what its clients said included; return its last ledger.

        For a session that is closed for good: whoever counts has to add the ledger to the total, for the store does
        so no more. A client or an event that comes later begins a new stream, with another epoch.

        None, and nothing is dropped, if an event of it has no outcome, or a process owns it. Where other processes
        use the store too it is not to be called: they may hold receipts that ask for the ledger.
        """
        ...


class Ownership(Protocol):
    """Which process speaks to a session's clients."""

    def claim(self, session: str, node: str, force: bool) -> Answer[tuple[Token, LogState]]:
        """Make *node* the owner, with a new generation.

        Raises:
            Fenced: If another node owns it and *force* is not set; it names the node.
        """
        ...

    def attach(self, token: Token, consumer: str, tab: str = "") -> Answer[int]:
        """Return a new connection number for *consumer*; older ones of it are fenced by that.

        From now on ``Fenced`` names *tab*: an owner that is fenced tells its client whether that was its own tab.

        Raises:
            Fenced: If *token* is not the current one.
        """
        ...

    def verify(self, token: Token) -> Answer[None]:
        """Return if *token* is the current one.

        Raises:
            Fenced: If it is not.
        """
        ...

    def detach(self, token: Token, consumer: str, conn: int) -> Answer[None]:
        """Note that *conn* is gone; without effect if a newer one is there."""
        ...

    def release(self, token: Token) -> Answer[None]:
        """Own it no more; without effect if a newer owner is there."""
        ...

    def owner(self, session: str) -> Answer[str | None]:
        """Return the node that owns *session*."""
        ...


class Inbox(Protocol):
    """What clients said, so that a repeated message is answered and not handled twice."""

    def accept(self, session: str, tab: str, cid: int, token: Token | None, body: bytes) -> Answer[New | Repeated]:
        """Take message *cid* of *tab*, for the node that owns the session.

        Raises:
            Fenced: If it is new, and *token* is not the current one, or None.
        """
        ...

    def answer(self, session: str, tab: str, cid: int, answer: Any) -> Answer[None]:
        """Keep what was answered; the first answer stays. Whoever took the message may, also if it owns nothing now."""
        ...


class Runs(Protocol):
    """Runs that are open, so that a run whose process died is not open for ever."""

    def open(self, run: str, session: str, node: str) -> Answer[int]:
        """Open *run* on *node*; return its generation."""
        ...

    def close(self, run: str, run_gen: int, state: RunState) -> Answer[None]:
        """End *run*.

        Raises:
            Fenced: If it was re-opened elsewhere, or is closed.
        """
        ...

    def request_cancel(self, run: str) -> Answer[None]:
        """Ask whoever runs it to stop."""
        ...

    def cancel_requested(self, node: str) -> Answer[list[str]]:
        """Return the open runs of *node* that were asked to stop."""
        ...

    def reopen(self, run: str, node: str) -> Answer[int]:
        """Move an open run to *node*; return its new generation."""
        ...


class Hints(Protocol):
    """There is something new: at most once, in any order; nobody may depend on one."""

    def publish(self, node: str, heads: Sequence[tuple[str, int]]) -> None:
        """Tell *node* the heads of sessions."""

    def subscribe(self, node: str, callback: Callable[[str, int], None]) -> Callable[[], None]:
        """Call *callback* with each hint for *node*, in any thread; return what ends that."""
        ...
