"""State of a client: plain data, and the few steps that all of its parts share."""

from __future__ import annotations

from collections import deque

from attrs import define, field

from .._closecodes import reconnects
from .._codec import encode_frame
from .._frames import Frame, Rej
from .._limits import Limits
from ._effects import (
    ClientEffect,
    ClientState,
    Deliver,
    Dial,
    Gap,
    HangUp,
    Lost,
    Position,
    Send,
    Snapshot,
    StateChanged,
)

__all__ = ["CONNECTED", "ClientData", "Losing", "Ordered", "back_off", "dial", "go", "hang_up", "retry_in", "send"]

Ordered = Deliver | Gap | Lost | Snapshot
CONNECTED = frozenset({ClientState.CATCHING_UP, ClientState.LIVE, ClientState.RESYNC})


@define
class Losing:
    """Stands in the queue where the loss of the position is to be told."""

    why: str


@define
class ClientData:
    """Everything that a client knows."""

    session: str
    tab: str
    token: str | None
    limits: Limits
    client: dict[str, str]
    position: Position | None
    """What the application has handled."""
    state: ClientState = ClientState.IDLE
    line: int = 0
    conn: int | None = None
    epoch: str | None = None
    """Epoch of the stream; the position's own is older until a loss was told."""
    base: int = 0
    head: int = 0
    """Head of the log when we were welcomed."""
    last: int = 0
    """Highest seq received, without a hole."""
    queue: deque[Ordered | Losing] = field(factory=deque[Ordered | Losing])
    out: Ordered | None = None
    """The ordered effect whose end is awaited."""
    stale: bool = False
    """What is out came before a loss: it moves the position, and is acknowledged no more."""
    straddled: bool = False
    """A joined event covers what is out: the stream is resumed when that was handled."""
    loss_open: bool = False
    """Nothing came since a loss: asking anew brings the snapshot that a resume leaves out."""
    seen: int = 0
    """Highest seq that came on this line, what we had already included: to the server more is a lie."""
    acked: int = 0
    ack_due: float | None = None
    rejected: list[Rej] = field(factory=list[Rej])
    """Refused events that stand in no ack yet."""
    unconfirmed: list[int] = field(factory=list[int])
    """Refused events whose ack may be lost with the connection."""
    window: int = 256
    cid: int = 0
    """Of the last message said."""
    says: dict[int, bytes] = field(factory=dict[int, bytes])
    """Unanswered messages, in order."""
    said_upto: int = 0
    """Highest cid sent on this line."""
    tries: int = 0
    since: float = 0.0
    """When the line was dialled."""
    live_since: float | None = None
    retry_at: float | None = None
    """When to dial; None in BACKOFF: chance has not been asked yet."""
    not_before: float = 0.0
    """Earliest time to dial, as the server asked."""
    bye: tuple[int, bool | None, int | None] | None = None
    heard: float = 0.0
    ping_at: float | None = None
    pings: int = 0
    notice: int = 0
    """Highest number of a notice on this line."""

    def ackable(self) -> int:
        """Return up to where this line's events are handled."""
        position = self.position
        if position is None or position.epoch != self.epoch or self.losing():
            return self.acked
        return min(position.seq, self.seen)

    def losing(self) -> bool:
        """Answer whether a loss still has to be told."""
        return isinstance(self.out, Lost) or bool(self.queue and isinstance(self.queue[0], Losing))


def go(data: ClientData, state: ClientState, code: int | None = None, reason: str = "") -> list[ClientEffect]:
    """Be in *state*; said only if it is another one."""
    if state is data.state:
        return []
    data.state = state
    return [StateChanged(state, code, reason)]


def send(data: ClientData, *frames: Frame) -> ClientEffect:
    """Return the effect that sends *frames*."""
    return Send(data.line, [encode_frame(frame) for frame in frames])


def dial(data: ClientData, now: float) -> list[ClientEffect]:
    """Open the next line."""
    data.line += 1
    data.since = now
    data.retry_at = data.bye = None
    effects = go(data, ClientState.CONNECTING)
    effects.append(Dial(data.line))
    return effects


def hang_up(data: ClientData, now: float, code: int, reason: str) -> list[ClientEffect]:
    """Give the line up; what comes from it later is not heard."""
    line = data.line
    data.line += 1
    return [HangUp(line, code, reason), *back_off(data, now, code, reason)]


def back_off(data: ClientData, now: float, code: int | None, reason: str) -> list[ClientEffect]:
    """The line is gone: end, or come back after a while."""
    limits = data.limits
    reconnect, after_ms = None, None
    if data.bye is not None:
        code, reconnect, after_ms = data.bye
    data.conn = data.ack_due = data.ping_at = data.bye = None
    data.straddled = False
    if reconnect is False or (code is not None and not reconnects(code)):
        return go(data, ClientState.ENDED, code, reason)
    if data.live_since is not None and now - data.live_since >= limits.backoff_reset:
        # Only a line that held starts the count anew: one that breaks at once must not be tried at once for ever.
        data.tries = 0
    data.live_since = None
    data.retry_at = None
    data.not_before = now + (after_ms or 0) / 1000
    return go(data, ClientState.BACKOFF, code, reason)


def retry_in(data: ClientData, now: float, chance: float) -> None:
    """Choose when to dial: full jitter, and never before the server's own bound."""
    limits = data.limits
    longest = min(limits.backoff_maximum, limits.backoff_initial * 2.0 ** min(data.tries, 60))
    data.tries += 1
    data.retry_at = max(data.not_before, now + chance * longest)
