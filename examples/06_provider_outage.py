"""The store is down for all of 500 sessions: one incident, one probe, and then everybody goes on. Nothing is lost."""

from __future__ import annotations

import asyncio
import logging

import stentor

POLICY = stentor.RestartPolicy(
    budget=stentor.Budget(50, 10.0),
    child_budget=stentor.Budget(5, 60.0),
    backoff=stentor.Backoff(initial=0.1, maximum=0.2),
    hold=stentor.Hold(children=20, seconds=0.5),
)


class Outage:
    """Makes every append fail while it lasts."""

    lasts = False

    def hit(self, point: str, where: str) -> None:
        """Stand in for the store of *where*."""
        if self.lasts and point == "append":
            raise stentor.StoreUnavailable("the database does not answer")


async def main() -> None:
    """Let 500 users' sessions fail of one cause, and count what it did."""
    logging.getLogger("stentor").disabled = True
    outage = Outage()
    async with stentor.Runtime(faults=outage, sessions=POLICY, record_size=10_000) as runtime:
        sessions = [await runtime.session(user_id=f"user{n}", thread_id="t1") for n in range(500)]
        outage.lasts = True
        receipts = [session.emit(stentor.Text("r1", "hello")) for session in sessions]
        await asyncio.sleep(1.0)
        outage.lasts = False
        for receipt in receipts:
            await receipt.buffered()

        kinds = runtime.record.counts().kinds
        incidents, released, parked = kinds.get("hold", 0), kinds.get("release", 0), kinds.get("park", 0)
        print(f"{incidents} incident, released {released} time, {parked} sessions parked")
        print(runtime.audit())


if __name__ == "__main__":
    asyncio.run(main())
