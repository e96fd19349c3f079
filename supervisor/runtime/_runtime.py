"""The runtime: sessions, runs, gateway and the host's own actors under one root, and what an operator asks of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, Unpack

from stentor.protocol import CloseCode, Event
from stentor.protocol.errors import BadUsage, NotSupported, Unauthenticated, WebSocketContextValidationError

from ..config._load import build
from ..hosts.asgi import AsgiSocket, accepted, turn_away
from ..runs._daemon_pool import DaemonPool
from ..runs._handle import Session
from ..runs._identity import Identity, session_name
from ..runs._scope import RunScope
from ..runs._user_emitter import UserWebSocketEmitter
from ._address import check_address
from ._core import Core
from ._drain import drain
from ._looking import Looking
from ._options import Given, options
from ._serving import Server, open_server
from ._signals import CODE_DRAINED, CODE_FATAL, CODE_FLUSH_TIMEOUT, Signals
from ._thread import ThreadedRuntime

__all__ = ["Runtime"]


class Runtime(Looking):
    """``async with stentor.Runtime(on_message=agent) as runtime: …``

    Options are those of ``stentor.supervisor.Options``; each wrong one is told, all of them at once. Where nothing
    else is said, calls are made on the runtime's loop; ``session.emit``, ``tree``, ``failures``, ``audit`` and ``kill``
    work from any thread.

    Raises:
        BadUsage: If an option can not be meant so.
        NotSupported: For a durable store, snapshots or a memory bound: a later version has them.
    """

    def __init__(self, **given: Unpack[Given]) -> None:
        super().__init__()
        self._options = options(given)
        self._servers: list[Server] = []
        self._flushed = True
        self._told_unnamed = False

    @classmethod
    def from_config(cls, path: str | Path, **overrides: Unpack[Given]) -> Self:
        """Return a runtime of what the file *path* says, such as ``stentor.toml``; *overrides* go before it."""
        return build(cls, path, overrides)

    @classmethod
    def in_thread(cls, config: str | Path | None = None, **given: Unpack[Given]) -> ThreadedRuntime:
        """Return a runtime for a synchronous host: ``with stentor.Runtime.in_thread(...) as runtime: …``."""
        return ThreadedRuntime(cls(**given) if config is None else cls.from_config(config, **given))

    def __repr__(self) -> str:
        return f"<Runtime {self._state}: {self._options.node}>"

    async def __aenter__(self) -> Self:
        if self._state != "new":
            raise BadUsage("a runtime runs once; make a new one")
        core = self._core = Core(self._options)
        try:
            await core.start()
        except BaseException:
            self._state = "stopped"
            raise
        self._state = "running"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A host that failed does not wait for its users' acks.
        await self.drain(None if error is None else 0.0)

    # Serving

    async def serve(
        self,
        host: str = "127.0.0.1",
        port: int = 8765,
        *,
        pages: Mapping[str, tuple[str, bytes]] | None = None,
    ) -> Server:
        """Serve clients, and *pages*: path to (content type, body).

        Args:
            host: Address to bind; without ``authenticate`` it has to be loopback.
            port: Port; 0 for any that is free, which ``.port`` of the result tells.
            pages: Answers to plain GETs.

        Raises:
            BadUsage: If the address can not be had, or may not be served.
        """
        core = self._running("serve")
        check_address(host, port)
        server = await open_server(
            core.lobby.enter,
            host,
            port,
            refused=core.lobby.refused,
            pages=pages or {},
            origins=self._options.origins,
            guarded=self._options.authenticate is not None,
            ready=lambda: self.ready,
            limits=self._options.limits,
        )
        self._servers.append(server)
        return server

    async def attach(self, websocket: AsgiSocket, *, user_id: str | None = None, thread_id: str | None = None) -> None:
        """Bring a Starlette or FastAPI WebSocket into its session; return when it is gone.

        It owns accept, reader and close. With *user_id* the host itself vouches for its user, and with *thread_id*
        for the conversation too; without, the client's token is asked for as by :meth:`serve`.

        Raises:
            WebSocketContextValidationError: If the host names neither user nor ``authenticate``; only the first time.
                Each client is told, and closed with 4502; every refusal is on record.
        """
        core = self._running("attach")
        limits, refused = self._options.limits, core.lobby.refused
        connection = await accepted(websocket, self._options.origins, limits.write_stall, refused)
        if connection is None:
            return
        known: Identity | None = None
        try:
            if user_id is not None or self._options.authenticate is None:
                session_name("attach", user_id, "x" if thread_id is None else thread_id)
                known = Identity(user_id or "", thread_id)
        except WebSocketContextValidationError as error:
            unnamed = Unauthenticated(
                f"the host's route names no valid {', '.join(error.missing)}: nobody gets in by it"
            )
            await turn_away(connection, CloseCode.UNAUTHENTICATED, unnamed, refused)
            if self._told_unnamed:
                return
            # A bug of the route's: its developer gets it once, not once for each client.
            self._told_unnamed = True
            raise
        core.lobby.enter(connection, known)
        await connection.run()

    # Sessions

    async def session(self, *, user_id: str, thread_id: str) -> Session:
        """Return the session of *user_id* in *thread_id*; its actor is started if it does not run.

        Raises:
            WebSocketContextValidationError: If a part is missing or no text.
            ActorParked: If it is parked.
        """
        core = self._running("session")
        name = session_name("session", user_id, thread_id)
        await core.office.open(name)
        return core.handle(Identity(user_id, thread_id), name)

    def run(self, session: Session, agent: str = "agent", *, run_id: str | None = None) -> RunScope:
        """Open a run: the same as ``session.run(agent)``."""
        return session.run(agent, run_id=run_id)

    def emitter(self, *, user_id: str | None, thread_id: str | None) -> UserWebSocketEmitter:
        """Return the emitter of one user in one thread. Without a running runtime its calls have no bridge."""
        core = self._core if self._state == "running" else None
        return UserWebSocketEmitter(None if core is None else core.office, user_id, thread_id)

    def broadcast(self, event: Event) -> None:
        """Tell all sessions: a later version does.

        Raises:
            NotSupported: Always.
        """
        raise NotSupported("broadcast", "emit to each session")

    # The end

    async def drain(self, timeout: float | None = None) -> bool:
        """Go down in good order, once; say whether everything was acknowledged.

        Nobody new is let in; runs end, or are cancelled; clients get what is left and are told to come back; what is
        left without an ack at the bound fails, and stands in the record as ``FlushTimeout``.

        Args:
            timeout: Bound in seconds; the runtime's own by default. The tree has one second more, at the most, before
                who does not stop is fenced and left.
        """
        core = self._core
        if core is None or self._state in ("new", "stopped"):
            self._state = "stopped"
            return self._flushed
        self._state = "draining"
        seconds = self._options.drain if timeout is None else timeout
        self._flushed = await core.once(lambda: drain(core, self._servers, seconds))
        self._state = "stopped"
        return self._flushed

    async def run_until_signal(self) -> int:
        """Wait for SIGINT or SIGTERM, or for the tree's end, and drain; return the exit code.

        0 if everything was acknowledged, 3 if the drain's bound came first, 70 if the runtime's tree gave up. A second
        signal ends the process at once: 130 for Ctrl-C, 143 for SIGTERM.

        Raises:
            BadUsage: Outside the main thread.
        """
        core = self._running("run_until_signal")
        # From here on the process is ours: `asyncio.run` waits for the threads of its own pool, stuck ones too.
        core.loop.set_default_executor(DaemonPool())
        with Signals().installed() as signals:
            first = asyncio.ensure_future(signals.first())
            either: set[asyncio.Future[Any]] = {first, core.fatal}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            first.cancel()
            fatal = core.fatal.done()
            flushed = await self.drain()
        if fatal:
            return CODE_FATAL
        return CODE_DRAINED if flushed else CODE_FLUSH_TIMEOUT
