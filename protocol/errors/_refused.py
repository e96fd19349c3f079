"""Refusals: an answer to the caller that crashes nobody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ._root import StentorError

__all__ = [
    "AlreadyPresent",
    "AlreadyStarted",
    "BadPolicy",
    "BadSpec",
    "BadUsage",
    "ConcurrencyRejected",
    "Forbidden",
    "NotFound",
    "NotSupported",
    "Refused",
    "StillRestarting",
    "StillRunning",
    "Unauthenticated",
]


class Refused(StentorError):
    """The call was wrong or can not be answered now; the actor goes on.

    Raise it, or a subclass, from a handler to answer the caller without crashing. Refused by ``tell``, it is recorded.
    """

    code: ClassVar[str] = "refused"
    help: ClassVar[str] = "the call was refused"


class AlreadyStarted(Refused):
    """A child of that id runs; *ref* is its address."""

    code: ClassVar[str] = "already_started"

    def __init__(self, *, child_id: str, ref: object = None, **details: Any) -> None:
        super().__init__(f"child {child_id!r} runs already", child_id=child_id, **details)
        self.ref = ref


class AlreadyPresent(Refused):
    """A child of that id exists, but does not run."""

    code: ClassVar[str] = "already_present"

    def __init__(self, *, child_id: str, **details: Any) -> None:
        super().__init__(
            f"child {child_id!r} is present and not running; restart_child or delete_child it",
            child_id=child_id,
            **details,
        )


class NotFound(Refused):
    """There is nothing of that name."""

    code: ClassVar[str] = "not_found"

    def __init__(self, name: str, *, did_you_mean: str | None = None, **details: Any) -> None:
        hint = ""
        if did_you_mean is not None:
            hint, details["did_you_mean"] = f"; did you mean {did_you_mean!r}?", did_you_mean
        super().__init__(f"there is no {name!r}{hint}", name=name, **details)


class StillRunning(Refused):
    """The call needs a stopped child, and it runs."""

    code: ClassVar[str] = "still_running"

    def __init__(self, *, child_id: str, **details: Any) -> None:
        super().__init__(f"child {child_id!r} runs; terminate_child it first", child_id=child_id, **details)


class StillRestarting(Refused):
    """The call needs a stopped child, and it is being restarted."""

    code: ClassVar[str] = "still_restarting"

    def __init__(self, *, child_id: str, **details: Any) -> None:
        super().__init__(f"child {child_id!r} is restarting; terminate_child it first", child_id=child_id, **details)


class BadUsage(Refused):
    """A call or an option that can not be meant so; ``errors`` lists each fault with what is allowed.

    Its text is the fault; of several it is a heading and a line for each.

    Args:
        errors: The faults.
        of: Whose they are, such as the name of a file; stands before them.
        **details: Further facts.
    """

    code: ClassVar[str] = "bad_usage"

    def __init__(self, errors: str | Sequence[str], *, of: str | None = None, **details: Any) -> None:
        found = [errors] if isinstance(errors, str) else list(errors)
        super().__init__(_listed(found, of), errors=found, **details)


class BadSpec(BadUsage):
    """A child specification with invalid values: all of them, each with field, value and what is allowed."""

    code: ClassVar[str] = "bad_spec"


class BadPolicy(BadUsage):
    """A restart policy with invalid or impossible values: all of them, each with what is allowed."""

    code: ClassVar[str] = "bad_policy"


class NotSupported(Refused):
    """This version does not do that yet; it is refused, never ignored.

    Args:
        what: What it does not do.
        instead: What helps.
        others: Further ones that were asked for at the same time; ``errors`` lists all of them.
        of: Whose they are, such as the name of a file; stands before them.
        **details: Further facts.
    """

    code: ClassVar[str] = "not_supported"

    def __init__(
        self, what: str, instead: str, *, others: Sequence[str] = (), of: str | None = None, **details: Any
    ) -> None:
        found = [f"{what} is not supported by this version; {instead}", *others]
        super().__init__(_listed(found, of), what=what, instead=instead, errors=found, **details)


class Unauthenticated(Refused):
    """The token is missing, wrong or expired."""

    code: ClassVar[str] = "unauthenticated"
    help: ClassVar[str] = "the token is missing, wrong or expired; sign in again"


class Forbidden(Refused):
    """The identity may not use that session."""

    code: ClassVar[str] = "forbidden"
    help: ClassVar[str] = "this identity may not use that session"


class ConcurrencyRejected(Refused):
    """A run is going on in the session and its host takes one at a time."""

    code: ClassVar[str] = "run_in_progress"
    help: ClassVar[str] = "a run is going on in this session; wait for its end, or cancel it"


def _listed(found: Sequence[str], of: str | None) -> str:
    """Return one fault in one line, and several below a heading that counts them."""
    if len(found) == 1:
        return found[0] if of is None else f"{of}: {found[0]}"
    heading = f"{len(found)} faults:" if of is None else f"{of} has {len(found)} faults:"
    return "\n".join([heading, *(f"  {text}" for text in found)])
