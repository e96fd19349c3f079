"""Looking on: what an operator asks of a running runtime, and the calls of its supervisors."""

from __future__ import annotations

import asyncio
from typing import Any

from stentor.actors import ActorProxy, ActorRef, Terminated
from stentor.protocol.errors import BadUsage, NotFound, WebSocketManagerNotInitializedError

from ..ledger._failures import Failures
from ..ledger._record import Record
from ..tree._snapshot import TreeSnapshot, snapshot
from ..tree._supervisor import Supervisor
from ._audit import Audit
from ._core import Core
from ._on_loop import on_loop

__all__ = ["Looking"]


class Looking:
    """The half of a runtime that changes nothing by itself."""

    def __init__(self) -> None:
        self._core: Core | None = None
        self._state = "new"

    @property
    def ready(self) -> bool:
        """Whether it runs, takes clients in, and its tree stands."""
        core = self._core
        return self._state == "running" and core is not None and core.lobby.open and not core.gone.done()

    def tree(self) -> TreeSnapshot:
        """Return the supervision tree as it is now; it prints well. Any thread."""
        core = self._known("tree")
        return snapshot(core.directory, core.clock)

    def failures(
        self,
        user_id: str | None = None,
        last: int | None = None,
        *,
        session_id: str | None = None,
        kind: str | None = None,
        code: str | None = None,
    ) -> Failures:
        """Return the recorded failures that match, oldest first; the *last* ones. Any thread.

        Args:
            user_id: Whose; everybody's by default.
            last: How many at most.
            session_id: Of which session.
            kind: Kind of the actor: worker, session, run, …
            code: Code of the exception.
        """
        return self._known("failures").record.failures(user_id, session_id, kind, code, last)

    @property
    def record(self) -> Record:
        """Everything on record: failures, decisions, dead letters, refusals, notes. Any thread."""
        return self._known("record").record

    def audit(self) -> Audit:
        """Return what became of every event that was emitted. Any thread.

        Raises:
            AuditError: If the numbers do not add up.
        """
        core = self._known("audit")
        return on_loop(core.loop, core.audit)

    def supervisor(self, path: str) -> ActorProxy[Supervisor]:
        """Return the supervisor at *path*: its calls, each with an answer for ``await`` and ``.get()``. Any thread.

        ``await runtime.supervisor("/sessions").set_policy(unpark_after=5.0, reason="…", duration=600)`` changes the
        policy of all sessions for ten minutes; ``.park_child("ada/t1")`` sets one aside, ``.explain(error)`` asks.

        Raises:
            NotFound: If there is no supervisor at *path*.
        """
        core = self._running("supervisor")
        estate = core.directory.get("" if path == "/" else path)
        if estate is None or not issubclass(estate.actor_class, Supervisor):
            raise NotFound(path)
        return estate.ref.proxy()

    def kill(self, path: str, reason: str) -> None:
        """End the incarnation at *path* as failed with ``Killed(reason)``; its supervisor decides. Any thread.

        Raises:
            NotFound: If there is no actor at *path*.
            BadUsage: If it is the root.
        """
        core = self._running("kill")
        if path in ("", "/"):
            raise BadUsage("the root can not be killed; drain the runtime")
        if core.directory.get(path) is None:
            raise NotFound(path)
        on_loop(core.loop, lambda: core.kill(path, reason))

    def watch(self, ref: ActorRef[Any]) -> asyncio.Future[Terminated]:
        """Return a future of the end of *ref*: done once, when it is gone for good."""
        return self._running("watch").watch(ref)

    async def fatal(self) -> BaseException | None:
        """Wait until the runtime's tree has given up; return with what. A drain is no such end."""
        return await asyncio.shield(self._running("fatal").fatal)

    def _known(self, operation: str) -> Core:
        if self._core is None:
            raise WebSocketManagerNotInitializedError(operation=operation)
        return self._core

    def _running(self, operation: str) -> Core:
        if self._core is None or self._state == "stopped":
            raise WebSocketManagerNotInitializedError(operation=operation)
        return self._core
