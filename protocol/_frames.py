"""The frames of wire protocol v1, as values. Unknown fields are ignored."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import msgspec

__all__ = [
    "AckFrame",
    "BatchFrame",
    "ByeFrame",
    "ClientFrame",
    "ErrorFrame",
    "EventFrame",
    "GapFrame",
    "HelloFrame",
    "NoticeFrame",
    "PingFrame",
    "PongFrame",
    "Recv",
    "Refusal",
    "Rej",
    "Resume",
    "SaidFrame",
    "SayFrame",
    "ServerFrame",
    "SnapshotFrame",
    "WelcomeFrame",
]


Seq: TypeAlias = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]
"""A seq, or 0 for "before the first"; below 2^53, which JavaScript counts exactly."""

Name: TypeAlias = Annotated[str, msgspec.Meta(max_length=600)]


class Frame(msgspec.Struct, frozen=True, tag_field="t", omit_defaults=True, kw_only=True):
    """Base of all frames: ``t`` names the kind."""


class Part(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Base of what stands inside a frame."""


class Resume(Part, frozen=True):
    """The client's position. *rej* holds ranges of refused events whose ack may not have arrived."""

    epoch: Name
    seq: Seq
    rej: tuple[tuple[Seq, Seq], ...] = ()


class Recv(Part, frozen=True):
    """What the client can take: bytes of a frame, events in flight."""

    frame: Annotated[int, msgspec.Meta(ge=1024)] | None = None
    window: Annotated[int, msgspec.Meta(ge=1)] | None = None


class HelloFrame(Frame, frozen=True, tag="hello"):
    """C→S, first: who, which session, from where on."""

    v: int
    session: Name
    tab: Name
    token: str | None = None
    resume: Resume | None = None
    recv: Recv | None = None
    payload: str | None = None
    client: dict[str, Any] | None = None


class WelcomeFrame(Frame, frozen=True, tag="welcome"):
    """S→C: the stream begins after *base* of *epoch*; *why* tells what kept it from being resumed."""

    v: int
    session: str
    epoch: str
    conn: Seq
    resumed: bool
    base: Seq
    head: Seq
    mode: str = "exclusive"
    why: str | None = None
    limits: dict[str, Any] | None = None


class EventFrame(Frame, frozen=True, tag="event"):
    """S→C: one event, or several joined (*first* … *seq*). Inside a batch it stands without its ``t``."""

    seq: Seq
    type: str
    data: Any = None
    run: str | None = None
    ts: int | None = None
    first: Seq | None = None


class BatchFrame(Frame, frozen=True, tag="batch"):
    """S→C: several events, in order."""

    ev: list[EventFrame]


class GapFrame(Frame, frozen=True, tag="gap", rename={"first": "from", "last": "to"}):
    """S→C: the events *first* … *last* failed and never come."""

    first: Seq
    last: Seq
    code: str
    types: tuple[str, ...] = ()
    n: Seq | None = None


class SnapshotFrame(Frame, frozen=True, tag="snapshot"):
    """S→C: the host's state, in place of everything up to *upto*."""

    upto: Seq
    data: Any = None


class NoticeFrame(Frame, frozen=True, tag="notice"):
    """S→C: something that the user may know. *id* rises, so that a repeated one is known."""

    code: str
    id: Seq = 0
    msg: str = ""
    after_ms: Seq | None = None
    failure: str | None = None


class Rej(Part, frozen=True, omit_defaults=False):
    """One refused event in an ack."""

    seq: Seq
    code: str = "handler_error"
    msg: str = ""


class AckFrame(Frame, frozen=True, tag="ack"):
    """C→S: the handler has returned for every event of *epoch* up to *seq*; it refused those in *rej*."""

    epoch: str
    seq: Seq
    rej: tuple[Rej, ...] = ()


class SayFrame(Frame, frozen=True, tag="say"):
    """C→S: a message of the user. *cid* is contiguous per tab."""

    cid: Seq
    type: Name
    data: Any = None


class Refusal(Part, frozen=True):
    """Why a message of the user was not taken."""

    code: str
    msg: str = ""


class SaidFrame(Frame, frozen=True, tag="said"):
    """S→C: the message *cid* was taken, or refused."""

    cid: Seq
    refused: Refusal | None = None


class PingFrame(Frame, frozen=True, tag="ping"):
    """Both ways. The server's *head* is the highest seq that it wrote to this connection: a lost tail shows."""

    id: Seq
    head: Seq | None = None


class PongFrame(Frame, frozen=True, tag="pong"):
    """Both ways. The client's *epoch* and *seq* acknowledge; the server's *head* is as in ``ping``."""

    id: Seq
    epoch: str | None = None
    seq: Seq | None = None
    head: Seq | None = None


class ErrorFrame(Frame, frozen=True, tag="error", omit_defaults=False):
    """S→C: what was wrong; *fatal* if the connection ends by it."""

    code: str
    fatal: bool = False
    msg: str = ""


class ByeFrame(Frame, frozen=True, tag="bye"):
    """Both ways, always before a Close. The client's *end* asks the host to end the session."""

    code: int | None = None
    reconnect: bool | None = None
    after_ms: Seq | None = None
    end: bool | None = None


ClientFrame: TypeAlias = HelloFrame | AckFrame | SayFrame | PingFrame | PongFrame | ByeFrame
"""Every frame that a client may send."""
ServerFrame: TypeAlias = (
    WelcomeFrame
    | EventFrame
    | BatchFrame
    | GapFrame
    | SnapshotFrame
    | NoticeFrame
    | SaidFrame
    | PingFrame
    | PongFrame
    | ErrorFrame
    | ByeFrame
)
"""Every frame that a server may send."""
