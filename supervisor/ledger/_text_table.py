"""A table for a REPL: columns as wide as their widest cell, and nothing in it that a terminal would obey."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ._escape import escape
from ._redact import clip

__all__ = ["table"]


def table(head: Sequence[str], limits: Sequence[int], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines; each cell is cut to the limit of its column."""
    cells = [tuple(head)]
    cells += [tuple(clip(escape(cell), limit) for cell, limit in zip(row, limits, strict=True)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
