"""A receipt: how far one emitted event is, as the ledger says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
from stentor.protocol.errors import (
    EmitTimeout,
    EventExpired,
    EventLost,
    EventQuarantined,
    EventRejected,
    EventUnconfirmed,
    NotDurable,
    SessionClosed,
    WebSocketEventDroppedError,
    WouldDeadlock,
)

from ._account import Account
from ._progress import Stage, State
from ._waiter import AsyncWaiter, ThreadWaiter, Waiter

__all__ = ["Receipt"]

_ERRORS: dict[str, Callable[..., WebSocketEventDroppedError]] = {
    "handler_rejected": EventRejected,
    "expired": EventExpired,
    "crash_lost": EventLost,
    "epoch_lost": EventLost,
    "unconfirmed": EventUnconfirmed,
    "flush_timeout": EventUnconfirmed,
    "quarantined": EventQuarantined,
}
_REASONS = {
    "handler_rejected": "the client's handler refused it",
    "expired": "nobody fetched it in time",
    "crash_lost": "its process died before it was stored",
    "epoch_lost": "the store lost what it held",
    "unconfirmed": "the session closed first",
    "flush_timeout": "the session closed before its client confirmed it",
    "quarantined": "it crashed its session twice and was set aside",
    "consumer_gone": "its client did not come back",
}
_DONE: dict[Stage, tuple[State, ...]] = {
    "buffered": ("buffered", "sent", "acked"),
    "sent": ("sent", "acked"),
    "acked": ("acked",),
}


class Receipt(msgspec.Struct, frozen=True, eq=False, gc=False):
    """What ``emit`` returns. Nobody has to await it; a failure that nobody awaits is on record all the same.

    Each awaitable returns the event's seq, and raises the event's typed failure where there is one, or ``EmitTimeout``
    after *timeout* seconds; the event's way goes on. All of them work from any loop; :meth:`wait` is for threads.
    """

    # A host may hold one for every event: the garbage collector is spared looking at them. What a receipt refers to
    # lives as long as the session, and has let go of whoever waits on a receipt by then.
    _account: Account
    _index: int
    _kind: str

    def __repr__(self) -> str:
        return f"<Receipt {self._kind} seq={self.seq} {self.state}>"

    @property
    def seq(self) -> int | None:
        """The event's seq, None until the log gave it one."""
        return self._account.progress.seq(self._index)

    @property
    def state(self) -> State:
        """``accepted`` (waits in this process), ``buffered`` (in the log), ``sent``, ``acked`` or ``failed``."""
        return self._account.progress.state(self._index)[0]

    @property
    def failure(self) -> WebSocketEventDroppedError | None:
        """Why the event failed, or None."""
        code = self._account.progress.state(self._index)[1]
        return None if code is None else self._error(code)

    async def buffered(self, timeout: float | None = None) -> int:
        """Wait until the log has the event, and it has a seq."""
        return await self._await("buffered", timeout)

    async def durable(self, timeout: float | None = None) -> int:
        """Wait until the event outlives the process.

        Raises:
            NotDurable: On a store that keeps nothing.
        """
        if self._account.level == "volatile":
            raise NotDurable(user_id=self._account.user_id, thread_id=self._account.thread_id)
        return await self._await("buffered", timeout)

    async def sent(self, timeout: float | None = None) -> int:
        """Wait until the event was written to a socket; that is no delivery."""
        return await self._await("sent", timeout)

    async def acked(self, timeout: float | None = None) -> int:
        """Wait until a client's handler has returned for the event."""
        return await self._await("acked", timeout)

    def wait(self, timeout: float | None = None, until: Stage = "acked") -> int:
        """Block this thread until the event is *until*.

        Raises:
            WouldDeadlock: On a thread that runs an event loop; await there.
        """
        if asyncio._get_running_loop() is not None:
            raise WouldDeadlock(operation="receipt.wait")
        waiter = ThreadWaiter()
        if not self._enter(until, waiter) and not waiter.wait(timeout):
            raise self._late(until, timeout)
        return self._outcome(until)

    async def _await(self, stage: Stage, timeout: float | None) -> int:
        seq = self._account.progress.passed(self._index, stage)
        if seq is not None:
            return seq
        waiter = AsyncWaiter()
        if not self._enter(stage, waiter) and not await waiter.wait(timeout, self._account.clock):
            raise self._late(stage, timeout)
        return self._outcome(stage)

    def _enter(self, stage: Stage, waiter: Waiter) -> bool:
        """Return True if there is nothing to wait for, else let *waiter* be woken."""
        account = self._account
        with account.lock:
            # The session writes `sent` without the lock, and then looks whether anybody watches: so watch, then look.
            account.progress.watch()
            state = account.progress.state(self._index)[0]
            if state == "failed" or state in _DONE[stage] or account.ended:
                return True
            account.progress.wait(self._index, stage, waiter)
            return False

    def _outcome(self, stage: Stage) -> int:
        state, code = self._account.progress.state(self._index)
        if code is not None:
            raise self._error(code)
        seq = self.seq
        if state not in _DONE[stage] or seq is None:
            raise SessionClosed(user_id=self._account.user_id, thread_id=self._account.thread_id, state=state)
        return seq

    def _error(self, code: str) -> WebSocketEventDroppedError:
        facts = self._facts()
        if code == "quarantined":
            facts["failures"] = self._account.quarantined.get(facts["seq"], ())
        return _ERRORS.get(code, WebSocketEventDroppedError)(**facts, reason=_REASONS.get(code, code))

    def _late(self, stage: Stage, timeout: float | None) -> EmitTimeout:
        return EmitTimeout(f"event {self.seq} was not {stage} within {timeout} s; it is {self.state}", **self._facts())

    def _facts(self) -> dict[str, Any]:
        account = self._account
        return {"event_type": self._kind, "seq": self.seq, "user_id": account.user_id, "thread_id": account.thread_id}
