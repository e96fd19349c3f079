"""Why an event is refused: the slow half of the gate, which only a refusal enters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import frozen
from stentor.protocol import Event, largest_field
from stentor.protocol.errors import (
    BufferFull,
    EventTooLarge,
    HostOverloaded,
    StentorError,
    WebSocketContextValidationError,
    WebSocketManagerNotInitializedError,
)

from ._account import Account

__all__ = ["Seen", "why_refused"]


@frozen
class Seen:
    """What the gate saw when it refused, all at one moment."""

    shut: Callable[[], StentorError] | None
    started: bool
    count: int
    """Events that the session holds."""
    bytes: int
    memory: int
    """Bytes that all sessions hold."""


def why_refused(account: Account, event: Event, size: int, seen: Seen) -> StentorError:
    """Return the typed reason for which *account* can not take *event* of *size* bytes."""
    user, thread, limits = account.user_id, account.thread_id, account.gate.limits
    if not seen.started:
        return WebSocketManagerNotInitializedError(operation="emit", user_id=user, thread_id=thread)
    if seen.shut is not None:
        return seen.shut()
    run: Any = event.run_id
    if run is not None and (not isinstance(run, str) or not run):
        return WebSocketContextValidationError(operation="emit", missing="run_id", user_id=user, thread_id=thread)
    if size > limits.event_bytes:
        field, largest = largest_field(event)
        return EventTooLarge(
            buffer_size=limits.event_bytes,
            message_size=size,
            user_id=user,
            message=f"{event.type} has {size} bytes, {limits.event_bytes} are allowed; "
            f"its largest field is {field!r} with {largest}",
            thread_id=thread,
            field=field,
            field_size=largest,
        )
    count, held = seen.count, seen.bytes
    if count >= limits.buffer_events or held + size > limits.buffer_bytes:
        return BufferFull(
            buffer_size=limits.buffer_bytes,
            message_size=size,
            user_id=user,
            message=f"the session holds {count} events with {held} bytes that no client acknowledged; "
            f"{limits.buffer_events} events or {limits.buffer_bytes} bytes are allowed",
            thread_id=thread,
            events=count,
            bytes=held,
        )
    return HostOverloaded(
        buffer_size=account.gate.max_memory,
        message_size=size,
        user_id=user,
        message=f"all sessions together hold {seen.memory} of {account.gate.max_memory} bytes",
        thread_id=thread,
    )
