"""What has to be green before a change lands is what a developer runs: `make check` and `make test`."""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CI = ROOT / ".ci" / "run"
MAKEFILE = ROOT / "Makefile"


def commands() -> list[str]:
    """Return the lines of `.ci/run` that do something."""
    lines = (line.strip() for line in CI.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def recipes() -> dict[str, str]:
    """Return the targets of the Makefile with their recipes."""
    found: dict[str, str] = {}
    target = ""
    for line in MAKEFILE.read_text(encoding="utf-8").splitlines():
        if head := re.match(r"([\w./$()-]+):(?!=)", line):
            target = head[1]
            found[target] = ""
        elif line.startswith("\t"):
            found[target] += line.strip() + "\n"
    return found


def test_ci_calls_make_check_and_make_test() -> None:
    """Both, one after the other, and nothing after them could hide their outcome."""
    assert ["make check", "make test"] == commands()[-2:]


def test_ci_stops_at_the_first_failure_and_lets_nothing_be_skipped() -> None:
    """A failed check is not followed by green tests; the tests know that they run in CI."""
    lines = commands()

    assert "set -euo pipefail" == lines[0]
    assert lines.index("export CI=true") < lines.index("make check")
    assert CI.stat().st_mode & stat.S_IXUSR


@pytest.mark.parametrize("target", ["run", "test", "check", "bench", "pykka", "format", "venv", "clean"])
def test_every_target_that_is_named_exists(target: str) -> None:
    """As a target with a recipe, or one that needs such a target; none is mistaken for a folder of its name."""
    phony = re.search(r"^\.PHONY:(.*)$", MAKEFILE.read_text(encoding="utf-8"), re.MULTILINE)

    assert target in recipes()
    assert phony is not None
    assert target in phony[1].split()


def test_nothing_is_declared_that_is_not_there() -> None:
    """A name in .PHONY without a target would do nothing, and succeed."""
    phony = re.search(r"^\.PHONY:(.*)$", MAKEFILE.read_text(encoding="utf-8"), re.MULTILINE)

    assert phony is not None
    assert [] == [name for name in phony[1].split() if name not in recipes()]


@pytest.mark.parametrize(
    ("target", "tools"),
    [
        ("test", ["pytest"]),
        ("check", ["ruff check", "ruff format --check", "mypy", "basedpyright", "test_floors.py"]),
        ("run", ["examples.agent_host"]),
    ],
)
def test_a_target_runs_its_tools(target: str, tools: list[str]) -> None:
    """Style, two type checkers and the floors; all tests; the example."""
    assert [] == [tool for tool in tools if tool not in recipes()[target]]
    assert "|| true" not in recipes()[target]


@pytest.mark.parametrize("target", ["run", "test", "check"])
def test_make_understands_the_target(target: str) -> None:
    """Asked what it would do, it says so."""
    make = shutil.which("make")
    assert make is not None, "make is missing: install it (`apt install make`)"
    done = subprocess.run(
        [make, "--dry-run", "--no-print-directory", target],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (0, True) == (done.returncode, "python" in done.stdout), done.stderr
