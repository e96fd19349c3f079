"""Sentences of a passage, each with the place where it begins: what an answer quotes."""

from __future__ import annotations

import re

from attrs import frozen

from .passages import Passage
from .words import plain

LONGEST = 320
"""Characters of a quotation; a longer sentence is cut at a word."""
_NEW = re.compile(r"^\s*(?:[-*+]\s|\d+[.)]\s|\||#|>|```|~~~)")
_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9`*\[(“\"])")
_RULE = re.compile(r"^[\s|:\-=*_~`]*$|^\s*(?:```|~~~)")


@frozen
class Sentence:
    """What stands at *file*, line *line*, without Markdown's marks; *prose*: no row, code or catchword."""

    file: str
    line: int
    text: str
    prose: bool = True

    @property
    def at(self) -> str:
        """Where it begins, as ``file:line``."""
        return f"{self.file}:{self.line}"


def sentences(passage: Passage) -> list[Sentence]:
    """Cut *passage* into sentences; a list item, a table row and a heading each begin a new one."""
    found: list[Sentence] = []
    for start, block, fenced in _blocks(passage):
        number, inside, prose = start, 0, not fenced and not block[0].lstrip().startswith("|")
        for piece in _END.split(" ".join(line.strip() for line in block)):
            text = plain(piece)
            if re.search(r"[^\W\d_]", text):
                found.append(Sentence(passage.file, number, shorten(text), prose and len(text.split()) > 3))
            # The next piece begins on the line that its first character stands on.
            inside += len(piece) + 1
            number = start + _line_of(inside, block)
    return found


def shorten(text: str, longest: int = LONGEST) -> str:
    """Cut *text* at a word so that it has at most *longest* characters."""
    if len(text) <= longest:
        return text
    return text[: longest - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def _blocks(passage: Passage) -> list[tuple[int, list[str], bool]]:
    """Cut at rules, list items, rows, fences: (number of the first line, lines, whether it is code)."""
    blocks: list[tuple[int, list[str], bool]] = []
    fenced = passage.fenced
    for number, line in enumerate(passage.lines, start=passage.first):
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        if _RULE.match(line):
            if "|" in line and blocks:
                blocks.pop()  # what stands above a table's rule names its columns and says nothing itself
            blocks.append((number + 1, [], fenced))
        elif fenced or not blocks or _NEW.match(line):
            blocks.append((number, [line], fenced))
        else:
            blocks[-1][1].append(line)
    return [block for block in blocks if block[1]]


def _line_of(inside: int, block: list[str]) -> int:
    for number, line in enumerate(block):
        inside -= len(line.strip()) + 1
        if inside < 0:
            return number
    return len(block) - 1
