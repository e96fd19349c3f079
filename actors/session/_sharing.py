"""A session among the processes that share its store: who owns it, what the others appended, and who may end it."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..ports import Outcomes
from ._answers import Effects
from ._cell import SessionCell
from ._effects import EffectRunner
from ._messages import Drain

__all__ = ["SharedSession"]


class SharedSession(EffectRunner):
    """The half of a session that other processes concern."""

    def __init__(self, cell: SessionCell) -> None:
        super().__init__(cell)
        self._drained: Drain | None = None
        """The wish to end that this incarnation has begun to follow."""

    def _wind_up(self, now: float) -> None:
        """Tell the machine that the session is to end, once it has all that was accepted, or its time is over."""
        cell, wish = self._cell, self._cell.draining
        if wish is None or wish is self._drained or (cell.outbox.pending_count and now < cell.deadline):
            return
        self._drained = wish
        self._drain(wish)

    def _drain(self, message: Drain) -> None:
        """Whoever closes a session must own it: events that no client ever came for need an outcome too."""
        cell = self._cell

        def drain() -> Effects:
            now = self._now()
            effects = self._machine.drain(
                now, max(0.0, cell.deadline - now), code=message.code, after_ms=message.after_ms, keep=message.keep
            )
            # From here on it is the machine's.
            if cell.draining is message:
                cell.draining = None
            return effects

        def claimed(it: Any) -> Effects:
            self._failures(it[1])
            return self._machine.claimed(0, it[0], it[1], 0, self._now()) + drain()

        def owned_by(node: str | None) -> Effects:
            if node == cell.node and self._machine.token is not None:
                return drain()
            return self._ask(cell.ownership.claim, (cell.session, cell.node, True), claimed)

        if message.keep:
            # What is left is for whoever has the session, now or later.
            self._run(drain())
        else:
            self._run(self._ask(cell.ownership.owner, (cell.session,), owned_by))

    def _poll(self, now: float) -> None:
        """Hints may be lost, and nobody tells an owner that its session moved: look at the store itself."""
        cell, outbox, token = self._cell, self._cell.outbox, self._machine.token
        assert cell.poll is not None
        cell.poll_at = now + cell.poll

        def then(ledger: Outcomes) -> Effects:
            if self._machine.token is not None:
                return self._machine.head_hint(ledger.head, self._now())
            outbox.measure(ledger.count, ledger.bytes)
            outbox.settle(ledger.epoch, ledger.floor, ledger.failed)
            return []

        def look(_: Any = None) -> Effects:
            return self._ask(cell.log.outcomes, (cell.session, outbox.progress.floor), then)

        if token is not None:
            self._run(self._ask(cell.ownership.verify, (token,), look, partial(self._refused, token)))
        elif outbox.progress.waiting:
            self._run(look())
        if self._elsewhere:
            self._run(self._ask_again())
