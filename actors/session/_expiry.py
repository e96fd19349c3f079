"""Expiry: events that no client acknowledged for too long fail, and give their room back."""

from __future__ import annotations

from functools import partial
from math import inf
from typing import Any

from ..ports import LogFloor
from ._answers import Effects
from ._cell import LOOKS
from ._sharing import SharedSession

__all__ = ["ExpiringSession"]


class ExpiringSession(SharedSession):
    """The half of a session that lets old events go. The log tells their age."""

    def _expire(self, now: float) -> None:
        """Let the log look. Where another process owns the session, that one does."""
        cell = self._cell
        cell.expire_at = now + cell.log.age / LOOKS

        def then(answer: LogFloor) -> Effects:
            if not answer.count:
                cell.expire_at = inf
            return self._floor(answer)

        def expire() -> Effects:
            token = self._machine.token
            return self._ask(cell.log.expire, (cell.session, token), then, partial(self._refused, token))

        def claimed(it: Any) -> Effects:
            self._failures(it[1])
            return self._machine.claimed(0, it[0], it[1], 0, self._now()) + expire()

        def owned_by(node: str | None) -> Effects:
            if node == cell.node and self._machine.token is None:
                # It is ours by name, and we let go of it: nobody else would come for it.
                return self._ask(cell.ownership.claim, (cell.session, cell.node, True), claimed)
            if node in (None, cell.node):
                return expire()
            if not cell.outbox.progress.waiting:
                cell.expire_at = inf
            return []

        self._run(self._ask(cell.ownership.owner, (cell.session,), owned_by))
