"""What is left of a session that ends: it fails on record, also where no actor is there to see to it."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

from stentor.protocol import Append, FailedRange
from stentor.protocol.errors import StentorError

from ..guarded._recorder import Recorder
from ..ports import LogFloor, Outcomes
from ._backlog import Backlog, Pending
from ._cell import SessionCell

__all__ = ["fail_leftovers", "fail_unconfirmed"]

_CODE = "unconfirmed"
_PATIENCE = 0.5
"""Seconds that the store has to take what is left."""


def fail_unconfirmed(outbox: Backlog, recorder: Recorder, path: str) -> None:
    """End *outbox*: what the log does not have fails, and stands in the record as one note."""
    lost = outbox.end()
    if lost:
        facts = {"session": outbox.session, "user_id": outbox.user_id, "thread_id": outbox.thread_id}
        recorder.note("event_failed", path=path, **facts, count=lost, code=_CODE)


async def fail_leftovers(cell: SessionCell, recorder: Recorder, path: str, *, keep: bool = False) -> int:
    """End the session of *cell* without its actor; return how many events were left without an ack.

    The actor is parked, gone or stuck. What was accepted gets its seq where the store still works, and then
    fails as ``unconfirmed``; where the store does not work it fails without one. With *keep* what is in the log stays
    there, for another process to deliver. The store has half a second for all that. From here on a late incarnation is
    fenced by the store, and a new one declines.
    """
    cell.over = True
    cell.up = None
    cell.stop_timer()
    cell.outbox.close()
    task = asyncio.ensure_future(_settle(cell, recorder, path, keep))
    timer = cell.outbox.clock.call_later(_PATIENCE, lambda: _give_up(task))
    try:
        await asyncio.wait({task})
    finally:
        timer.cancel()
        task.cancel()
    error = TimeoutError("the store did not answer") if task.cancelled() else task.exception()
    left = task.result() if error is None else 0 if keep else cell.outbox.log_count
    if error is not None:
        # Here is nobody who could crash for it, and the session has to end. What is still in the log stays un-acked
        # there; a session of the same name begins with it.
        recorder.note("leftovers_kept", path=path, session=cell.session, error=repr(error)[:300])
    fail_unconfirmed(cell.outbox, recorder, path)
    return left + cell.outbox.unconfirmed


def _give_up(task: asyncio.Future[int]) -> None:
    task.cancel()


async def _settle(cell: SessionCell, recorder: Recorder, path: str, keep: bool) -> int:
    await _append_rest(cell)
    failed = 0 if keep else await _fail_all(cell, recorder, path)
    token = cell.machine.token
    if token is not None:
        await _answered(cell.ownership.release(token))
    return failed


async def _append_rest(cell: SessionCell) -> None:
    """Append what waits: a batch that is there already is known by its writer and number."""
    outbox, limits = cell.outbox, cell.limits
    while (pending := outbox.peek(limits.window_events, limits.window_bytes)) is not None:
        await _append(cell, pending)


async def _append(cell: SessionCell, pending: Pending) -> None:
    if cell.faults is not None:
        cell.faults.hit("append", cell.session)
    append = Append(cell.session, None, pending.writer, pending.n0, pending.bodies)
    answer: Any = (await _answered(cell.log.append([append])))[0]
    if isinstance(answer, StentorError):
        raise answer
    cell.outbox.confirm(pending, answer.first, answer.epoch, answer.count, answer.bytes)


async def _fail_all(cell: SessionCell, recorder: Recorder, path: str) -> int:
    outbox = cell.outbox
    before: Outcomes = await _answered(cell.log.outcomes(cell.session))
    if not before.count:
        outbox.settle(before.epoch, before.floor, before.failed)
        return 0
    # By force: the token of whoever speaks for it is void from here on.
    token, _ = await _answered(cell.ownership.claim(cell.session, cell.node, True))
    ranges = (FailedRange(before.floor + 1, before.head, _CODE),)
    floor: LogFloor = await _answered(cell.log.fail(cell.session, token, ranges))
    for it in outbox.settle(floor.epoch or before.epoch, floor.floor, floor.failed):
        facts = {"session": outbox.session, "user_id": outbox.user_id, "thread_id": outbox.thread_id}
        recorder.note("event_failed", path=path, **facts, first=it.first, last=it.last, code=it.code)
    await _answered(cell.ownership.release(token))
    return before.count - floor.count


async def _answered(answer: Any) -> Any:
    return await answer if inspect.isawaitable(answer) else answer
