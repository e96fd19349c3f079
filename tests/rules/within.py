"""Run tests and tell, line by line, what became of each: ``python within.py told-file seconds test…``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

__all__: list[str] = []


class Teller:
    """Writes at once, so that also what is ended from outside has told how far it came."""

    def __init__(self, told: Path) -> None:
        self.told = told

    def tell(self, word: str, test: str) -> None:
        """Write one line; a test with parameters is one test."""
        with self.told.open("a", encoding="utf-8") as file:
            file.write(json.dumps([word, test.partition("[")[0]]) + "\n")

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A test begins."""
        self.tell("begun", nodeid)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """One phase of it has ended."""
        if report.failed:
            self.tell("red", report.nodeid)
        elif report.skipped:
            self.tell("skipped", report.nodeid)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """A test has ended."""
        self.tell("done", nodeid)

    def pytest_collectreport(self, report: Any) -> None:
        """A file that can not even be read shows nothing."""
        if report.failed:
            self.tell("trouble", f"{report.nodeid}: {str(report.longrepr)[-600:]}")


if __name__ == "__main__":
    _, to, seconds, *tests = sys.argv
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--tb=line", "-o", f"timeout={seconds}"]
    sys.exit(pytest.main([*options, *tests], plugins=[Teller(Path(to))]))
