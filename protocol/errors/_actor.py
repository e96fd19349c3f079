"""Failures of actors: dead, parked, full, killed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import pykka

from ._root import StentorError

__all__ = [
    "ActorDied",
    "ActorParked",
    "ChildStartError",
    "Killed",
    "MailboxFull",
    "RestartBudgetExceeded",
    "Shutdown",
    "WouldDeadlock",
]


class ActorDied(StentorError, pykka.ActorDeadError):
    """The actor died, or was gone, before it answered."""

    code: ClassVar[str] = "actor_died"
    help: ClassVar[str] = "the actor is gone and did not answer"


class ActorParked(ActorDied):
    """The actor is set aside, by hand or because it failed too often; it is kept, and can be un-parked.

    Args:
        path: Where it stands.
        reason: Why, in words that follow its path.
        again_in: Seconds until it is tried again; None if only by hand.
    """

    code: ClassVar[str] = "actor_parked"
    help: ClassVar[str] = "the actor is parked; un-park it when its cause is mended"

    def __init__(
        self,
        message: str | None = None,
        *,
        path: str | None = None,
        reason: str = "is parked",
        again_in: float | None = None,
        **details: Any,
    ) -> None:
        if message is None and path is not None:
            then = "un-park it by unpark_child" if again_in is None else f"it is tried again in {again_in:.3g} s"
            message = f"{path} {reason}; {then}"
        super().__init__(message, path=path, reason=reason, again_in=again_in, **details)


class MailboxFull(StentorError):
    """The mailbox is at its limit; *message* was not taken and is handed back here."""

    code: ClassVar[str] = "mailbox_full"

    def __init__(self, *, path: str, capacity: int, message: object, **details: Any) -> None:
        super().__init__(
            f"the mailbox of {path} holds its {capacity} messages; slow down, or give it a larger capacity",
            path=path,
            capacity=capacity,
            **details,
        )
        self.message = message


class WouldDeadlock(StentorError):
    """A blocking call was made on the very loop that has to answer it."""

    code: ClassVar[str] = "would_deadlock"
    help: ClassVar[str] = "this would block the event loop that has to answer it; use `await` instead of get()"


class Killed(StentorError):
    """An operator or a test ended this incarnation on purpose."""

    code: ClassVar[str] = "killed"

    def __init__(self, reason: str, **details: Any) -> None:
        super().__init__(reason, reason=reason, **details)


class Shutdown(StentorError):
    """A planned end: an actor raises it to stop without being counted as failed."""

    code: ClassVar[str] = "shutdown"

    def __init__(self, info: object = None, **details: Any) -> None:
        super().__init__(f"planned end: {info}", info=info, **details)


class RestartBudgetExceeded(StentorError):
    """A supervisor restarted its children as often as it may, and gives up.

    Args:
        supervisor: Path of the supervisor.
        failures: Ids of the failures that spent the budget, oldest first.
        budget: The budget in words, such as ``3 restarts in 5 s``.
        child_id: The child whose failure was the last.
    """

    code: ClassVar[str] = "restart_budget_exceeded"

    def __init__(
        self,
        *,
        supervisor: str,
        failures: Sequence[str],
        budget: str | None = None,
        child_id: str | None = None,
        **details: Any,
    ) -> None:
        count = f"{len(failures)} failure{'' if len(failures) == 1 else 's'}"
        allowed = "" if budget is None else f", where its budget is {budget}"
        last = "" if child_id is None else f"; the last was of child {child_id!r}"
        super().__init__(
            f"{supervisor or '/'} gave up after {count}{allowed}{last}; mend the cause, or give it a larger budget",
            supervisor=supervisor,
            failures=list(failures),
            budget=budget,
            child_id=child_id,
            **details,
        )


class ChildStartError(StentorError):
    """A child did not start."""

    code: ClassVar[str] = "child_start_failed"

    def __init__(self, *, child_id: str, reason: str, **details: Any) -> None:
        super().__init__(f"child {child_id!r} did not start: {reason}", child_id=child_id, reason=reason, **details)
