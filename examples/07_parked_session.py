"""A session that fails too often is parked; it is tried again by hand, and by itself after a while."""

from __future__ import annotations

import asyncio
import logging

import stentor

POLICY = stentor.RestartPolicy(
    child_budget=stentor.Budget(max_restarts=1, max_seconds=60.0),
    backoff=stentor.Backoff(initial=0.0, jitter=0.0),
    unpark_after=0.2,
)


async def main() -> None:
    """Let one user's session fail twice, and another's work on."""
    logging.getLogger("stentor").disabled = True
    async with stentor.Runtime(sessions=POLICY) as runtime:
        broken = await runtime.session(user_id="ada", thread_id="t1")
        healthy = await runtime.session(user_id="bob", thread_id="t1")
        sessions = runtime.supervisor("/sessions")

        async def park() -> None:
            while (await sessions.which_child(broken.id)).state != "parked":
                runtime.kill("/sessions/ada/t1", "it would not do")
                await asyncio.sleep(0.01)
            print("ada's session is parked")

        await park()
        print("bob's event:", await healthy.emit(stentor.Text("r1", "hello")).buffered())

        await sessions.unpark_child(broken.id)
        print("by hand:", (await sessions.which_child(broken.id)).state)

        await park()
        await asyncio.sleep(2.0)
        print("by time:", (await sessions.which_child(broken.id)).state)


if __name__ == "__main__":
    asyncio.run(main())
