"""What a session is told, and what it tells the one above it."""

from __future__ import annotations

from typing import Any

from attrs import frozen
from stentor.protocol import CloseCode, HelloFrame
from stentor.protocol.transports import Connection

__all__ = [
    "Attach",
    "Dismiss",
    "Drain",
    "EndWanted",
    "Prompt",
    "Prompted",
    "SessionEnded",
    "Snapshot",
    "SnapshotWanted",
    "TellUser",
]


@frozen
class Attach:
    """To the session: a socket whose peer said *hello* and was let in."""

    connection: Connection
    hello: HelloFrame
    identity: Any = None


@frozen
class Prompted:
    """To the session: the message *cid* of *tab* was taken, or *refused* with (code, text)."""

    tab: str
    cid: int
    refused: tuple[str, str] | None = None


@frozen
class Snapshot:
    """To the session: what the client of *line* gets instead of the events it lost; None for nothing."""

    line: int
    data: Any


@frozen
class TellUser:
    """To the session: a notice for whoever is there; *after_ms* milliseconds until things are better."""

    code: str
    msg: str = ""
    after_ms: int | None = None
    failure: str | None = None


@frozen
class Dismiss:
    """To the session: close the connection with *code*; the session goes on."""

    code: CloseCode
    reason: str
    after_ms: int | None = None


@frozen
class Drain:
    """To the session: accept nothing more, send what is left, at most *timeout* seconds, then close for good.

    What is left then fails, or stays in the log if *keep*.
    """

    timeout: float
    code: CloseCode = CloseCode.SESSION_CLOSED
    after_ms: int | None = None
    keep: bool = False


@frozen
class Prompt:
    """Up: a client said something. Answer with ``Prompted``; *run* is the id for the run that it starts."""

    session: str
    tab: str
    cid: int
    type: str
    data: Any
    run: str
    identity: Any = None


@frozen
class SnapshotWanted:
    """Up: the client of *line* lost its position (*why*); answer with ``Snapshot`` of the state up to *upto*."""

    session: str
    line: int
    why: str
    upto: int


@frozen
class EndWanted:
    """Up: the client of *tab* asks for the end of the session; answer with ``Drain``, or leave it."""

    session: str
    tab: str


@frozen
class SessionEnded:
    """Up: the session is closed; *left* events had no outcome when its time was over, and have failed."""

    session: str
    left: int
