"""What a ServerSession asks its executor to do: values, executed in the order of the list.

Every effect may be executed twice, or not at all when its executor dies between two of them:
``ServerSession.recover`` asks again for whatever was not confirmed.

Two numbers stand for a connection. *line* is the local handle that the executor chose when it accepted the socket
(never used again for another). *conn* is the number that the ownership port gave when the line was attached; stores
compare it.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec
from attrs import field, frozen

from .._log_values import Append, Appended, FailedRange, Floor, LogState, Rejection, Token

__all__ = [
    "Ack",
    "Append",
    "Appended",
    "AskSnapshot",
    "Claim",
    "Close",
    "Closed",
    "Effect",
    "EndAsked",
    "Fail",
    "FailedRange",
    "Floor",
    "Handle",
    "Hint",
    "LogState",
    "Note",
    "Read",
    "Rejection",
    "Resolve",
    "Token",
    "Write",
]


@frozen
class Claim:
    """Claim the session (unless *held* is still ours), attach *consumer*; answer with ``claimed`` (or ``fenced``)."""

    line: int
    """The line that waits for it; 0: none, an ack needs a connection number."""
    consumer: str
    """Name of the consumer; empty in exclusive mode."""
    held: Token | None
    tab: str = ""
    """Whose connection it is."""


@frozen
class Read:
    """Read the events after *after* from the log, at most *limit* and *max_bytes*; answer with ``read``."""

    session: str
    epoch: str
    after: int
    limit: int
    max_bytes: int


class Ack(msgspec.Struct, frozen=True):
    """Tell the log that *consumer* has handled everything up to *upto*; answer with ``floor``.

    The seqs in *rej* become ``failed(handler_rejected)`` in the same operation.
    """

    session: str
    consumer: str
    conn: int
    token: Token
    epoch: str
    upto: int
    rej: tuple[Rejection, ...] = ()


@frozen
class Fail:
    """Tell the log that these events failed with the codes of their ranges; answer with ``floor``."""

    session: str
    token: Token
    epoch: str
    ranges: tuple[FailedRange, ...]


class Resolve(msgspec.Struct, frozen=True):
    """The floor moved or events failed: resolve the receipts. *failed* holds what is new in this step."""

    epoch: str
    floor: int
    failed: tuple[FailedRange, ...] = ()


class Write(msgspec.Struct, frozen=True):
    """Write *frames*, one text message each, with one socket write; then call ``written`` with this value."""

    line: int
    frames: list[bytes]
    upto: int
    """Highest seq that the line has after this write."""
    mark: int = 0
    """Number of control frames of the line up to and with this write."""


@frozen
class Close:
    """Close the line with *code*; the ``bye`` stands in the Write before it. ``lost`` follows when it is gone."""

    line: int
    code: int
    reason: str


@frozen
class Handle:
    """Hand a client's message up (through the inbox, which knows repeated ones); answer with ``answered``."""

    line: int
    tab: str
    cid: int
    type: str
    data: Any


@frozen
class AskSnapshot:
    """Ask the host for the state up to *upto*; answer with ``snapshot``. The line's events wait for it."""

    line: int
    why: str
    upto: int


@frozen
class Hint:
    """This process appended and does not own the session: tell its owner the head."""

    session: str
    head: int


@frozen
class Note:
    """Put *kind* with *facts* on record.

    ``line_closed`` (line, code, reason): we closed it. ``line_lost`` (line, code, reason): it went by itself. Each
    line has exactly one of the two; ``recover`` repeats it as long as the socket is not gone. ``protocol_error``
    (line, reason, code): stands before its ``line_closed``. ``failed_handling`` (tab, cid, refused): two incarnations
    died of a client's message. ``epoch_changed`` (old, new).
    """

    kind: Literal["line_closed", "line_lost", "protocol_error", "failed_handling", "epoch_changed"]
    facts: dict[str, Any] = field(factory=dict[str, Any])


@frozen
class EndAsked:
    """The client of *tab* asked for the end of the session; answer with ``drain``, or leave it."""

    tab: str


@frozen
class Closed:
    """The session is closed: nothing is left (*left* is 0), or the flush timed out with *left* events un-acked."""

    flushed: bool
    left: int


Effect: TypeAlias = (
    Append
    | Claim
    | Read
    | Ack
    | Fail
    | Resolve
    | Write
    | Close
    | Handle
    | AskSnapshot
    | Hint
    | Note
    | EndAsked
    | Closed
)
"""Everything that a ServerSession may ask for."""
