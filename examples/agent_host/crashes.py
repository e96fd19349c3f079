"""The crash controls: break a session on purpose, at a point in its work, while it answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Literal

import msgspec
import stentor
from attrs import define, field
from stentor.testing import Faults

POINTS = {"before_step": "before_step", "inside_step": "inside_step", "store": "append", "send": "send"}
"""What the page calls a point, and what the runtime calls it; `on_demand` is none: it ends the session's actor."""


class BrokenOnRequest(RuntimeError):
    """The bug that a session is given at a user's request."""


def _fault(point: str) -> Exception:
    if point == "store":
        return stentor.StoreUnavailable(cause="broken on request")
    return BrokenOnRequest(f"broken on request: {point}")


class Wish(msgspec.Struct):
    """What a user sends: where to break, and whether at once or in the middle of the next answer."""

    point: Literal["before_step", "inside_step", "store", "send", "on_demand"]
    when: Literal["now", "answer"] = "now"


@define(eq=False)
class Crashes:
    """Crashes that users ask for. One that comes while nothing is said waits for the middle of the next answer."""

    pace: float
    """Seconds from piece to piece of an answer: how fast it is spoken."""

    faults: Faults
    runtime: stentor.Runtime | None = field(default=None, init=False)
    _waiting: dict[str, str] = field(factory=dict[str, str], init=False)
    _speaking: set[str] = field(factory=set[str], init=False)

    async def ask(self, session: stentor.Session, message: stentor.Message) -> None:
        """Take a :class:`Wish`. Nothing happens in a session that says nothing; so there it waits for an answer.

        Raises:
            stentor.Refused: If the message is no such wish.
        """
        try:
            wish = msgspec.convert(message.data, Wish)
        except msgspec.ValidationError as wrong:
            raise stentor.Refused(f"this is no wish for a crash: {wrong}") from None
        at_once = wish.point == "on_demand" and wish.when == "now"
        if at_once or session.id in self._speaking:
            self._strike(session, wish.point)
        else:
            self._waiting[session.id] = wish.point

    async def during(self, session: stentor.Session, answer: Awaitable[None]) -> None:
        """Await *answer*; however it ends, nothing is said any more then, and no crash waits for it."""
        try:
            await answer
        finally:
            self._speaking.discard(session.id)
            self._waiting.pop(session.id, None)

    async def beat(self, session: stentor.Session, number: int, of: int) -> None:
        """Come before each piece of an answer: keep the pace, and strike in the middle."""
        await asyncio.sleep(self.pace)
        self._speaking.add(session.id)
        if number == of // 2 and session.id in self._waiting:
            self._strike(session, self._waiting.pop(session.id))

    def _strike(self, session: stentor.Session, point: str) -> None:
        if self.runtime is None:
            raise RuntimeError("the crash controls have no runtime to break")
        if point == "on_demand":
            self.runtime.kill(f"/sessions/{session.id}", "asked for by the user")
        else:
            self.faults.arm(POINTS[point], session.id, exception=_fault(point))
