"""The agent's tools: what each takes and what it gives back, as values that fit an event."""

from __future__ import annotations

import asyncio
import re
from fractions import Fraction

from attrs import frozen

from .arithmetic import evaluate
from .corpus import Document
from .index import Hit, Index
from .matches import Line, Pattern, find
from .passages import Passage
from .patience import find_patiently


@frozen
class Totals:
    """How much there is in the folder."""

    files: int
    lines: int
    words: int


@frozen
class Tools:
    """Search, read, count and calculate over one folder. What takes long runs beside the loop, not on it."""

    index: Index

    async def search(self, question: str, limit: int = 6) -> tuple[list[Hit], int]:
        """Return the best passages for *question*, and how many match at all."""
        return await asyncio.to_thread(self.index.search, question, limit)

    async def read(self, file: str, line: int) -> Passage | None:
        """Return the passage at *line* of *file*, None if there is no such place."""
        return await asyncio.to_thread(self.index.at, file, line)

    async def matches(self, pattern: Pattern) -> list[Line]:
        """Return every line that matches *pattern*.

        Raises:
            re.error: If it is no regular expression.
            TookTooLong: If it is one that takes for ever.
        """
        expression = pattern.compiled()
        documents = await self.documents()
        if pattern.regex:
            return await find_patiently(pattern, documents)
        return await asyncio.to_thread(find, expression, documents)

    async def totals(self) -> Totals:
        """Count files, lines and words."""
        documents = await self.documents()
        lines = [line for document in documents for line in document.lines]
        return Totals(len(documents), len(lines), sum(len(re.findall(r"\w+", line)) for line in lines))

    async def documents(self) -> list[Document]:
        """Return the documents as they are now."""
        await asyncio.to_thread(self.index.refresh)
        return self.index.documents

    def calculate(self, expression: str) -> Fraction:
        """Return the value of *expression*.

        Raises:
            BadExpression: If it has none.
        """
        return evaluate(expression)
