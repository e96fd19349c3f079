"""Two Ctrl-C, SIGTERM, a full mailbox: the host drains within its bound and exits with the documented code."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import pytest
from attrs import define, field
from stentor.protocol.clients import ProbeClient, dial_websocket

HOST = Path(__file__).with_name("host.py")

Start = Callable[[float], Awaitable["Host"]]


@define
class Host:
    """A host in a process of its own; every actor of its ``/children`` has a full mailbox."""

    process: asyncio.subprocess.Process
    port: int
    probes: list[ProbeClient] = field(factory=list)

    async def client(self) -> ProbeClient:
        """Return a client that is attached."""
        probe = ProbeClient(dial_websocket(f"ws://127.0.0.1:{self.port}"), session="ada/t1")
        self.probes.append(probe)
        probe.start()
        await probe.until(lambda it: it.position is not None)
        return probe

    async def says(self, line: str) -> None:
        """Wait until the process has printed *line*."""
        assert self.process.stdout is not None
        async with asyncio.timeout(30):
            while (printed := (await self.process.stdout.readline()).decode()) != f"{line}\n":
                assert printed, f"the host ended before it printed {line!r}"

    async def drains(self) -> None:
        """Wait until the drain has begun: nobody is let in any more."""
        async with asyncio.timeout(30):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except ConnectionError:
                    return
                writer.close()

    async def ends(self, number: signal.Signals) -> tuple[int, float, str]:
        """Send a signal; return exit code, seconds until the end, and what it printed."""
        began = time.monotonic()
        self.process.send_signal(number)
        out, err = await asyncio.wait_for(self.process.communicate(), 30)
        assert self.process.returncode is not None
        return self.process.returncode, time.monotonic() - began, (out + err).decode()


@pytest.fixture
async def start() -> AsyncGenerator[Start]:
    hosts: list[Host] = []

    async def begin(drain: float) -> Host:
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(HOST), str(drain), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        hosts.append(Host(process, int(await process.stdout.readline())))
        return hosts[-1]

    yield begin
    for host in hosts:
        for probe in host.probes:
            await probe.stop()
        if host.process.returncode is None:
            host.process.kill()
            await host.process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_first_signal_drains_and_exits_with_zero(start: Start, number: signal.Signals) -> None:
    """Everything was acknowledged, the client is told to come back, and the full mailbox holds up nothing."""
    host = await start(8.0)
    probe = await host.client()
    probe.say("prompt", "hello")
    await probe.until(lambda it: it.handled)

    code, seconds, _ = await host.ends(number)

    assert (0, True) == (code, seconds < 8.0)
    await probe.until(lambda it: any(frame["t"] == "bye" for frame in it.frames_in))
    assert [4100] == [frame["code"] for frame in probe.frames_in if frame["t"] == "bye"]


async def test_a_client_that_acknowledges_nothing_makes_the_drain_end_at_its_bound_with_three(start: Start) -> None:
    """What was left is on record as a flush timeout."""
    host = await start(2.0)
    probe = await host.client()
    probe.hold()
    probe.say("prompt", "hello")
    await probe.until(lambda it: it.given)

    code, seconds, printed = await host.ends(signal.SIGTERM)

    assert (3, True) == (code, seconds < 2.0 + 4.0)
    assert "flush_timeout" in printed


async def test_a_run_that_never_ends_is_cancelled_within_the_bound(start: Start) -> None:
    """Its user reads why."""
    host = await start(2.0)
    probe = await host.client()
    probe.say("prompt", "forever")
    await probe.until(lambda it: len(it.handled) == 2)

    code, seconds, _ = await host.ends(signal.SIGTERM)

    assert (0, True) == (code, seconds < 2.0 + 2.0)
    await probe.until(lambda it: len(it.handled) == 3)
    assert "agent_cancelled" == probe.handled[-1].event.type


@pytest.mark.parametrize(("number", "expected"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
async def test_a_second_signal_ends_the_process_at_once(start: Start, number: signal.Signals, expected: int) -> None:
    """Also while the drain waits."""
    host = await start(60.0)
    probe = await host.client()
    probe.say("prompt", "forever")
    await probe.until(lambda it: len(it.handled) == 2)

    host.process.send_signal(number)
    await host.drains()
    code, seconds, printed = await host.ends(number)

    assert (expected, True) == (code, seconds < 5.0)
    assert f"second {number.name}" in printed


async def test_a_second_ctrl_c_ends_a_process_whose_loop_is_blocked(start: Start) -> None:
    """No loop is needed for it."""
    host = await start(60.0)
    probe = await host.client()
    probe.say("prompt", "block")
    await host.says("blocked")

    host.process.send_signal(signal.SIGINT)
    await host.says("signalled")
    code, seconds, _ = await host.ends(signal.SIGINT)

    assert (130, True) == (code, seconds < 5.0)


async def test_a_tool_that_is_stuck_in_a_thread_holds_up_nothing(start: Start) -> None:
    """Its thread ends with the process."""
    host = await start(2.0)
    probe = await host.client()
    probe.say("prompt", "thread")
    await probe.until(lambda it: it.handled)

    code, seconds, _ = await host.ends(signal.SIGTERM)

    assert (0, True) == (code, seconds < 2.0 + 2.0)
