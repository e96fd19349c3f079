"""The client's side of hello and welcome: from where to resume, and what a refusal to resume means."""

from __future__ import annotations

from .._frames import HelloFrame, Recv, Resume, WelcomeFrame
from ._effects import ClientEffect, ClientState, Lost, Position, Send, Snapshot
from ._state import ClientData, Losing, go, send
from ._stream import give, progress

__all__ = ["hello", "ranges", "send_says", "welcome"]

_FRAME = 1024 * 1024
"""Bytes of the largest frame that a client takes."""


def hello(data: ClientData) -> list[ClientEffect]:
    """Say who we are and what was handled. What waits unhandled comes again, so it is dropped here."""
    data.queue = type(data.queue)(item for item in data.queue if isinstance(item, (Losing, Snapshot)))
    resume = None
    at = Position(data.epoch or "", data.base) if data.losing() else data.position
    if at is not None and not data.loss_open:
        resume = Resume(epoch=at.epoch, seq=at.seq, rej=ranges(data.unconfirmed, at.seq))
    _reckon(data, 0 if at is None else at.seq)
    frame = HelloFrame(
        v=1,
        session=data.session,
        tab=data.tab,
        token=data.token,
        resume=resume,
        recv=Recv(frame=_FRAME, window=data.limits.window_events),
        payload="native",
        client=data.client,
    )
    return [*go(data, ClientState.HELLO), send(data, frame)]


def welcome(data: ClientData, frame: WelcomeFrame, now: float) -> list[ClientEffect]:
    """Begin the stream after the server's base."""
    data.conn = frame.conn
    data.base, data.head = frame.base, frame.head
    data.acked = data.seen = frame.base
    data.notice = 0
    data.said_upto = 0
    window = (frame.limits or {}).get("window")
    data.window = window if isinstance(window, int) and window > 0 else data.limits.window_events
    # A position that was resumed acknowledged what stands below it. That the log took it, a welcome does not say: what
    # was refused stays unconfirmed until the window has moved beyond it.
    data.rejected = [item for item in data.rejected if item.seq > frame.base]
    effects: list[ClientEffect] = []
    if not frame.resumed or data.position is None:
        _restart(data, frame.epoch, frame.why or "fresh")
    data.epoch = frame.epoch
    if data.losing():
        effects += go(data, ClientState.RESYNC, None, frame.why or "")
    else:
        effects += go(data, ClientState.CATCHING_UP if data.last < data.head else ClientState.LIVE)
    effects += send_says(data)
    return [*effects, *progress(data, now), *give(data)]


def send_says(data: ClientData) -> list[ClientEffect]:
    """Send the messages that are unanswered and not on this line yet, as many as may be in flight."""
    flying = sum(cid <= data.said_upto for cid in data.says)
    waiting = [cid for cid in data.says if cid > data.said_upto][: max(0, data.limits.says_in_flight - flying)]
    if not waiting:
        return []
    data.said_upto = waiting[-1]
    return [Send(data.line, [data.says[cid] for cid in waiting])]


def _restart(data: ClientData, epoch: str, why: str) -> None:
    """The position was not resumed. One loss is told once, however often the line breaks before anything new came."""
    losing = data.losing()
    data.queue = type(data.queue)(item for item in data.queue if isinstance(item, Losing))
    data.rejected, data.unconfirmed = [], []
    data.last = data.base
    data.straddled = False
    data.stale = data.out is not None and not isinstance(data.out, Lost)
    if data.position is None or (data.loss_open and not losing):
        data.position = Position(epoch, data.base)
    elif not losing:
        data.queue.append(Losing(why))
        data.loss_open = True
    else:
        data.loss_open = True


def _reckon(data: ClientData, seq: int) -> None:
    """Reckon what we have when the stream is resumed at *seq*: that, and what is out or kept."""
    kept = [item.seq for item in data.queue if isinstance(item, Snapshot)]
    if data.out is not None and not data.stale and not isinstance(data.out, Lost):
        kept.append(data.out.seq)
    data.last = max([seq, *kept])


def ranges(seqs: list[int], upto: int) -> tuple[tuple[int, int], ...]:
    """Return *seqs* up to *upto* as ranges, both ends included."""
    ranges: list[tuple[int, int]] = []
    for seq in sorted(seq for seq in seqs if seq <= upto):
        if ranges and ranges[-1][1] == seq - 1:
            ranges[-1] = (ranges[-1][0], seq)
        else:
            ranges.append((seq, seq))
    return tuple(ranges)
