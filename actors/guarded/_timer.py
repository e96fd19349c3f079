"""Timers of an incarnation: they fire into its mailbox, or, when it has ended, into the record."""

from __future__ import annotations

from typing import Any

from stentor.protocol.errors import ActorDied, MailboxFull

from .._clock import TimerHandle
from ._guard import Guard
from ._lease import Lease

__all__ = ["arm"]


def arm(guard: Guard, lease: Lease, delay: float, message: Any) -> TimerHandle:
    """Tell the incarnation that holds *lease* the *message* after *delay* seconds of its clock."""

    def fire() -> None:
        if lease.is_void():
            guard.fence("timer", lease)
            return
        try:
            guard.push(message, None)
        except MailboxFull:
            guard.recorder.dead_letter(guard.path, message, "mailbox_full", None)
        except ActorDied:
            guard.recorder.dead_letter(guard.path, message, "closed", None)

    return guard.clock.call_later(delay, fire)
