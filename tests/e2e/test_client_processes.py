"""A client process that is killed, or stopped for a while, in the middle of 1,000 events."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest
from stentor.actors import Receipt
from stentor.protocol import AgentCompleted, Limits, Text
from stentor.protocol.clients import Client
from stentor.supervisor import Runtime, Session

PROGRAM = Path(__file__).with_name("saving_client.py")
EVENTS = 1000
WORDS = [*(f"w{number}" for number in range(1, EVENTS)), "agent_completed"]


class Process:
    """The client program as a process of its own."""

    def __init__(self, *args: object) -> None:
        self._args = [sys.executable, str(PROGRAM), *map(str, args)]
        self.process: asyncio.subprocess.Process

    async def start(self) -> Process:
        self.process = await asyncio.create_subprocess_exec(*self._args, stdout=asyncio.subprocess.PIPE)
        return self

    async def reach(self, seq: int) -> None:
        """Wait until the program has saved event *seq*."""
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            if int(line) >= seq:
                return
        raise AssertionError(f"the client ended with {await self.process.wait()} before event {seq}")

    async def end(self) -> int:
        """Wait for the program's end and return how it ended."""
        await self.process.communicate()
        return await self.process.wait()

    async def kill(self) -> None:
        """End it without any chance to clean up."""
        self.process.kill()
        assert -signal.SIGKILL == await self.end()


class Scene:
    """A session that emits, a client process, and the client's own log."""

    def __init__(self, runtime: Runtime, session: Session, url: str, database: Path) -> None:
        self.runtime = runtime
        self.session = session
        self.url = url
        self.database = database
        self.receipts: list[Receipt] = []
        self.processes: list[Process] = []

    async def client(self, *more: int) -> Process:
        """Start the client program, again."""
        process = await Process(self.url, self.database, *more).start()
        self.processes.append(process)
        return process

    def emit(self, upto: int) -> None:
        """Emit the events up to number *upto*."""
        while len(self.receipts) < upto:
            number = len(self.receipts) + 1
            event = AgentCompleted("r1") if number == EVENTS else Text("r1", f"w{number}")
            self.receipts.append(self.session.emit(event))

    def log(self) -> list[tuple[int, str]]:
        """What the client saved, in the order in which it did."""
        with closing(sqlite3.connect(self.database)) as db:
            return db.execute("SELECT seq, words FROM events ORDER BY place").fetchall()

    def acked_is_handled(self) -> bool:
        """Whether nothing counts as acked that the client has not saved. The count is taken first."""
        acked = self.runtime.audit().acked
        return acked <= len(self.log())

    async def acked(self, number: int) -> None:
        """Wait until event *number*, and so each before it, is acknowledged."""
        await self.receipts[number - 1].acked(30)

    def check_all(self) -> None:
        """Everything arrived once, in order, and the audit equals the client's own log."""
        audit = self.runtime.audit()

        assert list(enumerate(WORDS, 1)) == self.log()
        assert (EVENTS, len(self.log()), 0, {}) == (audit.accepted, audit.acked, audit.buffered, dict(audit.failed))
        assert {"acked"} == {receipt.state for receipt in self.receipts}


async def until(condition: Callable[[], object]) -> None:
    """Look again and again for what another process brings about: the clock of a real host can not be advanced."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - nothing here is told of it
            await asyncio.sleep(0.01)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    """A host whose verdict on a silent client is quick."""
    limits = Limits(ping_flight=0.2, ping_flight_answer=0.2, ping_idle=0.4, ping_idle_answer=0.2)
    async with Runtime(limits=limits) as runtime:
        server = await runtime.serve("127.0.0.1", 0)
        session = await runtime.session(user_id="ada", thread_id="t1")
        scene = Scene(runtime, session, server.url, tmp_path / "client.db")
        yield scene
        for process in scene.processes:
            if process.process.returncode is None:
                process.process.kill()
                await process.end()


async def test_a_client_that_is_killed_twice_has_every_event_once_and_in_order(scene: Scene) -> None:
    """SIGKILL in the middle: the next life goes on from what was saved, and nothing was acked before it was."""
    scene.emit(400)
    first = await scene.client()
    await first.reach(200)
    await first.kill()
    assert scene.acked_is_handled()
    assert 200 <= len(scene.log()) <= 400

    scene.emit(800)
    second = await scene.client()
    await second.reach(500)
    await second.kill()
    assert scene.acked_is_handled()
    assert 500 <= len(scene.log()) <= 800

    scene.emit(EVENTS)
    assert 0 == await (await scene.client()).end()
    await scene.acked(EVENTS)
    scene.check_all()


async def test_a_client_that_is_killed_while_it_handles_an_event_gets_that_event_again(scene: Scene) -> None:
    """What a handler had in hand was not acked, by no ack and by no answer to a ping."""
    scene.emit(41)
    client = await scene.client(41)
    await client.reach(40)
    await scene.acked(40)
    assert (40, 1) == (scene.runtime.audit().acked, scene.runtime.audit().buffered)
    await client.kill()

    scene.emit(EVENTS)
    assert 0 == await (await scene.client()).end()
    await scene.acked(EVENTS)
    scene.check_all()


async def test_a_client_that_is_stopped_and_continued_has_every_event_once_and_in_order(scene: Scene) -> None:
    """SIGSTOP for longer than the host waits: the connection is given up, and taken up again."""
    scene.emit(500)
    client = await scene.client()
    await client.reach(100)
    os.kill(client.process.pid, signal.SIGSTOP)
    scene.emit(EVENTS)
    await until(lambda: "heartbeat_timeout" in str(list(scene.runtime.failures())))
    assert scene.acked_is_handled()
    assert scene.runtime.audit().acked < EVENTS

    os.kill(client.process.pid, signal.SIGCONT)
    assert 0 == await client.end()
    await scene.acked(EVENTS)
    scene.check_all()


async def test_at_no_time_is_an_event_acked_that_the_client_has_not_saved(scene: Scene) -> None:
    """Looked at all the while, the audit never runs ahead of the client's log."""
    client = await scene.client()
    looks = 0
    for upto in range(50, EVENTS + 1, 50):
        scene.emit(upto)
        await client.reach(upto)
        assert scene.acked_is_handled()
        looks += 1

    assert 0 == await client.end()
    await until(lambda: scene.runtime.audit().buffered == 0)
    assert EVENTS // 50 == looks
    scene.check_all()


async def test_a_client_that_refuses_an_event_is_in_the_audit(scene: Scene) -> None:
    """The audit tells what was refused from what was handled, as the client's own log does."""
    scene.emit(10)
    handled: list[int] = []

    def handler(delivery: object) -> None:
        if delivery.seq == 4:
            raise TypeError("no such words")
        handled.append(delivery.seq)
        if delivery.seq == 10:
            done.set()

    done = asyncio.Event()
    async with Client(scene.url, session="ada/t1", on_event=handler, on_error=lambda *_: None) as client:
        running = asyncio.ensure_future(client.run())
        await done.wait()
        await scene.acked(10)
        await client.close()
        await running

    audit = scene.runtime.audit()
    assert [1, 2, 3, 5, 6, 7, 8, 9, 10] == handled
    assert (10, 9, {"handler_rejected": 1}) == (audit.accepted, audit.acked, dict(audit.failed))
