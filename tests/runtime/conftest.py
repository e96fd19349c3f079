"""A runtime that serves, and clients of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import pytest
import stentor
from attrs import define, field
from stentor.protocol.clients import ProbeClient, dial_websocket
from stentor.testing import Faults


@define
class Host:
    """A runtime with its server; whatever fails in it restarts after a hundredth of a second."""

    runtime: stentor.Runtime
    faults: Faults
    url: str
    probes: list[ProbeClient] = field(factory=list)

    async def session(self, thread: str = "t1") -> stentor.Session:
        """Return a session of ada."""
        return await self.runtime.session(user_id="ada", thread_id=thread)

    async def probe(self, session: str = "ada/t1", **options: Any) -> ProbeClient:
        """Return a client that is attached."""
        probe = ProbeClient(dial_websocket(self.url), session=session, **options)
        self.probes.append(probe)
        probe.start()
        await probe.until(lambda it: it.position is not None)
        return probe

    def life(self, path: str = "/sessions/ada/t1") -> tuple[str, int]:
        """Return state and incarnation of the actor at *path*."""
        info = self.runtime.tree()[path]
        return info.state, info.incarnation

    def codes(self) -> list[str]:
        """Return the codes of all failures on record, in their order."""
        return [failure["code"] for failure in self.runtime.failures()]

    def notes(self, kind: str) -> list[dict[str, Any]]:
        """Return the facts of all notes of *kind*."""
        entries = self.runtime.record.entries()
        return [dict(it.facts) for it in entries if it.facts is not None and it.facts.get("note") == kind]

    def letters(self) -> list[tuple[str, str]]:
        """Return path and message type of all dead letters."""
        entries = self.runtime.record.entries()
        return [(it.path, str((it.facts or {}).get("message_type"))) for it in entries if it.kind == "dead_letter"]


async def until(condition: Callable[[], object]) -> None:
    """Let the loop go on until *condition* holds; the test's own time limit bounds it."""
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0)


Start = Callable[..., Awaitable[Host]]

FAST = stentor.RestartPolicy(
    budget=stentor.Budget(50, 10.0),
    child_budget=stentor.Budget(5, 60.0),
    backoff=stentor.Backoff(initial=0.01, maximum=0.05),
    decide={stentor.protocol.errors.WebSocketConnectionLostError: stentor.Restart(charged=False)},
)


@pytest.fixture
async def start() -> AsyncGenerator[Start]:
    hosts: list[Host] = []

    async def begin(**options: Any) -> Host:
        faults = Faults()
        runtime = stentor.Runtime(**{"faults": faults, "sessions": FAST, "drain": 2.0, **options})
        await runtime.__aenter__()
        server = await runtime.serve("127.0.0.1", 0)
        hosts.append(Host(runtime, faults, server.url))
        return hosts[-1]

    yield begin
    for host in hosts:
        for probe in host.probes:
            await probe.stop()
        await host.runtime.drain(0)
