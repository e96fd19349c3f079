"""How a decision of the machine becomes an entry of the record."""

from __future__ import annotations

from typing import Any

from stentor.actors import Clock, Recorder

from ..core._effects import Decided
from ..ledger._entry import Entry
from ..ledger._record import Record

__all__ = ["Ledger"]


class Ledger:
    """Writes a supervisor's decisions into the record that it was given, or into one of its own.

    Args:
        recorder: Where entries go. One that can only take failures gets a record beside it, which has all of them.
        clock: Where times come from.
        path: The supervisor's address.
    """

    __slots__ = ("_add", "_now", "_outcome", "_path", "_wall", "record")

    def __init__(self, recorder: Recorder, clock: Clock, path: str) -> None:
        self.record: Any = recorder if hasattr(recorder, "add") else Record(clock=clock)
        self._add = self.record.add
        self._outcome = getattr(self.record, "outcome", None)
        self._now = clock.now
        self._wall = clock.wall
        self._path = path

    def write(self, decided: Decided, revision: int = 1) -> Entry:
        """Write *decided*, by the policy's *revision*, down and return its entry."""
        child = decided.child
        failure = decided.failure
        cause = decided.cause
        if child is None:
            name, path, total = None, self._path, None
        else:
            estate = child.handle
            name, total = child.spec.id, child.restarts
            path = f"{self._path}/{name}" if estate is None else estate.path
        delay = decided.delay
        wall = self._wall()
        entry = Entry(
            kind=decided.kind,
            failure=failure,
            supervisor=self._path,
            child_id=name,
            path=path,
            decision=decided.decision,
            rule=decided.rule,
            rung=decided.rung,
            attempt=decided.attempt,
            delay=delay,
            charged=decided.charged,
            restarts_total=total,
            restarts_in_window=decided.in_window,
            max_restarts=decided.max_restarts,
            window_s=decided.window_s,
            next_attempt_at=None if delay is None else wall + delay,
            parent_id=cause.id if cause is not None else None if failure is None else failure.parent_id,
            policy_rev=revision,
            at=self._now(),
            wall=wall,
            facts=decided.facts,
        )
        self._add(entry)
        return entry

    def outcome(self, entry: Entry, text: str) -> None:
        """Say what came of *entry*."""
        if self._outcome is not None:
            self._outcome(entry.id, text)
