"""The agent: thinks, uses its tools, and says the answer word by word."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import stentor
from attrs import define

from . import answers
from .skills import Skills

Beat = Callable[[stentor.Session, int, int], Awaitable[None]]
"""Called before each piece of an answer with its number, from 0, and how many there are."""


@define(eq=False)
class Agent:
    """Answers questions over a folder. The same question gets the same words, whatever crashes meanwhile."""

    skills: Skills
    beat: Beat

    async def __call__(self, session: stentor.Session, message: stentor.Message) -> None:
        """Answer one prompt; it leaves the run's end, good or bad, to the run's scope."""
        question = " ".join(str(message.data["text"]).split())
        async with session.run("librarian") as run:
            spoken = answers.pieces(await self.skills.answer(run, question))
            for number, piece in enumerate(spoken):
                await self.beat(session, number, len(spoken))
                await run.text(piece)
