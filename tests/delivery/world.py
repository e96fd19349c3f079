"""One or two runtimes over one store, clients over lines in memory, and everything that was emitted, in a list."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

from attrs import define
from stentor.actors import ManualClock, Receipt
from stentor.actors.stores import MemoryStore
from stentor.protocol import Limits, Text
from stentor.protocol.clients import ProbeClient, memory_dial
from stentor.protocol.errors import StentorError, WebSocketConnectionLostError
from stentor.protocol.transports import MemoryConnection, memory_pair
from stentor.supervisor import Audit, Backoff, Budget, Message, Restart, RestartPolicy, Runtime, Session

from .faults import BadHints, Nth

__all__ = ["LIMITS", "Emitted", "Reader", "S", "World"]

S = "ada/t1"
LIMITS = Limits(window_events=8, batch_events=3, ack_events=4, retain_events=6)
POLICY = RestartPolicy(
    budget="unlimited",
    backoff=Backoff(initial=0.1, maximum=0.4, jitter=0.0),
    child_budget=Budget(max_restarts=30, max_seconds=60.0),
    decide={WebSocketConnectionLostError: Restart(charged=False)},
)


@define
class Emitted:
    """One event that was accepted: where, in which words, and its receipt."""

    node: int
    words: str
    receipt: Receipt


class Reader:
    """A client and the runtime that it talks to."""

    def __init__(self, world: World, tab: str, at: int, resume: Any) -> None:
        self._world = world
        self.tab = tab
        self.at = at
        self.server: MemoryConnection
        self.end: MemoryConnection
        self.probe = ProbeClient(
            memory_dial(self._connect),
            session=S,
            tab=tab,
            resume=resume,
            limits=world.limits,
            clock=world.clock,
        )

    def _connect(self) -> MemoryConnection:
        self.server, self.end = self._world.connect(self.at)
        return self.end

    @property
    def words(self) -> list[str]:
        """What the handler was given and handled, in its order."""
        return [getattr(it.event, "delta", it.event.type) for it in self.probe.handled]

    @property
    def closed_with(self) -> list[int]:
        """Close codes of the connections that ended, in their order."""
        return [state.code for state in self.probe.states if state.code is not None]

    def vanish(self) -> list[bytes]:
        """Lose the line on our side alone: the host does not know. Return what it was still to get from us."""
        late = list(self.end.outgoing)
        self.server.stalled = True
        self.end.vanish()
        return late

    def received_frames(self, kind: str) -> list[dict[str, Any]]:
        """Return the frames of *kind* that came."""
        return [frame for frame in self.probe.frames_in if frame["t"] == kind]


class World:
    """Runtimes that share a store, and time that only a test moves."""

    def __init__(
        self,
        nodes: int = 1,
        *,
        hints: BadHints | None = None,
        faults: Nth | None = None,
        limits: Limits = LIMITS,
        store: Callable[[MemoryStore], None] | None = None,
        policy: RestartPolicy = POLICY,
    ) -> None:
        self.clock = ManualClock(start=100.0)
        self.limits = limits
        self.faults = faults
        self.hints = hints
        self.patience = asyncio.Event()
        """What a slow answer waits for."""
        self.prompts: list[tuple[int, Any]] = []
        self.emitted: list[Emitted] = []
        self.refused: list[tuple[int, StentorError]] = []
        self.readers: list[Reader] = []
        self.sessions: list[Session] = []
        self._lines: list[tuple[MemoryConnection, MemoryConnection]] = []
        self._turn = 0
        shared: dict[str, Any] = {"store": MemoryStore(limits)} if nodes > 1 else {}
        self.runtimes = [
            Runtime(
                node="ab"[at],
                clock=self.clock,
                faults=faults,
                limits=limits,
                sessions=policy,
                on_message=self._agent(at),
                says={"slow": self._slow(at)},
                **shared,
            )
            for at in range(nodes)
        ]
        self.store: MemoryStore = self.runtimes[0]._options.store
        self.log: Any = self.store.log
        """The log itself, past any fault."""
        if hints is not None:
            self.store.hints = hints
        if store is not None:
            store(self.store)

    async def __aenter__(self) -> Self:
        for runtime in self.runtimes:
            await runtime.__aenter__()
            self.sessions.append(await runtime.session(user_id="ada", thread_id="t1"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.quiet()
        for reader in self.readers:
            await reader.probe.stop()
        for runtime in self.runtimes:
            await self.finish(runtime.drain(0.0))

    def quiet(self) -> None:
        """No fault any more."""
        if self.faults is not None:
            self.faults.on = False

    def audits(self) -> list[Audit]:
        """Take the audit of each runtime, past any fault."""
        if self.faults is None:
            return [runtime.audit() for runtime in self.runtimes]
        on, self.faults.on = self.faults.on, False
        try:
            return [runtime.audit() for runtime in self.runtimes]
        finally:
            self.faults.on = on

    # Lines

    def connect(self, at: int) -> tuple[MemoryConnection, MemoryConnection]:
        """Open a line to a runtime; return its two ends."""
        server, client = memory_pair(f"line {len(self._lines)}")
        self._lines.append((server, client))
        core: Any = self.runtimes[at]._core
        core.lobby.enter(server)
        return server, client

    def _deliver(self) -> bool:
        moved = False
        for line in list(self._lines):
            for end in line:
                was = end.dead
                moved = bool(end.deliver()) or end.dead is not was or moved
            if line[0].dead and line[1].dead:
                self._lines.remove(line)
        return moved

    # Time

    async def settle(self) -> None:
        """Let everything happen that can without time passing."""
        await self.clock.settle()
        while self._deliver():
            await self.clock.settle()

    async def run(self, seconds: float) -> None:
        """Let time pass."""
        await self.settle()
        end = self.clock.now() + seconds
        while self.clock.now() < end:
            await self.clock.run(min(0.1, end - self.clock.now()))
            await self.settle()

    async def until(self, condition: Callable[[], object], seconds: float = 30.0) -> None:
        """Let time pass until *condition* holds."""
        end = self.clock.now() + seconds
        await self.settle()
        while not condition():
            assert self.clock.now() < end, "it did not come about"
            await self.run(0.1)

    async def delivered(self) -> None:
        """Let time pass until every event has its outcome, and a poll longer."""
        await self.until(lambda: all(it.receipt.state in ("acked", "failed") for it in self.emitted), 90.0)
        await self.run(1.5)

    async def finish(self, job: Any) -> Any:
        """Let time pass until *job* is done."""
        task = asyncio.ensure_future(job)
        for _ in range(600):
            await self.run(0.1)
            if task.done():
                break
        assert task.done(), "it did not end"
        return await task

    # What people do

    def reader(self, tab: str = "tab", at: int = 0, resume: Any = None) -> Reader:
        """Open a page."""
        reader = Reader(self, tab, at % len(self.runtimes), resume)
        self.readers.append(reader)
        reader.probe.start()
        return reader

    def elsewhere(self, reader: Reader) -> None:
        """Let *reader*'s next connection go to the other runtime, if there is one."""
        reader.at = (reader.at + 1) % len(self.runtimes)

    def emit(self, *words: str, at: int | None = None) -> list[Receipt]:
        """Emit, at one runtime after the other where none is named; what is refused is kept apart."""
        receipts: list[Receipt] = []
        for each in words:
            node = at if at is not None else self._turn % len(self.runtimes)
            self._turn += at is None
            try:
                receipt = self.sessions[node].emit(Text("r1", each))
            except StentorError as error:
                self.refused.append((node, error))
            else:
                self.emitted.append(Emitted(node, each, receipt))
                receipts.append(receipt)
        return receipts

    def _agent(self, at: int) -> Callable[[Session, Message], Any]:
        async def agent(session: Session, message: Message) -> None:
            self.prompts.append((at, message.data))
            self.emit(f"answer to {message.data}", at=at)

        return agent

    def _slow(self, at: int) -> Callable[[Session, Message], Any]:
        async def agent(session: Session, message: Message) -> None:
            self.prompts.append((at, message.data))
            await self.patience.wait()

        return agent

    # What there is to be seen

    def machine(self, at: int = 0) -> Any:
        """Return the state of the session's machine at a runtime."""
        core: Any = self.runtimes[at]._core
        place = core.cells.find(S)
        return None if place is None else place.cell.machine.state

    @property
    def ledger(self) -> Any:
        """What the log says, past any fault."""
        return self.log.outcomes(S)

    def failures(self, at: int = 0) -> Sequence[Any]:
        """Return the failures that a runtime recorded."""
        return list(self.runtimes[at].failures())
