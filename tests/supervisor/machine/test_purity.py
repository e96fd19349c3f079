"""The decisions are pure: their files reach for no clock, no loop, no thread, no chance."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import stentor.supervisor

FLOOR = Path(str(stentor.supervisor.__file__)).parent
FORBIDDEN = {"asyncio", "threading", "time", "random", "logging", "pykka", "stentor.actors", "secrets", "datetime"}
ROOMS = ("core", "policy")
PURE = sorted(f"{room}/{path.name}" for room in ROOMS for path in (FLOOR / room).glob("*.py"))


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
    rooms = {module for module in imported(FLOOR / name) if module.startswith("..")}

    assert {module.removeprefix("..").split(".")[0] for module in rooms} <= set(ROOMS)


def test_there_is_a_machine_to_look_at() -> None:
    """The glob of this test found its files."""
    assert {"core/_machine.py", "policy/_policy.py"} <= set(PURE)
