"""One event as a client gets it."""

from __future__ import annotations

from attrs import frozen

from .._event_codec import decode_event
from .._events import Event
from ..client._effects import Deliver, Position

__all__ = ["Delivered"]


@frozen
class Delivered:
    """An event and its place in the stream of its session."""

    seq: int
    event: Event
    epoch: str
    first: int
    """Below *seq* where the event stands for several that were joined without loss."""
    ts: int | None
    """Milliseconds since 1970 at the emit, for people to read."""

    @property
    def position(self) -> Position:
        """What to save together with the effects of this event, to resume after it."""
        return Position(self.epoch, self.seq)


def delivered(effect: Deliver) -> Delivered:
    """Return what the machine delivers, with its event typed."""
    event = decode_event(effect.type, effect.run, effect.data)
    return Delivered(effect.seq, event, effect.epoch, effect.first, effect.ts)
