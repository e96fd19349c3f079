"""Failures between agent code and its session: no runtime, no bridge, no context, no neighbour."""

from __future__ import annotations

from typing import Any, ClassVar

from ._root import StentorError

__all__ = [
    "AgentCommunicationFailureError",
    "EmitTimeout",
    "FlushTimeout",
    "NotDurable",
    "NotLocal",
    "RunEnded",
    "SessionClosed",
    "WebSocketBridgeUnavailableError",
    "WebSocketContextValidationError",
    "WebSocketManagerNotInitializedError",
]


class WebSocketManagerNotInitializedError(StentorError):
    """The runtime was used before its start or after its stop."""

    code: ClassVar[str] = "runtime_not_started"

    def __init__(self, *, operation: str, **details: Any) -> None:
        super().__init__(
            f"{operation} needs a running runtime; use it inside `async with stentor.Runtime(...)`",
            operation=operation,
            **details,
        )


class WebSocketBridgeUnavailableError(StentorError):
    """An operation needs the bridge between agent code and session, and there is none."""

    code: ClassVar[str] = "bridge_unavailable"

    def __init__(self, *, operation: str, user_id: str | None, thread_id: str | None, **details: Any) -> None:
        super().__init__(
            f"{operation} has no bridge to the session of user {user_id!r}, thread {thread_id!r}; "
            "call it inside `async with session.run(...)`",
            user_id=user_id,
            thread_id=thread_id,
            operation=operation,
            **details,
        )


class WebSocketContextValidationError(StentorError):
    """The user, thread or run context of a call is missing or invalid; nothing was queued."""

    code: ClassVar[str] = "context_invalid"

    def __init__(
        self,
        *,
        operation: str,
        missing: str | list[str] | tuple[str, ...],
        user_id: str | None = None,
        thread_id: str | None = None,
        **details: Any,
    ) -> None:
        names = missing if isinstance(missing, str) else ", ".join(missing)
        super().__init__(
            f"{operation} lacks a valid {names}; pass it, or call inside `async with session.run(...)`",
            user_id=user_id,
            thread_id=thread_id,
            operation=operation,
            missing=missing,
            **details,
        )


class AgentCommunicationFailureError(StentorError):
    """A notification or message from one agent to another, or to its session, failed."""

    code: ClassVar[str] = "agent_unreachable"

    def __init__(self, *, from_agent: str, to_agent: str, reason: str, user_id: str | None, **details: Any) -> None:
        super().__init__(
            f"{from_agent} could not reach {to_agent}: {reason}",
            user_id=user_id,
            from_agent=from_agent,
            to_agent=to_agent,
            reason=reason,
            **details,
        )


class SessionClosed(StentorError):
    """The session has ended; it accepts nothing more."""

    code: ClassVar[str] = "session_closed"
    help: ClassVar[str] = "the session is closed and accepts nothing more; open it again by runtime.session(...)"


class EmitTimeout(StentorError):
    """An awaited emit found no room in the buffer within its time."""

    code: ClassVar[str] = "emit_timeout"
    help: ClassVar[str] = "the buffer had no room in time; the client reads too slowly or is away"


class FlushTimeout(StentorError):
    """A closing session did not get everything acknowledged within its time."""

    code: ClassVar[str] = "flush_timeout"
    help: ClassVar[str] = "events were still unacknowledged when the session's time to close was over"


class NotDurable(StentorError):
    """The store keeps nothing over the end of the process, so no receipt can be durable."""

    code: ClassVar[str] = "not_durable"
    help: ClassVar[str] = "the memory store is not durable; await receipt.buffered() or receipt.acked() instead"


class RunEnded(StentorError):
    """The scope of the run has ended, or its actor was abandoned; nothing can be told as part of it any more."""

    code: ClassVar[str] = "run_ended"
    help: ClassVar[str] = "the run has ended; await what still works for it before its scope ends"


class NotLocal(StentorError):
    """The operation works only in the process that holds the session."""

    code: ClassVar[str] = "not_local"

    def __init__(self, *, node: str | None, **details: Any) -> None:
        super().__init__(f"this works only where the session lives, which is {node!r}", node=node, **details)
