"""A host process for the tests of shutdown: it serves one session and does what its argument names."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time

import stentor
from stentor.actors import Actor


class Sleeper(Actor):
    """Takes a second for a message, and so has a full mailbox."""

    async def on_receive(self, message: object) -> None:
        """Sleep: to be slow is what it is here for; nobody waits for it."""
        await asyncio.sleep(1)


async def agent(session: stentor.Session, message: stentor.Message) -> None:
    """Do what the message says."""
    match message.data:
        case "forever":
            async with session.run() as run:
                await run.text("begun")
                await asyncio.Event().wait()
        case "block":
            await session.emit(stentor.Text("r1", "begun")).acked()
            block()
        case "thread":
            session.emit(stentor.Text("r1", "begun"))
            await asyncio.to_thread(time.sleep, 60)
        case _:
            session.emit(stentor.Text("r1", "heard"))


def block() -> None:
    """Block the loop for good: that is what the test is about. Say so, and say when the first signal has come."""
    heard, said = os.pipe()
    os.set_blocking(said, False)
    signal.set_wakeup_fd(said)
    print("blocked", flush=True)
    os.read(heard, 1)
    print("signalled", flush=True)
    time.sleep(60)


async def main(drain: float) -> int:
    """Serve until a signal."""
    sleeper = stentor.ChildSpec("sleeper", Sleeper, capacity=100)
    async with stentor.Runtime(on_message=agent, drain=drain, children=[sleeper]) as runtime:
        server = await runtime.serve("127.0.0.1", 0)
        ref = runtime._core.record.ref("/children/sleeper")  # type: ignore[union-attr]
        for number in range(100):
            ref.tell(number)
        print(server.port, flush=True)
        code = await runtime.run_until_signal()
        print([failure["code"] for failure in runtime.failures()], flush=True)
        return code


if __name__ == "__main__":
    sys.exit(asyncio.run(main(float(sys.argv[1]))))
