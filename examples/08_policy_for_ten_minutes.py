"""A policy is raised for ten minutes while something is being deployed, and goes back by itself."""

from __future__ import annotations

import asyncio

import stentor
from stentor.testing import ManualClock


class Worker(stentor.Actor):
    """Anything."""


async def main() -> None:
    """Change the policy of a running supervisor; a manual clock makes ten minutes short."""
    clock = ManualClock()
    supervisor = await stentor.Supervisor.start_async(
        children=[stentor.ChildSpec(id="worker", actor=Worker)], clock=clock
    )
    calls = supervisor.proxy()

    raised = await calls.set_policy(budget=stentor.Budget(8, 60.0), reason="deploy of the provider", duration=600)
    print(f"revision {raised.revision}: {raised.policy.budget}, for {raised.duration:g} s")

    await clock.run(599)
    print("after 599 s:", (await calls.policy()).policy.budget)

    await clock.run(1)
    back = await calls.policy()
    print(f"revision {back.revision}: {back.policy.budget}, because {back.reason!r}")

    try:
        await calls.set_policy(budget=stentor.Budget(8, 5.0), reason="a slip")
    except stentor.BadPolicy as refused:
        print("refused:", refused.errors[0])
    await supervisor.stop(block=False)


if __name__ == "__main__":
    asyncio.run(main())
