"""Timers of an incarnation: they fire into its mailbox, or, when it has ended, into the record."""

# pyright: reportPrivateUsage=false
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stentor.protocol.errors import ActorDied, MailboxFull

if TYPE_CHECKING:
    from .._clock import TimerHandle
    from ._guard import Guard

__all__ = ["arm"]


def arm(guard: Guard, delay: float, message: Any) -> TimerHandle:
    """Tell the present incarnation the *message* after *delay* seconds of its clock, if it is still there then."""
    lease = guard._lease

    def fire() -> None:
        if lease is None or guard._lease is not lease:
            guard.fence("timer", lease or guard)
            return
        try:
            guard.push(message, None)
        except MailboxFull:
            guard.recorder.dead_letter(guard.path, message, "mailbox_full", None)
        except ActorDied:
            guard.recorder.dead_letter(guard.path, message, "closed", None)

    return guard.clock.call_later(delay, fire)
