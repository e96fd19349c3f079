"""Who is meant: user, thread and run, one frozen value, carried by the context of the host's task."""

from __future__ import annotations

from contextvars import ContextVar

from attrs import frozen
from stentor.protocol import session_id
from stentor.protocol.errors import WebSocketContextValidationError

__all__ = ["Identity", "current_identity", "identity_of"]


@frozen
class Identity:
    """A user, and where they are known the thread and the run.

    An ``authenticate`` hook returns one: with a *thread_id* it is good for that thread only.
    """

    user_id: str
    thread_id: str | None = None
    run_id: str | None = None

    def owns(self, user_id: str, thread_id: str) -> bool:
        """Say whether the session of *user_id* in *thread_id* is this identity's own."""
        return self.user_id == user_id and self.thread_id in (None, thread_id)


current_identity: ContextVar[Identity | None] = ContextVar("stentor_identity", default=None)
"""Set in the task of a run. It does not cross ``run_in_executor`` or bare threads: hand it over there."""


def identity_of(operation: str) -> Identity:
    """Return the identity of the task that asks.

    Raises:
        WebSocketContextValidationError: If there is none; there is no default user.
    """
    found = current_identity.get()
    if found is None:
        raise WebSocketContextValidationError(operation=operation, missing=["user_id", "thread_id", "run_id"])
    return found


def session_name(operation: str, user_id: str | None, thread_id: str | None) -> str:
    """Return the id of the session that a call names.

    Raises:
        WebSocketContextValidationError: If a part is missing or no text; it names the operation.
    """
    missing = [name for name, part in (("user_id", user_id), ("thread_id", thread_id)) if not _named(part)]
    if user_id is None or thread_id is None or missing:
        raise WebSocketContextValidationError(
            operation=operation, missing=missing, user_id=_text(user_id), thread_id=_text(thread_id)
        )
    return session_id(user_id, thread_id)


def _named(part: object) -> bool:
    return isinstance(part, str) and bool(part)


def _text(part: object) -> str | None:
    return part if isinstance(part, str) else None
