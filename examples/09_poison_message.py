"""One event crashes its session each time: the second time it is set aside, and the others go through."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import stentor


def allergic(store: stentor.MemoryStore) -> stentor.MemoryStore:
    """Give the store a bug that one kind of text meets."""
    append = store.log.append

    def buggy(batches: Any) -> Any:
        if any(b"poison" in body for batch in batches for body in batch.bodies):
            raise RuntimeError("a bug that this event meets")
        return append(batches)

    store.log.append = buggy  # type: ignore[method-assign]
    return store


async def main() -> None:
    """Emit three events, the one in the middle being the poison."""
    logging.getLogger("stentor").disabled = True
    async with stentor.Runtime(store=allergic(stentor.MemoryStore())) as runtime:
        session = await runtime.session(user_id="ada", thread_id="t1")
        receipts = [session.emit(stentor.Text("r1", word)) for word in ("before", "poison", "after")]
        for receipt in receipts:
            try:
                await receipt.buffered()
                print("seq", receipt.seq, "is buffered")
            except stentor.EventQuarantined as set_aside:
                print(f"{set_aside.code}: {set_aside}")
        print(runtime.failures())
        print(runtime.audit())


if __name__ == "__main__":
    asyncio.run(main())
