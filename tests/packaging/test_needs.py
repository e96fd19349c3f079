"""A test that lacks its program is skipped on a developer's machine, and fails where nothing may be skipped."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without any program, and without wheels that bring one."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)


@pytest.mark.usefixtures("nothing_installed")
@pytest.mark.parametrize("program", ["node", "chromium"])
def test_a_missing_program_skips_visibly_and_says_what_to_install(
    needs: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    """The reason stands in pytest's summary."""
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=f"{program} is missing: install"):
        needs(program)


@pytest.mark.usefixtures("nothing_installed")
@pytest.mark.parametrize("program", ["node", "chromium"])
def test_a_missing_program_fails_in_ci(
    needs: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    """A run that tested less than it should is not green."""
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=f"{program} is missing: install .*; in CI nothing may be skipped"):
        needs(program)


def test_a_program_that_is_there_is_returned(
    needs: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By its path."""
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert str(program) == needs("chromium")


def test_whatever_else_is_missing_is_told_in_the_same_way(needs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package index, for one."""
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no index"):
        needs.missing("no index")
    monkeypatch.setenv("CI", "1")
    with pytest.raises(pytest.fail.Exception, match="no index"):
        needs.missing("no index")


def test_no_test_skips_in_any_other_way() -> None:
    """A skip that passes by the helper would pass in CI too."""
    ways = re.compile(r"\b(?:pytest\.skip\(|importorskip|mark\.skip|mark\.xfail|pytest\.xfail)")
    found = [
        f"{path.relative_to(TESTS)}: {line.strip()}"
        for path in sorted(TESTS.rglob("*.py"))
        if path not in (TESTS / "conftest.py", Path(__file__).resolve())
        for line in path.read_text(encoding="utf-8").splitlines()
        if ways.search(line)
    ]

    assert [] == found
