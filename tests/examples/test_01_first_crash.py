"""The first program: at most 15 lines, and it does what its docstring says."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "examples" / "01_first_crash.py"


def test_the_first_program_has_at_most_fifteen_lines_of_code() -> None:
    """Blank lines and docstrings are not counted."""
    tree = ast.parse(PROGRAM.read_text())
    texts = {line for node in ast.walk(tree) for line in _docstring_lines(node)}
    code = [n for n, line in enumerate(PROGRAM.read_text().splitlines(), 1) if line.strip() and n not in texts]

    assert len(code) <= 15


def test_the_first_program_delivers_every_event_once_and_in_order_over_a_crash() -> None:
    """The crash is seen in the log, and not in what the client got."""
    done = subprocess.run([sys.executable, str(PROGRAM)], capture_output=True, text=True, timeout=60, check=True)

    assert [f"word {n}" for n in range(1, 11)] == re.findall(r"delta='(word \d+)'", done.stdout)
    assert "ZeroDivisionError: a bug" in done.stderr


def test_the_first_screen_of_the_readme_shows_this_program() -> None:
    """What a newcomer reads there is what runs here."""
    screen = (ROOT / "README.md").read_text().split("```python\n")[1].split("```")[0]
    program = PROGRAM.read_text()

    assert screen.strip() == program[program.index("import asyncio") :].strip()


def _docstring_lines(node: ast.AST) -> range:
    if isinstance(node, (ast.Module, ast.AsyncFunctionDef)) and ast.get_docstring(node) is not None:
        text = node.body[0]
        return range(text.lineno, (text.end_lineno or text.lineno) + 1)
    return range(0)
