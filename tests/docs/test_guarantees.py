"""The page of guarantees: every promise names tests, and every test that it names exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`([\w/]+\.py)::(test_\w+)`", PAGE)


def test_every_promise_is_shown_by_a_test() -> None:
    """A promise without a test would be a claim."""
    promised = PAGE[PAGE.index("## Promised") : PAGE.index("## Not promised")]
    lines = [line for line in promised.splitlines() if line.lstrip().startswith("- ")]
    promises = [number for number, line in enumerate(lines) if line.startswith("- ")]

    assert len(promises) > 20
    assert [] == [lines[number] for number in promises if not lines[number + 1 : number + 2][0].startswith("  - `")]


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_test_that_the_page_names_exists(path: str, name: str) -> None:
    """A test that was renamed is renamed on the page too."""
    tree = ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8"))

    assert name in {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}


@pytest.mark.parametrize("page", [*sorted(ROOT.glob("docs/*.md")), ROOT / "README.md"], ids=lambda page: page.name)
def test_a_link_of_a_page_leads_somewhere(page: Path) -> None:
    """A reader is never sent to a page that is not there."""
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")) if "://" not in link]

    assert [] == [link for link in links if not (page.parent / link).exists()]
