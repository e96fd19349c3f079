"""A host process for the tests of shutdown: it serves one session and does what its argument names."""

from __future__ import annotations

import asyncio
import sys
import time

import stentor
from stentor.actors import Actor


class Sleeper(Actor):
    """Takes a second for a message, and so has a full mailbox."""

    async def on_receive(self, message: object) -> None:
        """Sleep."""
        await asyncio.sleep(1)


async def agent(session: stentor.Session, message: stentor.Message) -> None:
    """Do what the message says."""
    match message.data:
        case "forever":
            async with session.run() as run:
                await run.text("begun")
                await asyncio.Event().wait()
        case "block":
            session.emit(stentor.Text("r1", "begun"))
            await asyncio.sleep(0.2)
            time.sleep(60)  # noqa: ASYNC251
        case "thread":
            session.emit(stentor.Text("r1", "begun"))
            await asyncio.to_thread(time.sleep, 60)
        case _:
            session.emit(stentor.Text("r1", "heard"))


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
