"""A session with everything around it but a supervisor: a keeper restarts it at once, and remembers why."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from stentor.actors._manual_clock import ManualClock
from stentor.actors.guarded._actor import Actor
from stentor.actors.guarded._estate import Estate
from stentor.actors.guarded._faults import Faults
from stentor.actors.guarded._messages import Exited, StartFailed
from stentor.actors.guarded._recorder import RingRecorder
from stentor.actors.session._cell import SessionCell
from stentor.actors.session._gate import Gate
from stentor.actors.session._outbox import Outbox
from stentor.actors.session._session import SessionActor
from stentor.actors.stores import MemoryStore
from stentor.protocol import HelloFrame, Limits, Text, decode_client
from stentor.protocol.transports import MemoryConnection, memory_pair

S = "ada/t1"


class Page:
    """A client, frame by frame: it acknowledges when the test says so."""

    def __init__(self, rig: Rig, tab: str, resume: Any, answers: bool) -> None:
        self.rig = rig
        self.tab = tab
        self.frames: list[dict[str, Any]] = []
        self.end: tuple[int, str] | None = None
        self.server: MemoryConnection
        self.server, self.line = memory_pair()
        self.line.receiver = self
        self.answers = answers
        asked = {"t": "hello", "v": 1, "session": S, "tab": tab, **({"resume": resume} if resume else {})}
        hello = decode_client(json.dumps(asked).encode(), 8192)
        assert isinstance(hello, HelloFrame)
        rig.cell.attach(self.server, hello, identity=tab)

    def received(self, data: bytes) -> None:
        """Keep a frame."""
        self.frames.append(json.loads(data))
        if self.answers and self.frames[-1]["t"] == "ping":
            self.send(t="pong", id=self.frames[-1]["id"])

    def lost(self, code: int, reason: str, error: Any) -> None:
        """Keep the end."""
        self.end = (code, reason)

    def send(self, **frame: Any) -> None:
        """Write a frame, and let it arrive."""
        self.line.write([json.dumps(frame).encode()])
        self.line.deliver()

    def ack(self, seq: int, **more: Any) -> None:
        """Acknowledge everything up to *seq*."""
        self.send(t="ack", epoch=self.epoch, seq=seq, **more)

    @property
    def epoch(self) -> str:
        """The epoch that the welcome named."""
        return next(f["epoch"] for f in self.frames if f["t"] == "welcome")

    @property
    def events(self) -> list[tuple[int, str]]:
        """Seq and delta of every event that came; gaps as their code."""
        found: list[tuple[int, str]] = []
        for frame in self.frames:
            for event in frame.get("ev", [frame] if frame["t"] == "event" else []):
                found.append((event["seq"], event["data"]["delta"]))
            if frame["t"] == "gap":
                found.append((frame["from"], frame["code"]))
        return found

    def kinds(self) -> list[str]:
        """What kinds of frames came, in order."""
        return [f["t"] for f in self.frames]


class Keeper(Actor):
    """Restarts at once what crashes, as often as it likes."""

    def __init__(self, rig: Rig) -> None:
        super().__init__()
        self.rig = rig

    def on_receive(self, message: Any) -> None:
        """A child has ended."""
        if isinstance(message, (Exited, StartFailed)):
            if message.failure is not None:
                self.rig.crashes.append(message.failure.exception)
                self.rig.crash_ids.append(message.failure.id)
            if self.rig.restarts and getattr(message, "reason", "crash") == "crash":
                result = self.rig.estate.launch()
                if isinstance(result, StartFailed):
                    self.actor_ref.tell(result)


class Rig:
    """One session."""

    def __init__(self, store: Any = None, node: str = "local", clock: Any = None, **options: Any) -> None:
        limits = options.pop("limits", None) or Limits()
        self.clock = clock or ManualClock(start=100.0)
        self.store = store or MemoryStore(limits, self.clock)
        self.gate = Gate(self.clock, limits, node=node)
        self.gate.start()
        self.outbox = Outbox(S, self.gate, level=self.store.log.level)
        self.faults = Faults()
        self.up: list[Any] = []
        self.crashes: list[BaseException] = []
        self.crash_ids: list[str] = []
        self.restarts = True
        self.recorder = RingRecorder()
        self.cell = SessionCell(
            self.outbox,
            self.store.log,
            self.store.ownership,
            self.store.inbox,
            self.store.hints,
            limits,
            up=self.up.append,
            node=node,
            faults=self.faults,
            **options,
        )
        self.store.hints.subscribe(node, lambda session, head: self.cell.hint(head))
        self.keeper = Keeper.start(self)
        self.estate = Estate(
            SessionActor,
            (self.cell,),
            path=f"/sessions/{S}",
            parent=self.keeper,
            child_id=S,
            clock=self.clock,
            recorder=self.recorder,
        )
        self.estate.launch()
        self.pages: list[Page] = []

    def emit(self, *deltas: str) -> list[Any]:
        """Emit a text for each delta."""
        return [self.outbox.accept(Text("r1", delta)) for delta in deltas]

    async def page(self, tab: str = "tab", resume: Any = None, answers: bool = True) -> Page:
        """Open a page and let it be welcomed."""
        page = Page(self, tab, resume, answers)
        self.pages.append(page)
        await self.settle()
        return page

    async def settle(self) -> None:
        """Let everything that is ready happen, on the line too."""
        for _ in range(4):
            await self.clock.settle()
            for page in self.pages:
                page.server.deliver()
                page.line.deliver()
        await self.clock.settle()

    async def run(self, seconds: float) -> None:
        """Let time pass in small steps."""
        for _ in range(int(seconds / 0.5)):
            await self.clock.run(0.5)
            await self.settle()

    def notes(self, kind: str) -> list[dict[str, Any]]:
        """What was recorded of *kind*."""
        return [facts for name, facts in self.recorder.entries if name == kind]

    def totals(self) -> dict[str, int]:
        """The account of the session: accepted is at the gate, the rest is what the log says."""
        mine, ledger = self.outbox.counts(), self.store.log.outcomes(S)
        failed = sum(ledger.counts.values())
        below = sum(min(r.last, ledger.floor) - r.first + 1 for r in ledger.failed if r.first <= ledger.floor)
        return {
            "accepted": mine.accepted,
            "acked": ledger.floor - below,
            "buffered": mine.pending + ledger.count,
            "failed": failed,
        }


@pytest.fixture
async def make() -> Any:
    """A maker of sessions, each with its own options; their loops' timers go with the test."""
    rigs: list[Rig] = []

    def maker(**options: Any) -> Rig:
        rig = Rig(**options)
        rigs.append(rig)
        return rig

    yield maker
    for rig in rigs:
        rig.restarts = False
        rig.cell.stop_timer()
        rig.estate.close("test over")
        rig.keeper.stop(block=False)


@pytest.fixture
async def rig(make: Callable[..., Rig]) -> Rig:
    """A session with the defaults."""
    return make()
