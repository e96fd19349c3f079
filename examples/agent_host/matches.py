"""Count and list matches: a literal text or a regular expression, line by line, over all documents."""

from __future__ import annotations

import re
from collections.abc import Iterable

from attrs import frozen

from .corpus import Document


@frozen
class Pattern:
    """What is looked for: *text* as it stands, whatever its case, or as a regular expression."""

    text: str
    regex: bool = False

    def __str__(self) -> str:
        """Write it as it is quoted in an answer."""
        return f"/{self.text}/" if self.regex else f"“{self.text}”"

    def compiled(self) -> re.Pattern[str]:
        """Return the expression to search with.

        Raises:
            re.error: If it is no regular expression.
        """
        return re.compile(self.text if self.regex else literal(self.text), re.IGNORECASE)


@frozen
class Line:
    """A line that matches: where, how often, and what it says."""

    file: str
    number: int
    times: int
    text: str

    @property
    def at(self) -> str:
        """Where it stands, as ``file:line``."""
        return f"{self.file}:{self.number}"


def literal(text: str) -> str:
    """Return an expression for *text* with any white space between its words, on word boundaries."""
    body = r"\s+".join(re.escape(part) for part in text.split())
    before = r"\b" if re.match(r"\w", text.strip()) else ""
    after = r"\b" if re.search(r"\w$", text.strip()) else ""
    return before + body + after


def find(expression: re.Pattern[str], documents: Iterable[Document]) -> list[Line]:
    """Return every line that matches *expression*, in the order of the documents."""
    found: list[Line] = []
    for document in documents:
        for number, text in enumerate(document.lines, start=1):
            times = sum(1 for match in expression.finditer(text) if match.group())
            if times:
                found.append(Line(document.name, number, times, text))
    return found
