"""A runtime for synchronous hosts: its loop runs in a thread of its own, and every answer has ``.get()``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Never, Protocol, Self, TypeVar

from stentor.actors import refuse_fenced
from stentor.protocol import Event
from stentor.protocol.errors import BadUsage, Fenced, WebSocketManagerNotInitializedError

from ..ledger._failures import Failures
from ..runs._handle import Session
from ..runs._scope import RunScope
from ..runs._user_emitter import UserWebSocketEmitter
from ..tree._snapshot import TreeSnapshot
from ._audit import Audit
from ._loop_thread import LoopThread, drop
from ._pending import Pending
from ._record import RuntimeRecord
from ._serving import Server
from ._thread_run import ThreadedRunScope

if TYPE_CHECKING:
    from stentor.actors import ActorProxy, ActorRef, Terminated

    from ..ledger._record import Record
    from ..tree._supervisor import Supervisor

__all__ = ["ThreadedRuntime"]

T = TypeVar("T")


class Threadable(Protocol):
    """What is used of a ``Runtime``."""

    @property
    def ready(self) -> bool: ...
    @property
    def record(self) -> RuntimeRecord: ...
    async def __aenter__(self) -> Any: ...
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    async def session(self, *, user_id: str, thread_id: str) -> Session: ...
    def run(self, session: Session, agent: str = "agent", *, run_id: str | None = None) -> RunScope: ...
    def emitter(self, *, user_id: str | None, thread_id: str | None) -> UserWebSocketEmitter: ...
    def broadcast(self, event: Event) -> None: ...
    async def serve(self, host: str, port: int, *, pages: Mapping[str, tuple[str, bytes]] | None = None) -> Server: ...
    async def drain(self, timeout: float | None = None) -> bool: ...
    def audit(self) -> Audit: ...
    def tree(self) -> TreeSnapshot: ...
    def failures(
        self,
        user_id: str | None = None,
        last: int | None = None,
        *,
        session_id: str | None = None,
        kind: str | None = None,
        code: str | None = None,
    ) -> Failures: ...
    def supervisor(self, path: str) -> ActorProxy[Supervisor]: ...
    def ref(self, path: str) -> ActorRef[Any]: ...
    def kill(self, path: str, reason: str) -> None: ...
    def watch(self, ref: ActorRef[Any]) -> Awaitable[Terminated]: ...
    async def fatal(self) -> BaseException | None: ...


class ThreadedRuntime:
    """``with stentor.Runtime.in_thread(...) as runtime:`` — the runtime's methods, each awaited by ``.get()``.

    ``session.emit`` and a receipt's ``wait`` need no more than the thread that they are called in.

    Raises:
        BadUsage: If it is entered a second time; the first goes on undisturbed.
    """

    def __init__(self, runtime: Threadable) -> None:
        self._runtime = runtime
        self._loop_thread = LoopThread(self._unheard)

    def __repr__(self) -> str:
        # The runtime itself knows its state.
        return repr(self._runtime).replace("<Runtime", "<ThreadedRuntime", 1)

    def __enter__(self) -> Self:
        self._loop_thread.start()
        try:
            self.call(self._runtime.__aenter__(), "start").get()
        except BaseException:
            self._loop_thread.end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._loop_thread.submit(self._leave(kind, error, trace), "end").get()
        finally:
            self._loop_thread.end()

    async def _leave(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # While the tree stands, what failed is recorded as a failure of its root; what was just handed in may fail now.
        await asyncio.sleep(0)
        self._loop_thread.settle()
        await self._runtime.__aexit__(kind, error, trace)

    def start(self) -> Self:
        """Enter it, where there is no `with`, as at a prompt: ``runtime = stentor.Runtime.in_thread().start()``."""
        return self.__enter__()

    def close(self) -> None:
        """Leave it after :meth:`start`: it goes down in good order, and its thread ends."""
        self.__exit__(None, None, None)

    def call(self, awaitable: Awaitable[T], what: str | None = None) -> Pending[T]:
        """Await *awaitable* in the runtime's thread: ``runtime.call(session.close()).get()``.

        Args:
            awaitable: Anything that can be awaited there.
            what: What it is, for people to read; its own name by default.

        Raises:
            WebSocketManagerNotInitializedError: If the runtime does not run; *awaitable* is closed then.
            Fenced: If called by the thread of an actor that was given up; *awaitable* is closed then.
        """
        try:
            refuse_fenced("call")
        except Fenced:
            drop(awaitable)
            raise
        return self._loop_thread.submit(awaitable, what)

    def _unheard(self, error: BaseException) -> None:
        """Record what a call failed with for which nobody asked."""
        if getattr(error, "failure_id", None) is None:
            self._runtime.record.caught("", None, error)

    # Serving

    def serve(
        self, host: str = "127.0.0.1", port: int = 8765, *, pages: Mapping[str, tuple[str, bytes]] | None = None
    ) -> Pending[Server]:
        """Serve clients; port 0 for any that is free, which ``.port`` of the result tells."""
        return self.call(self._runtime.serve(host, port, pages=pages), f"serve {host}:{port}")

    def attach(self, *_: object, **__: object) -> Never:
        """Take no WebSocket of an ASGI server: it lives on that server's loop.

        Raises:
            BadUsage: Always.
        """
        raise BadUsage("attach needs the loop of the ASGI server; use `async with stentor.Runtime(...)` there")

    # Sessions

    def session(self, *, user_id: str, thread_id: str) -> Pending[Session]:
        """Return the session of *user_id* in *thread_id*; it is started if it was not."""
        return self.call(
            self._runtime.session(user_id=user_id, thread_id=thread_id), f"session {user_id!r} {thread_id!r}"
        )

    def run(self, session: Session, agent: str = "agent", *, run_id: str | None = None) -> ThreadedRunScope:
        """Open a run: ``with runtime.run(session, "researcher") as run: run.text("…").get()``."""
        return ThreadedRunScope(
            self,
            self._loop_thread.submit,
            self._runtime.run(session, agent, run_id=run_id),
            f"run of {agent!r} in {session.id}",
        )

    def emitter(self, *, user_id: str | None, thread_id: str | None) -> UserWebSocketEmitter:
        """Return the emitter of one user in one thread. Without a running runtime its calls have no bridge."""
        return self._runtime.emitter(user_id=user_id, thread_id=thread_id)

    def broadcast(self, event: Event) -> None:
        """Tell all sessions: a later version does.

        Raises:
            NotSupported: Always.
        """
        self._runtime.broadcast(event)

    # Looking on

    @property
    def ready(self) -> bool:
        """Whether it runs, takes clients in, and its tree stands."""
        return self._runtime.ready

    @property
    def record(self) -> Record:
        """Everything on record: failures, decisions, dead letters, refusals, notes."""
        return self._runtime.record

    def audit(self) -> Audit:
        """Return what became of every event."""
        return self._loop_thread.ask(self._runtime.audit, "audit")

    def tree(self) -> TreeSnapshot:
        """Return the supervision tree as it is now."""
        return self._runtime.tree()

    def failures(
        self,
        user_id: str | None = None,
        last: int | None = None,
        *,
        session_id: str | None = None,
        kind: str | None = None,
        code: str | None = None,
    ) -> Failures:
        """Return the failures that match, or everybody's; the *last* ones."""
        return self._runtime.failures(user_id, last, session_id=session_id, kind=kind, code=code)

    def supervisor(self, path: str) -> ActorProxy[Supervisor]:
        """Return the supervisor at *path*: its calls, each with an answer for ``.get()``."""
        return self._runtime.supervisor(path)

    def ref(self, path: str) -> ActorRef[Any]:
        """Return the address of an actor of the host's own, under ``/children``."""
        return self._runtime.ref(path)

    def kill(self, path: str, reason: str) -> None:
        """End the incarnation at *path* as failed."""
        self._loop_thread.ask(lambda: self._runtime.kill(path, reason), "kill")

    def watch(self, ref: ActorRef[Any]) -> Pending[Terminated]:
        """Return the end of *ref*: there once it is gone for good."""

        async def ended() -> Terminated:
            return await self._runtime.watch(ref)

        return self.call(ended(), f"watch {ref.path}").raised_elsewhere(_with_the_runtime)

    def fatal(self) -> Pending[BaseException | None]:
        """Return with what the runtime's tree gave up: there once it has. A drain is no such end."""
        return self.call(self._runtime.fatal(), "fatal").raised_elsewhere(_with_the_runtime)

    # The end

    def drain(self, timeout: float | None = None) -> Pending[bool]:
        """Go down in good order."""
        return self.call(self._runtime.drain(timeout), "drain")

    def run_until_signal(self) -> Never:
        """Wait for no signal: Python hands signals to the main thread, which is the host's own.

        Raises:
            BadUsage: Always.
        """
        raise BadUsage("signals come to the host's own thread; catch them there, and leave the `with` block")


def _with_the_runtime(error: BaseException) -> bool:
    """Say that it waits for as long as the runtime runs: an end with it is nothing to record."""
    return isinstance(error, WebSocketManagerNotInitializedError)
