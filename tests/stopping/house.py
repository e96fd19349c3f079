"""A supervisor with one child that misbehaves, between two that do not; and what can be asked of all that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Self

from stentor.actors import Directory, ManualClock
from stentor.supervisor import Backoff, Budget, ChildSpec, Entry, Record, RestartPolicy, Supervisor

from .children import LEAVES, PATIENCE, Boom, Good, Scene, Watcher
from .table import Cell

__all__ = ["DEADLINE", "PAUSE", "Heard", "House"]

DEADLINE = 5.0
"""Seconds of the manual clock after which the child is given up."""
PAUSE = 1.0
"""Seconds before a restart."""
_LONG = 1000.0


class Heard(Record):
    """A record for whose next entry one can wait."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock=clock)
        self._loop = asyncio.get_running_loop()
        self._more = asyncio.Event()

    def add(self, entry: Entry) -> None:
        """Keep it; any thread."""
        super().add(entry)
        self._loop.call_soon_threadsafe(self._more.set)

    async def until(self, there: Callable[[], bool]) -> None:
        """Wait until *there* holds; it is looked at after each entry."""
        async with asyncio.timeout(PATIENCE):
            while not there():
                self._more.clear()
                await self._more.wait()


class House:
    """``a``, the child ``v`` of a line of the table, ``z``; a grandchild is below ``v``, between ``x`` and ``y``."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.scene = Scene(cell.place, cell.deed)
        self.clock = ManualClock()
        self.record = Heard(self.clock)
        self.directory = Directory()
        self.ends: list[Any] = []
        self.nested = cell.depth != "bare"
        self.path = "/v/leaf" if self.nested else "/v"
        self._pace = Backoff(initial=PAUSE, factor=1.0, maximum=PAUSE, jitter=0.0)

    async def start(self) -> Self:
        """Start everything."""
        strategy = "one_for_all" if self.cell.occasion == "group" else "one_for_one"
        policy = RestartPolicy(strategy=strategy, backoff=self._pace, budget=Budget(4, 60.0))
        self.top = await Supervisor.start_async(
            policy,
            [self._good("a"), self._victim(), self._good("z")],
            clock=self.clock,
            directory=self.directory,
            recorder=self.record,
            path="",
        )
        self.watcher = Watcher.start(self.ends)
        self.first = self.leaf
        for ref in {self.first, self.directory.get("/v").ref}:  # type: ignore[union-attr]
            self.watcher.tell(ref)
        await self.clock.settle()
        return self

    @property
    def leaf(self) -> Any:
        """The address of the child that misbehaves."""
        found = self.directory.get(self.path)
        assert found is not None
        return found.ref

    def _good(self, name: str) -> ChildSpec:
        return ChildSpec(name, Good, (self.scene, name))

    def _victim(self) -> ChildSpec:
        actor = LEAVES[self.cell.kind]
        if not self.nested:
            return ChildSpec("v", actor, (self.scene,), shutdown=DEADLINE, start_timeout=DEADLINE)
        cut = self.cell.depth == "cut"
        leaf = ChildSpec(
            "leaf",
            actor,
            (self.scene,),
            shutdown="infinity" if cut else DEADLINE,
            start_timeout=_LONG if cut else DEADLINE,
        )
        kwargs = {
            "policy": RestartPolicy(backoff=self._pace, budget=Budget(4, 60.0)),
            "children": [self._good("x"), leaf, self._good("y")],
        }
        return ChildSpec(
            "v",
            Supervisor,
            kwargs=kwargs,
            kind="supervisor",
            shutdown=DEADLINE if cut else "infinity",
            start_timeout=DEADLINE if cut else _LONG,
        )

    # What happens

    async def arrived(self) -> None:
        """Wait until the child misbehaves."""
        assert await asyncio.to_thread(self.scene.arrived.wait, PATIENCE)

    async def alive(self) -> None:
        """Wait until an incarnation of it has started since it was last armed."""
        assert await asyncio.to_thread(self.scene.alive.wait, PATIENCE)
        await self.record.until(lambda: self.directory.get(self.path) is not None)
        await self.clock.settle()

    def arm(self) -> None:
        """From now on it misbehaves."""
        self.scene.armed = True
        self.scene.alive.clear()

    async def crash(self) -> None:
        """Let the child fail, and its next incarnation begin."""
        try:
            await asyncio.wait_for(self.first.ask(Boom(), block=False), PATIENCE)
        except Boom:
            await self.clock.settle()
        await self.clock.run(PAUSE)

    def stop(self) -> Any:
        """Begin the stop; return the answer that is awaited, None for a group restart."""
        match self.cell.occasion:
            case "terminate":
                return self.top.proxy().terminate_child("v")
            case "own":
                return self.top.stop(block=False)
            case _:
                self.directory.get("/a").ref.tell(Boom())  # type: ignore[union-attr]
                return None

    async def close(self) -> None:
        """Leave nothing behind."""
        self.scene.release()
        self.scene.gate.set()
        if self.top.is_alive():
            await asyncio.wait_for(self.top.stop(block=False), PATIENCE)
        self.watcher.stop(block=False)
        await self.clock.settle()

    # What is on record

    def entries(self, kind: str) -> list[Entry]:
        """The entries of *kind* that supervisors wrote about the child, or about the supervisor that holds it."""
        return [
            entry
            for entry in self.record.entries()
            if entry.kind == kind and entry.supervisor is not None and entry.path in (self.path, "/v")
        ]

    def charged(self) -> int:
        """How many restarts were charged, to any supervisor."""
        return sum(
            entry.charged and entry.restarts_in_window is not None
            for entry in self.record.entries()
            if entry.kind in ("failure", "restart", "give_up")
        )
