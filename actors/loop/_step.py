"""Step: drive an actor's coroutine inside the task that runs, in the actor's own context."""

from __future__ import annotations

import types
from collections.abc import Callable, Coroutine, Generator
from typing import Any, TypeVar

__all__ = ["COROUTINE", "step"]

COROUTINE: Any = types.CoroutineType
"""The type of what an ``async def`` returns; compared by identity, for every message pays for it."""

T = TypeVar("T")


@types.coroutine
def step(
    coroutine: Coroutine[Any, Any, T],
    run: Callable[..., Any],
    suspended: Callable[[], None],
) -> Generator[Any, Any, T]:
    """Drive *coroutine* inside the current task, each step in the context that *run* enters.

    Whatever it waits for is yielded through to the task; so ``asyncio.timeout`` and ``current_task`` mean this task.

    Args:
        coroutine: The handler.
        run: ``Context.run`` of the actor's context.
        suspended: Called once, at the first suspension.
    """
    try:
        waited = run(coroutine.send, None)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]
    suspended()
    resume: Callable[[Any], Any] | None
    argument: Any
    while True:
        try:
            sent = yield waited
        except BaseException as exception:
            # Cancellation and closing go into the handler, as asyncio would send them.
            resume, argument = coroutine.throw, exception
        else:
            resume, argument = coroutine.send, sent
        try:
            waited = run(resume, argument)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
        finally:
            # An exception that its own frame refers to would keep that, and whatever called it, until the garbage
            # collector comes.
            resume = argument = None
