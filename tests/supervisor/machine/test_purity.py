"""The decisions are pure: their files reach for no clock, no loop, no thread, no chance."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import stentor.supervisor

FLOOR = Path(str(stentor.supervisor.__file__)).parent
FORBIDDEN = {"asyncio", "threading", "time", "random", "logging", "pykka", "stentor.actors", "secrets", "datetime"}
PURE = sorted(
    {path.name for path in FLOOR.glob("_machine*.py")}
    | {
        f"_{name}.py"
        for name in ("backoff", "budget", "checks", "directives", "explain", "hold", "policy", "spec", "verdict")
    }
)


def imported(path: Path) -> set[str]:
    """Return the modules that a file imports, each with its parents."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    return found | {name.rsplit(".", 1)[0] for name in found if "." in name.strip(".")}


@pytest.mark.parametrize("name", PURE)
def test_a_file_of_the_machine_imports_nothing_that_acts(name: str) -> None:
    """Time and chance come in as arguments."""
    assert set() == imported(FLOOR / name) & FORBIDDEN


@pytest.mark.parametrize("name", PURE)
def test_a_file_of_the_machine_builds_on_its_pure_siblings_only(name: str) -> None:
    """So no sibling can bring in what it may not have itself."""
    siblings = {f"{module.removeprefix('.')}.py" for module in imported(FLOOR / name) if module.startswith("._")}

    assert siblings <= set(PURE)


def test_there_is_a_machine_to_look_at() -> None:
    """The glob of this test found its files."""
    assert "_machine.py" in PURE
