"""One entry of the record: what failed or was decided, by which rule, and what came of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from itertools import count
from typing import Any, Literal, TypeAlias

from attrs import field, frozen
from stentor.actors import Failure

__all__ = ["Entry", "EntryKind", "Severity"]

EntryKind: TypeAlias = Literal[
    "failure",
    "restart",
    "give_up",
    "park",
    "unpark",
    "hold",
    "release",
    "dead_letter",
    "abandoned",
    "policy",
    "refused",
    "stall",
    "note",
]
Severity: TypeAlias = Literal["info", "warn", "error", "fatal"]

_FATAL = frozenset({"give_up", "park", "escalate"})
_QUIET = frozenset({"policy", "note", "unpark", "restart", "release"})
_RESTARTS = frozenset({"restart", "resume"})
_serial = count(1)


class _Process:
    """The half of an id that tells one process from another."""

    prefix = os.urandom(8).hex()

    @classmethod
    def renew(cls) -> None:
        cls.prefix = os.urandom(8).hex()


os.register_at_fork(after_in_child=_Process.renew)


@frozen(kw_only=True, eq=False)
class Entry:
    """One line of the record; what does not apply is left out.

    Attributes:
        kind: What sort of line it is.
        failure: The failure that it is about, or None.
        supervisor: Path of the supervisor that decided.
        path: Path of the actor that it is about.
        decision: What was decided: restart, stop, resume, escalate, park, give_up.
        rule: Name of the rule that decided. ``rung``: how much the restart throws away, from 1.
        attempt: Which attempt it is, from 1. ``delay``: seconds of waiting before it.
        charged: Whether it costs a unit of a budget. A restart that costs nothing has severity info.
        restarts_in_window: Restarts that count at this moment, out of ``max_restarts`` in ``window_s`` seconds.
        next_attempt_at: Unix time of the next attempt.
        parent_id: Id of the failure that caused this: a sibling's, a child's, the crash behind a dead letter.
        policy_rev: Revision of the policy that decided.
        at: Monotonic seconds. ``wall``: Unix seconds.
        outcome: What came of it, where that is known.
        facts: What else is known: reason and message type of a dead letter, values of a note.
    """

    kind: EntryKind
    failure: Failure | None = None
    supervisor: str | None = None
    child_id: str | None = None
    path: str = ""
    decision: str | None = None
    rule: str | None = None
    rung: int | None = None
    attempt: int | None = None
    delay: float | None = None
    charged: bool = True
    restarts_total: int | None = None
    restarts_in_window: int | None = None
    max_restarts: int | None = None
    window_s: float | None = None
    next_attempt_at: float | None = None
    parent_id: str | None = None
    policy_rev: int | None = None
    at: float = 0.0
    wall: float = 0.0
    outcome: str | None = None
    facts: Mapping[str, Any] | None = None
    _id: str = field(default="", alias="id")
    _number: int = field(factory=_serial.__next__, alias="number")

    @property
    def id(self) -> str:
        """32 hexadecimal digits: the failure's own for an entry of kind failure, else the entry's."""
        if self._id:
            return self._id
        if self.kind == "failure" and self.failure is not None:
            return self.failure.id
        return f"{_Process.prefix}{self._number:016x}"

    @property
    def severity(self) -> Severity:
        """How bad it is: info for a restart that cost nothing, error for a failure, fatal for a park or a give-up."""
        if self.kind in _FATAL or self.decision in _FATAL:
            return "fatal"
        if self.failure is None or self.kind in _QUIET:
            return "info" if self.kind in _QUIET else "warn"
        return "error" if self.charged or self.decision not in _RESTARTS else "info"
