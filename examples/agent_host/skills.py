"""Skills: how each kind of question is answered, step by step, with the tools."""

from __future__ import annotations

import re

import stentor
from attrs import frozen

from . import answers
from .arithmetic import BadExpression, write
from .index import Hit
from .matches import Pattern
from .passages import Passage
from .patience import TookTooLong
from .planner import Calculate, Count, CountAll, Look, Read, plan
from .tools import Tools
from .words import terms

READS = 3
"""Passages that are read for one answer."""


@frozen
class Skills:
    """Everything the agent can do. What a person asked wrongly gets an answer; it is no failure of the run."""

    tools: Tools

    async def answer(self, run: stentor.Run, question: str) -> str:
        """Return the whole answer to *question*; thoughts and tools go to *run* as they happen."""
        match plan(question):
            case Calculate(expression, asked):
                return await self.calculate(run, expression, asked)
            case CountAll():
                return await self.count_all(run)
            case Count(pattern, listing):
                return await self.count(run, question, pattern, listing)
            case Read(file, line):
                return await self.show(run, file, line)
            case Look(text):
                return await self.look(run, text)
            case _:  # pyright: ignore[reportUnnecessaryComparison]
                raise TypeError(f"the agent has no skill for {question!r}")

    async def calculate(self, run: stentor.Run, expression: str, asked: str) -> str:
        """Answer an arithmetic question."""
        await run.thinking(f"This is arithmetic: {asked}")
        async with run.tool("arithmetic", expression=expression) as tool:
            try:
                value = self.tools.calculate(expression)
            except BadExpression as bad:
                tool.result({"no_value": str(bad)})
                return f"I cannot say what {asked} is: {bad}."
            tool.result({"value": write(value)})
        return answers.calculated(asked, value)

    async def count_all(self, run: stentor.Run) -> str:
        """Say how much there is."""
        await run.thinking("Counting what there is")
        async with run.tool("count") as tool:
            totals = await self.tools.totals()
            tool.result({"files": totals.files, "lines": totals.lines, "words": totals.words})
        return answers.totals(totals)

    async def count(self, run: stentor.Run, question: str, pattern: Pattern, listing: bool) -> str:
        """Count and list matches; where a phrase stands nowhere as such, look for its words."""
        await run.thinking(f"Counting where {pattern} stands")
        async with run.tool("matches", pattern=pattern.text, regex=pattern.regex) as tool:
            try:
                lines = await self.tools.matches(pattern)
            except (re.error, TookTooLong) as bad:
                tool.result({"refused": str(bad)})
                return f"I cannot search for {pattern}: {bad}."
            tool.result({"times": sum(line.times for line in lines), "lines": [line.at for line in lines[:50]]})
        answer = answers.counted(pattern, lines, len(await self.tools.documents()), listing)
        if lines or pattern.regex or len(pattern.text.split()) == 1:
            return answer
        return f"{answer} {await self.look(run, question)}"

    async def show(self, run: stentor.Run, file: str, line: int) -> str:
        """Show the place that was asked for."""
        await run.thinking(f"Opening {file} at line {line}")
        passage = await self._read(run, file, line)
        return answers.passage(passage, file, line)

    async def look(self, run: stentor.Run, question: str) -> str:
        """Search, read the best passages, quote what answers the question."""
        await run.thinking(f"Looking for {', '.join(terms(question)) or 'nothing'}")
        async with run.tool("search", query=question) as tool:
            hits, total = await self.tools.search(question)
            tool.result({"passages": total, "best": [_brief(hit) for hit in hits]})
        if hits:
            await run.thinking(f"{total} passages match; reading the best {min(READS, len(hits))}")
        read = [await self._read(run, hit.passage.file, hit.passage.first) for hit in hits[:READS]]
        return answers.quoted(question, hits, total, [passage for passage in read if passage])

    async def _read(self, run: stentor.Run, file: str, line: int) -> Passage | None:
        async with run.tool("read_passage", file=file, line=line) as tool:
            passage = await self.tools.read(file, line)
            tool.result({"lines": list(passage.lines)} if passage else {"missing": f"{file}:{line}"})
        return passage


def _brief(hit: Hit) -> dict[str, str]:
    return {"at": hit.passage.at, "heading": hit.passage.heading}
