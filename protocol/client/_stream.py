"""The client's stream: ranges in, one ordered effect out at a time, acks back."""

from __future__ import annotations

from .._closecodes import CloseCode
from .._frames import AckFrame, EventFrame, GapFrame, Rej, SnapshotFrame
from ._effects import ClientEffect, ClientState, Deliver, Gap, Lost, Position, Snapshot
from ._state import CONNECTED, ClientData, Losing, Ordered, go, hang_up, send

__all__ = ["ack", "event", "gap", "give", "handled", "progress", "refuse", "snapshot", "tail"]

_RUN_ENDS = frozenset({"agent_completed", "agent_failed", "agent_cancelled"})


def event(data: ClientData, frame: EventFrame, now: float) -> list[ClientEffect]:
    """Apply an event if it is exactly the next one."""
    first = frame.seq if frame.first is None else frame.first
    if frame.seq <= data.last or data.straddled:
        return _again(data, frame.seq, now)
    if first > data.last + 1:
        return _missing(data, first, now)
    if first <= data.last:
        # Joined with what the handler has at this moment: resume when it has returned.
        data.straddled = True
        return [] if data.out is not None else _resume(data, now)
    data.last = data.seen = frame.seq
    if data.unconfirmed and data.unconfirmed[0] <= frame.seq - data.window:
        # The server sends no further than a window beyond what was acknowledged to it.
        data.unconfirmed = [seq for seq in data.unconfirmed if seq > frame.seq - data.window]
    epoch = data.epoch or ""
    return _enqueue(data, Deliver(epoch, first, frame.seq, frame.type, frame.run, frame.ts, frame.data), now)


def gap(data: ClientData, frame: GapFrame, now: float) -> list[ClientEffect]:
    """Apply the part of a gap that is news."""
    if frame.last <= data.last or data.straddled:
        return _again(data, frame.last, now)
    if frame.first > data.last + 1:
        return _missing(data, frame.first, now)
    first = data.last + 1
    data.last = data.seen = frame.last
    return _enqueue(data, Gap(data.epoch or "", first, frame.last, frame.code), now)


def snapshot(data: ClientData, frame: SnapshotFrame, now: float) -> list[ClientEffect]:
    """Take the host's state, which stands for everything up to the base; a repeated one is ignored."""
    if frame.upto != data.base or data.last != data.base or any(isinstance(item, Snapshot) for item in _waiting(data)):
        return []
    return _enqueue(data, Snapshot(data.epoch or "", frame.upto, frame.data), now)


def tail(data: ClientData, head: int | None, now: float) -> list[ClientEffect]:
    """The server names the last event that it wrote here: a lost tail shows, with no event after it."""
    if head is None or head <= data.last or data.straddled:
        return []
    return _missing(data, head, now)


def progress(data: ClientData, now: float) -> list[ClientEffect]:
    """Be in the state that the stream is in."""
    if data.state not in CONNECTED or data.losing():
        return []
    if data.last < data.head:
        return go(data, ClientState.CATCHING_UP)
    if data.live_since is None:
        data.live_since = now
    return go(data, ClientState.LIVE)


def give(data: ClientData) -> list[ClientEffect]:
    """Hand the next ordered effect out, if none is out."""
    if data.out is not None or not data.queue or data.state is ClientState.ENDED:
        return []
    item = data.queue.popleft()
    if isinstance(item, Losing):
        assert data.position is not None
        item = Lost(item.why, data.position, data.epoch or "", data.base)
    data.out = item
    data.stale = False
    return [item]


def handled(data: ClientData, item: Ordered, now: float) -> list[ClientEffect]:
    """The application is done with *item*: that is now its position, and that is acknowledged."""
    data.out = None
    if isinstance(item, Lost):
        data.position = Position(data.epoch or "", data.base)
        return [*progress(data, now), *give(data)]
    data.position = Position(item.epoch, item.seq)
    if data.stale:
        return give(data)
    if data.straddled:
        return _resume(data, now)
    effects: list[ClientEffect] = []
    if data.state in CONNECTED:
        ended = isinstance(item, Deliver) and item.type in _RUN_ENDS
        if ended or data.rejected or item.seq - data.acked >= data.limits.ack_events:
            effects = ack(data)
        elif data.ack_due is None and data.ackable() > data.acked:
            data.ack_due = now + data.limits.ack_delay
    return effects + give(data)


def refuse(data: ClientData, item: Deliver, code: str, msg: str) -> None:
    """Note that the handler refused *item*; the ack that follows says so."""
    if data.stale:
        return
    for seq in range(item.first, item.seq + 1):
        data.rejected.append(Rej(seq=seq, code=code[:64], msg=msg[:200]))
        data.unconfirmed.append(seq)


def ack(data: ClientData) -> list[ClientEffect]:
    """Acknowledge the position, if there is something to acknowledge and somebody to tell."""
    data.ack_due = None
    seq = data.ackable()
    if data.state not in CONNECTED or seq <= data.acked:
        return []
    rejected: tuple[Rej, ...] = ()
    if data.rejected:
        rejected = tuple(item for item in data.rejected if item.seq <= seq)
        data.rejected = [item for item in data.rejected if item.seq > seq]
    data.acked = seq
    return [send(data, AckFrame(epoch=data.epoch or "", seq=seq, rej=rejected))]


def _again(data: ClientData, seq: int, now: float) -> list[ClientEffect]:
    """What we have came again: nothing to do, but now it may be acknowledged on this line."""
    if not data.straddled:
        data.seen = max(data.seen, seq)
        if data.ack_due is None and data.ackable() > data.acked:
            data.ack_due = now + data.limits.ack_delay
    return []


def _enqueue(data: ClientData, item: Ordered, now: float) -> list[ClientEffect]:
    data.loss_open = False
    data.queue.append(item)
    return [*progress(data, now), *give(data)]


def _waiting(data: ClientData) -> list[Ordered | Losing | None]:
    return [*data.queue, None if data.stale else data.out]


def _missing(data: ClientData, came: int, now: float) -> list[ClientEffect]:
    reason = f"event {data.last + 1} is missing; the server is at {came}"
    return hang_up(data, now, int(CloseCode.GAP_DETECTED), reason)


def _resume(data: ClientData, now: float) -> list[ClientEffect]:
    reason = "an event came joined with one that was handled already"
    return [*hang_up(data, now, int(CloseCode.GAP_DETECTED), reason), *give(data)]
