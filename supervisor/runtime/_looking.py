"""Looking on: what an operator asks of a running runtime, and the calls of its supervisors."""

from __future__ import annotations

import asyncio
from typing import Any

from stentor.actors import ActorProxy, ActorRef, Terminated
from stentor.protocol.errors import Refused, WebSocketManagerNotInitializedError

from ..ledger._failures import Failures
from ..tree._snapshot import TreeSnapshot, snapshot
from ..tree._supervisor import Supervisor
from ._audit import Audit
from ._core import Core
from ._finding import check_reason, own, standing
from ._on_loop import on_loop
from ._record import RuntimeRecord

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
    def record(self) -> RuntimeRecord:
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
            NotFound: If there is nobody at *path*.
            Refused: If there is, and it is no supervisor.
        """
        estate = standing(self._running("supervisor").directory, path)
        if not issubclass(estate.actor_class, Supervisor):
            raise Refused(f"{path} is a {estate.kind}, no supervisor", path=path, kind=estate.kind)
        return estate.ref.proxy()

    def ref(self, path: str) -> ActorRef[Any]:
        """Return the address of an actor of the host's own: ``runtime.ref("/children/cache").ask(…)``. Any thread.

        It stays valid over restarts. Sessions, runs and the gateway are reached by the runtime's calls alone.

        Raises:
            NotFound: If there is nobody at *path*.
            Refused: If it is none of the host's own.
        """
        return own(self._running("ref").directory, path).ref

    def kill(self, path: str, reason: str) -> None:
        """End the incarnation at *path* as failed with ``Killed(reason)``; its supervisor decides. Any thread.

        Raises:
            NotFound: If there is no actor at *path*.
            Refused: If no incarnation of it runs: it is parked, or restarting.
            BadUsage: If it is the root, or without a reason.
        """
        core = self._running("kill")
        check_reason(reason)
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
