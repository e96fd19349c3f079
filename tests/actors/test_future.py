"""A future that nobody answers keeps nothing of those who gave up waiting for it."""

from __future__ import annotations

import asyncio

import pykka
import pytest
from stentor.actors import LoopFuture


def _waiting(future: LoopFuture[str]) -> int:
    return len(future._waiters)  # pyright: ignore[reportPrivateUsage]


def test_a_thread_that_gave_up_waiting_is_forgotten() -> None:
    """Polling with a timeout costs no memory, however long the answer takes."""
    future: LoopFuture[str] = LoopFuture()
    for _ in range(10):
        with pytest.raises(pykka.Timeout):
            future.get(timeout=0.001)

    assert 0 == _waiting(future)


async def test_a_task_that_gave_up_waiting_is_forgotten() -> None:
    """Likewise for an await that is cancelled."""
    future: LoopFuture[str] = LoopFuture()

    async def wait() -> str:
        return await future

    for _ in range(10):
        task = asyncio.ensure_future(wait())
        await asyncio.sleep(0)
        assert 1 == _waiting(future)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert 0 == _waiting(future)


async def test_who_still_waits_gets_the_answer_after_others_gave_up() -> None:
    """Only the one that gave up is taken off the list."""
    future: LoopFuture[str] = LoopFuture()

    async def wait() -> str:
        return await future

    patient, impatient = asyncio.ensure_future(wait()), asyncio.ensure_future(wait())
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.gather(impatient, return_exceptions=True)
    future.set("here")

    assert "here" == await patient
