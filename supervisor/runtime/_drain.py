"""The drain: going down in good order, within a bound."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from stentor.protocol import CloseCode
from stentor.protocol.errors import FlushTimeout

from ._core import Core
from ._serving import Server

__all__ = ["drain"]

_SPREAD_MS = (1000, 5000)
"""Clients come back between these times, so that the next process is not met by all of them at once."""
_FOR_RUNS = 0.5
"""Part of the bound that runs may take to end by themselves."""
_FOR_THE_TREE = 0.2
"""Part of the bound that is kept for the stop of the tree, 2 seconds at the most; but it has one second at least."""
_GRACE = 0.75
"""Seconds over its bound after which a session that has not ended is left; it is ended by force before that."""


async def drain(core: Core, servers: Sequence[Server], seconds: float) -> bool:
    """Let in nobody, end the runs, flush the sessions, stop the tree; say whether everything was acknowledged.

    Args:
        core: The runtime's parts.
        servers: Its servers.
        seconds: The bound.
    """
    end = core.loop.time() + seconds
    flushed = end - min(2.0, seconds * _FOR_THE_TREE)
    for server in servers:
        server.stop_accepting()
    core.lobby.close(_SPREAD_MS[0])
    await core.runs.wind_down(seconds * _FOR_RUNS)
    left = await _flush(core, max(0.0, flushed - core.loop.time()))
    await core.stop(max(1.0, end - core.loop.time()))
    await asyncio.gather(*(server.close(max(0.5, end - core.loop.time())) for server in servers))
    core.record.close()
    return not left


async def _flush(core: Core, seconds: float) -> int:
    sessions = list(core.cells.places)
    low, high = _SPREAD_MS
    jobs = [
        asyncio.ensure_future(_flush_one(core, session, seconds, low + (high - low) * number // max(1, len(sessions))))
        for number, session in enumerate(sessions)
    ]
    if not jobs:
        return 0
    _, late = await asyncio.wait(jobs, timeout=seconds + _GRACE)
    for job in late:
        job.cancel()
    return sum(job.result() for job in jobs if job.done() and not job.cancelled()) + len(late)


async def _flush_one(core: Core, session: str, seconds: float, after_ms: int) -> int:
    place = core.cells.find(session)
    if place is None:
        return 0
    # Nobody is let in any more: who is away now can not come for what is left.
    here = any(not wire.ended for wire in place.cell.emitter.wires.values())
    # Where others share the store, what is left there is theirs to deliver: it does not fail.
    keep = core.options.shared
    left = await core.office.drain(session, seconds if here else 0.0, CloseCode.DRAINING, after_ms, keep=keep)
    if left:
        error = FlushTimeout(
            f"{left} events were unacknowledged when the host went down",
            user_id=place.cell.outbox.user_id,
            thread_id=place.cell.outbox.thread_id,
            left=left,
        )
        core.record.caught(f"/sessions/{session}", session, error)
    return left
