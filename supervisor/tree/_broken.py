"""What a supervisor fails with when its own hands failed."""

from __future__ import annotations

from typing import ClassVar

from stentor.protocol.errors import StentorError

__all__ = ["SupervisorBroken"]


class SupervisorBroken(StentorError):
    """A supervisor could not do what it had decided; what stopped it is the cause.

    Raised where that was a refusal or a planned end: neither has a caller here whom it could be meant for.
    """

    code: ClassVar[str] = "supervisor_broken"

    def __init__(self, *, supervisor: str, reason: str) -> None:
        super().__init__(
            f"the supervisor {supervisor or '/'} could not do what it had decided: {reason}; it ends, and its "
            "children with it, because it no longer knows what they do",
            supervisor=supervisor,
            reason=reason,
        )
