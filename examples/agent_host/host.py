"""The host: a runtime that answers each question by the agent, and lets itself be broken on request."""

from __future__ import annotations

import stentor
from stentor.testing import Faults

from .agent import Agent
from .corpus import Corpus
from .crashes import Crashes
from .index import Index
from .options import Options
from .progress import announced
from .skills import Skills
from .tools import Tools


def build(options: Options) -> stentor.Runtime:
    """Make the runtime that *options* describe; it begins with ``async with``.

    Raises:
        NoDocuments: If there is nothing to answer from.
    """
    index = Index(Corpus(options.docs))

    def reading() -> str:
        files = "looking for texts" if index.found is None else f"reading {index.found:,} files"
        return f"{files} in {options.docs}; a large folder takes a while"

    with announced(reading):
        index.refresh()
    faults = Faults()
    crashes = Crashes(options.pace, faults)
    agent = Agent(Skills(Tools(index)), crashes.beat)

    async def answer(session: stentor.Session, message: stentor.Message) -> None:
        await crashes.during(session, agent(session, message))

    if not options.crashes:
        return stentor.Runtime(on_message=answer)
    crashes.runtime = stentor.Runtime(on_message=answer, says={"crash": crashes.ask}, faults=faults)
    return crashes.runtime
