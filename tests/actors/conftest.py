"""What the tests of the actors' core share: a record that can be read, and a parent that keeps what it is told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from stentor.actors import Actor, Estate, Failure, ManualClock, ThreadActor


class Ledger:
    """A recorder that keeps everything."""

    def __init__(self) -> None:
        self.failures: list[Failure] = []
        self.dead: list[tuple[str, Any, str, str | None]] = []
        self.refusals: list[tuple[str, Any, BaseException]] = []
        self.notes: list[tuple[str, dict[str, Any]]] = []

    def failure(self, failure: Failure) -> None:
        self.failures.append(failure)

    def dead_letter(self, path: str, message: Any, reason: str, failure_id: str | None) -> None:
        self.dead.append((path, message, reason, failure_id))

    def refused(self, path: str, message: Any, exception: BaseException) -> None:
        self.refusals.append((path, message, exception))

    def note(self, kind: str, **facts: Any) -> None:
        self.notes.append((kind, facts))

    def doors(self) -> list[str]:
        """At which doors an ended incarnation was refused."""
        return [facts["door"] for kind, facts in self.notes if kind == "fenced"]


class Parent:
    """Stands in for a supervisor's address."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self._unread: asyncio.Queue[Any] = asyncio.Queue()

    def control(self, message: Any) -> bool:
        self.heard.append(message)
        self._unread.put_nowait(message)
        return True

    async def next(self) -> Any:
        """Wait for the next message that was not yet asked for."""
        return await self._unread.get()


class House:
    """Makes estates that share a ledger, a parent and a clock."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.parent = Parent()
        self.clock = ManualClock()

    def estate(self, actor: type[Actor | ThreadActor], *args: Any, orphan: bool = False, **options: Any) -> Estate[Any]:
        options.setdefault("path", "/child")
        options.setdefault("child_id", "child")
        parent: Any = None if orphan else self.parent
        return Estate(actor, args, parent=parent, recorder=self.ledger, clock=self.clock, **options)

    async def settle(self) -> None:
        await self.clock.settle()


@pytest.fixture
def house() -> House:
    return House()
