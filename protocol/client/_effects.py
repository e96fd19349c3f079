"""What a ClientProtocol asks its executor to do: values, executed in the order of the list.

``Deliver``, ``Gap``, ``Lost`` and ``Snapshot`` are the *ordered* ones: there is never more than one of them out, and
the next one comes only after ``handled`` (or ``rejected``) was called with its seq.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, TypeAlias

from attrs import frozen

__all__ = [
    "ClientEffect",
    "ClientState",
    "Deliver",
    "Dial",
    "Gap",
    "HangUp",
    "Lost",
    "Notice",
    "Position",
    "Said",
    "Send",
    "Snapshot",
    "StateChanged",
]


class ClientState(Enum):
    """Where a client is; ``RESYNC`` until what was lost has been told to the application."""

    IDLE = "idle"
    CONNECTING = "connecting"
    HELLO = "hello"
    CATCHING_UP = "catching_up"
    LIVE = "live"
    RESYNC = "resync"
    BACKOFF = "backoff"
    ENDED = "ended"


@frozen
class Position:
    """What the application has handled: everything of *epoch* up to *seq*. Kept by it, together with its state."""

    epoch: str
    seq: int
    refused: tuple[tuple[int, int], ...] = ()
    """Ranges of events that the handler refused, while the host may not know it yet.

    They go with the position: without them, a client that resumes there would confirm what was refused.
    """


@frozen
class Dial:
    """Open a socket; answer with ``opened`` or ``closed``, both with this *line*."""

    line: int


@frozen
class Send:
    """Send *frames* over the line, one text message each."""

    line: int
    frames: list[bytes]


@frozen
class HangUp:
    """Close the line with *code* without waiting for the peer; ``closed`` need not follow."""

    line: int
    code: int
    reason: str


@frozen
class Deliver:
    """Ordered: run the handler with this event, then call ``handled(seq)`` or ``rejected(seq, code, msg)``.

    *first* is below *seq* where the event covers several (deltas that were joined).
    """

    epoch: str
    first: int
    seq: int
    type: str
    run: str | None
    ts: int | None
    data: Any


@frozen
class Gap:
    """Ordered: the events *first* … *seq* failed with *code* and never come; call ``handled(seq)`` when told."""

    epoch: str
    first: int
    seq: int
    code: str


@frozen
class Lost:
    """Ordered: the position *last* could not be resumed; the stream goes on after *seq* of *epoch*, or later.

    Should the connection break before this was handled, the stream may go on further up, and no second loss is told:
    the position says where, once this was handled.
    """

    why: str
    last: Position
    epoch: str
    seq: int


@frozen
class Snapshot:
    """Ordered: the host's state, which stands for everything up to *seq*."""

    epoch: str
    seq: int
    data: Any


@frozen
class Notice:
    """Something that the user may know: shown, not answered. Not ordered."""

    code: str
    msg: str
    after_ms: int | None
    failure: str | None


@frozen
class Said:
    """The server answered the say *cid*; *refused* is (code, msg), or None."""

    cid: int
    refused: tuple[str, str] | None


@frozen
class StateChanged:
    """The client is in *state* now. *code* and *reason* tell why, where a connection ended."""

    state: ClientState
    code: int | None = None
    reason: str = ""


ClientEffect: TypeAlias = Dial | Send | HangUp | Deliver | Gap | Lost | Snapshot | Notice | Said | StateChanged
