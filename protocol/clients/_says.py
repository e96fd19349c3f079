"""Says: messages of the user that wait for the host's answer."""

from __future__ import annotations

import asyncio

from ..errors import BadUsage, EmitTimeout, StentorError
from ._clock import ClientClock
from ._ended import refused_error

__all__ = ["Answer", "Says"]

Answer = asyncio.Future[None]


class Says:
    """Holds who waits for the answer to which say.

    Args:
        clock: Measures their timeouts.
    """

    def __init__(self, clock: ClientClock) -> None:
        self._clock = clock
        self._waiting: dict[int, Answer] = {}

    def expect(self, type_: str, timeout: float | None) -> Answer:
        """Return the answer to a say of *type_*; after *timeout* seconds it fails.

        Raises:
            BadUsage: If *timeout* is no span of time.
        """
        if timeout is not None and not timeout >= 0:
            raise BadUsage(f"timeout is {timeout!r}; allowed: seconds from 0, or None")
        answer: Answer = asyncio.get_running_loop().create_future()
        if timeout is not None:
            late = EmitTimeout(
                f"the host did not answer a {type_!r} within {timeout:g} s; it may have taken it, or take it yet",
                type=type_,
                timeout=timeout,
            )
            timer = self._clock.call_later(timeout, lambda: _fail(answer, late))
            answer.add_done_callback(lambda _: timer.cancel())
        return answer

    def number(self, cid: int, answer: Answer) -> None:
        """Learn under which *cid* the host answers."""
        self._waiting[cid] = answer

    def answered(self, cid: int, refused: tuple[str, str] | None) -> None:
        """Hand the host's answer to who waits for it."""
        answer = self._waiting.pop(cid, None)
        if answer is None or answer.done():
            return
        if refused is None:
            answer.set_result(None)
        else:
            answer.set_exception(refused_error(*refused))

    def end(self, why: StentorError) -> None:
        """Nobody is answered any more."""
        waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            _fail(answer, why)


def _fail(answer: Answer, why: StentorError) -> None:
    if not answer.done():
        answer.set_exception(why)
