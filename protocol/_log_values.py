"""Values exchanged with the event log: what is appended, what it answers, who owns a session.

Those that are made for every burst of events are msgspec's: attrs takes seven times as long to make a frozen one.
"""

from __future__ import annotations

import msgspec
from attrs import frozen

__all__ = ["Append", "Appended", "FailedRange", "Floor", "LogState", "Rejection", "Token"]


@frozen
class Token:
    """The right to speak for a session; stores compare (gen, incarnation) as a pair inside their operation."""

    session: str
    gen: int
    """From ``Ownership.claim``: 1, 2, 3 …"""
    incarnation: int = 0
    """Of the session's actor, local to its process."""


@frozen
class FailedRange:
    """The events *first* … *last*, both included, failed with *code*."""

    first: int
    last: int
    code: str


@frozen
class Rejection:
    """The client's handler refused the event *seq*; *code* and *msg* are the client's own words."""

    seq: int
    code: str = "handler_error"
    msg: str = ""


class Append(msgspec.Struct, frozen=True):
    """Effect: append *bodies* to the session's log; answer with ``ServerSession.appended``.

    The log gives the seqs, contiguous for one batch. It is idempotent by (writer, n0): a repeated batch (always the
    same bodies under the same n0) is answered with the seqs that it has.
    """

    session: str
    epoch: str | None
    """Epoch that the events are meant for; None: whichever the log has (a process that never claimed it)."""
    writer: str
    """A run, or a node's bare emits."""
    n0: int
    """Number of the first body; contiguous for each writer."""
    bodies: tuple[bytes, ...]
    done: tuple[str, ...] = ()
    """Writers that append nothing any more, and know that all of theirs is in the log."""


class Appended(msgspec.Struct, frozen=True):
    """Answer to an ``Append``: its first body has the seq *first*, the others follow."""

    first: int
    head: int
    """Highest seq of the session's log."""
    floor: int
    """Every event up to here has its outcome."""
    count: int
    """Un-acked events in the session's log."""
    bytes: int
    """Their bytes."""
    epoch: str | None = None
    """Epoch of *first*; None: the one that the Append named."""


class Floor(msgspec.Struct, frozen=True):
    """Answer to ``Ack`` and ``Fail``: what of the session has its outcome.

    *failed* may be all ranges or those that changed; telling one twice does no harm.
    """

    floor: int
    failed: tuple[FailedRange, ...] = ()
    epoch: str | None = None
    """Epoch of the seqs; None: the one that the effect named."""


@frozen
class LogState:
    """What the log knows of a session when it is claimed."""

    epoch: str
    head: int = 0
    floor: int = 0
    """What the (only) consumer has acknowledged."""
    failed: tuple[FailedRange, ...] = ()
