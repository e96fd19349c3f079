"""Passages: the pieces of a document that are indexed, read and cited."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from .corpus import Document

LONGEST = 14
"""Lines; a longer block is cut, so that a passage fits an answer."""


@frozen
class Passage:
    """Lines *first* … *first + len(lines) - 1* of *file* (from 1), under *heading*."""

    file: str
    first: int
    heading: str
    lines: tuple[str, ...]
    fenced: bool = False
    """Whether it begins inside a block of code."""

    @property
    def at(self) -> str:
        """Where it stands, as ``file:line``."""
        return f"{self.file}:{self.first}"

    @property
    def last(self) -> int:
        """The number of its last line."""
        return self.first + len(self.lines) - 1


def passages(document: Document) -> Iterator[Passage]:
    """Cut *document* at blank lines and headings; a heading stays with the paragraph below it."""
    heading, block, start, opened, fenced = "", list[str](), 1, False, False
    for number, line in enumerate(document.lines, start=1):
        is_heading = not fenced and line.startswith("#")
        if block and (is_heading or len(block) >= LONGEST or _ends(line, block, fenced)):
            yield Passage(document.name, start, heading, tuple(block), opened)
            block = []
        if is_heading:
            heading = line.lstrip("#").strip()
        if block or line.strip():
            if not block:
                start, opened = number, fenced
            block.append(line)
        fenced ^= line.lstrip().startswith(("```", "~~~"))
    if block:
        yield Passage(document.name, start, heading, tuple(block), opened)


def _ends(line: str, block: list[str], fenced: bool) -> bool:
    """A blank line ends a block of prose that says more than its heading."""
    says = any(above.strip() and not above.startswith("#") for above in block)
    return says and not fenced and not line.strip()
