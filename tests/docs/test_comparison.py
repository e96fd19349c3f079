"""The page that compares: each cell of ours leads to a test that exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "comparison.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| |")]
NAMED = re.findall(r'\]\(\.\./(tests/[\w/]+\.py) "(test_\w+)"\)', PAGE)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_each_cell_of_ours_leads_to_a_test(row: str) -> None:
    """What we say about ourselves can be looked up."""
    cells = [cell.strip() for cell in row.strip("|").split("|")]

    assert 7 == len(cells)
    assert re.search(r'"test_\w+"\)', cells[-1])


@pytest.mark.parametrize(("path", "name"), NAMED, ids=[name for _, name in NAMED])
def test_the_test_that_a_cell_names_exists(path: str, name: str) -> None:
    """A test that was renamed is renamed on the page too."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))

    assert name in {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}


def test_there_is_much_to_compare() -> None:
    """A page without rows would be green too."""
    assert len(ROWS) >= 15
    assert len(NAMED) >= len(ROWS)
