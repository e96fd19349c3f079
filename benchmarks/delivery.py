"""Events a second from emit to the client's handler, beside a bare loop of ``await connection.send()``.

Both sides run in the same process one after the other, in alternating rounds, each with its own clients in another
process on the loopback. stentor's side is the whole path: supervised sessions, admission gate, receipts, log,
ledger, batches, client acks. Exit status 0 only if the ratio of the medians, by the clock, reaches the goal. The CPU
time that the server spent is told beside it: it leaves out what the clients' own process costs.

    python benchmarks/delivery.py [--clients 500] [--burst 8] [--events 40] [--rounds 5]
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import time
from pathlib import Path
from typing import Any

from _peer import Figure, compare
from stentor.actors import Receipt
from stentor.protocol import Text, encode_event
from stentor.supervisor import Runtime
from websockets.asyncio.server import ServerConnection, serve

GOAL = 1.0


class Clients:
    """The process with the clients of one side."""

    def __init__(self, kind: str, port: int, clients: int, total: int) -> None:
        script = str(Path(__file__).with_name("_delivery_client.py"))
        self.command = [sys.executable, script, str(port), str(clients), kind, str(total)]

    async def start(self) -> None:
        """Start it, and wait until all are connected."""
        self.process = await asyncio.create_subprocess_exec(
            *self.command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        await self.line("ready")

    async def line(self, expected: str) -> None:
        """Wait for one report."""
        assert self.process.stdout is not None
        got = (await self.process.stdout.readline()).decode().strip()
        if got != expected:
            raise RuntimeError(f"the clients said {got!r}, not {expected!r}")

    async def stop(self) -> None:
        """Let it end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        await self.process.wait()


class Bare:
    """The peer: a dictionary of connections, and a loop of sends."""

    kind = "bare"

    def __init__(self) -> None:
        self.connections: list[ServerConnection] = []

    async def serve(self) -> int:
        """Serve; return the port."""
        self.server = await serve(self._handler, "127.0.0.1", 0, compression=None, subprotocols=["stentor.v1.json"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
        return int(next(iter(self.server.sockets)).getsockname()[1])

    async def _handler(self, connection: ServerConnection) -> None:
        self.connections.append(connection)
        await connection.wait_closed()

    async def burst(self, deltas: list[str]) -> None:
        """Send every delta to everybody, a burst each."""
        for connection in self.connections:
            for delta in deltas:
                # A server of one's own would number its events too; it is given that for nothing.
                body = encode_event(Text("r1", delta), int(time.time() * 1000))
                await connection.send(body, text=True)

    async def settle(self) -> None:
        """Nothing to wait for: there are no acks."""

    def check(self) -> None:
        """Nothing to check: whether anything arrived, only the clients know."""

    async def stop(self) -> None:
        """Close."""
        self.server.close()
        await self.server.wait_closed()


class Stentor:
    """The whole path: a runtime with its tree, gate, receipts, log, ledger, batches, client acks."""

    kind = "stentor"

    def __init__(self, clients: int) -> None:
        self.clients = clients
        self.receipts: list[Receipt] = []

    async def serve(self) -> int:
        """Serve; return the port."""
        self.runtime = await Runtime().__aenter__()
        self.sessions = [await self.runtime.session(user_id=f"user{n}", thread_id="t") for n in range(self.clients)]
        return (await self.runtime.serve("127.0.0.1", 0)).port

    async def burst(self, deltas: list[str]) -> None:
        """Emit every delta to every session, a burst each; keep the receipts.

        The next burst comes when this one was written: nothing is gained by bursts that pile up and are sent as one.
        """
        receipts = self.receipts
        self.size = len(self.sessions) * len(deltas)
        for session in self.sessions:
            for delta in deltas:
                receipts.append(session.emit(Text("r1", delta)))
        await receipts[-1].sent()

    async def settle(self) -> None:
        """Wait until the last event of each session is acked."""
        for receipt in self.receipts[-self.size :]:
            await receipt.acked(timeout=30)

    def check(self) -> None:
        """Every single receipt must say that its event was acked."""
        states = {receipt.state for receipt in self.receipts}
        if states != {"acked"}:
            raise RuntimeError(f"receipts are {states}")
        self.receipts.clear()

    async def stop(self) -> None:
        """Every event that was ever emitted must be accounted for; then close."""
        self.runtime.audit()
        await self.runtime.__aexit__(None, None, None)


async def round_of(side: Any, clients: Clients, events: int, burst: int, count: int) -> tuple[float, float]:
    """Return events a second of one round: by the clock, and by the CPU time that the server spent.

    The clock tells what the slower of the two processes can do; the CPU time is the server's alone.
    """
    deltas = [f"token {n} of the answer " for n in range(burst)]
    gc.collect()
    began, cpu = time.perf_counter(), time.process_time()
    for _ in range(events // burst):
        await side.burst(deltas)
    await clients.line("round")
    seconds = time.perf_counter() - began
    await side.settle()
    spent = time.process_time() - cpu
    side.check()
    return events * count / seconds, events * count / spent


async def main(count: int, burst: int, events: int, rounds: int) -> bool:
    """Measure both sides in turn; return whether the goal is reached."""
    sides: list[Any] = [Bare(), Stentor(count)]
    clients: list[Clients] = []
    for side in sides:
        mine = Clients(side.kind, await side.serve(), count, events * count)
        await mine.start()
        clients.append(mine)
    rates: dict[str, list[tuple[float, float]]] = {side.kind: [] for side in sides}
    for turn in range(rounds + 1):
        for side, mine in zip(sides, clients, strict=True):
            rate = await round_of(side, mine, events, burst, count)
            if turn:
                rates[side.kind].append(rate)
    for side, mine in zip(sides, clients, strict=True):
        await mine.stop()
        await side.stop()
    figures: list[Figure] = []
    for at, (what, goal) in enumerate((("by the clock", GOAL), ("by the server's CPU time", None))):
        ours, bare = ([rate[at] for rate in rates[kind]] for kind in ("stentor", "bare"))
        figures.append(compare(f"delivery, {count} clients, bursts of {burst}, {what}", ours, bare, goal))
        print(figures[-1])
    return all(figure.holds for figure in figures)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=500)
    parser.add_argument("--burst", type=int, default=8)
    parser.add_argument("--events", type=int, default=80, help="events for each client and round")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    sys.exit(not asyncio.run(main(given.clients, given.burst, given.events, given.rounds)))
