"""A house of links with one part exchanged: the package as it is, but for the text of one file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

__all__ = ["ROOT", "Mutant", "Outcome", "broken", "run_tests"]

ROOT = Path(__file__).resolve().parents[2]
_FLOORS = ROOT / ".types" / "stentor"
_WITHIN = Path(__file__).with_name("within.py")
_A_TEST = 8
"""Seconds that one test may take; it is red then."""
_ALL_TESTS = 90
"""Seconds that the tests of one mutant may take together; the one that runs then is red."""


@frozen
class Mutant:
    """One rule broken: in *file* of the package, *old*, which stands there once, is *new*."""

    rule: str
    file: str
    old: str
    new: str

    @property
    def place(self) -> Path:
        """The file that it changes."""
        floor, _, rest = self.file.partition("/")
        return (_FLOORS / floor).resolve() / rest

    def times(self) -> int:
        """Return how often *old* stands in its file; 1, if the mutant still fits."""
        return self.place.read_text(encoding="utf-8").count(self.old)

    def text(self) -> str:
        """Return the file as the mutant has it."""
        return self.place.read_text(encoding="utf-8").replace(self.old, self.new)

    def __str__(self) -> str:
        old, new = (" ".join(text.split()) for text in (self.old, self.new))
        return f"{self.rule}: {self.file}: {old[:70]} -> {new[:70]}"


def broken(rule: str, *changes: tuple[str, str, str]) -> list[Mutant]:
    """Return the mutants of *rule*; a file that is not of another floor is the supervisor's."""
    return [
        Mutant(rule, file if file.startswith("actors/") else f"supervisor/{file}", old, new)
        for file, old, new in changes
    ]


@frozen
class Outcome:
    """What came of the tests of one mutant; *trouble* says why they could not be run at all."""

    red: frozenset[str]
    skipped: frozenset[str] = frozenset()
    trouble: str = ""


def run_tests(tests: Sequence[str], mutant: Mutant | None = None) -> Outcome:
    """Run *tests* in a process of their own, over the package with *mutant* in it, or as it is."""
    with tempfile.TemporaryDirectory(prefix="rules-") as name:
        folder = Path(name)
        parts, text = ((), "") if mutant is None else (tuple(mutant.file.split("/")), mutant.text())
        _mirror(_FLOORS, folder / "stentor", parts, text)
        told = folder / "told"
        told.touch()
        command = [sys.executable, str(_WITHIN), str(told), str(_A_TEST), *tests]
        environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
        environment.pop("PYTEST_XDIST_WORKER", None)
        try:
            done = subprocess.run(
                command, cwd=ROOT, env=environment, timeout=_ALL_TESTS, capture_output=True, text=True, check=False
            )
        except subprocess.TimeoutExpired:
            return _outcome(told, "")
        trouble = (
            "" if done.returncode in (0, 1) else f"exit {done.returncode}: {done.stdout[-600:]}{done.stderr[-400:]}"
        )
        return _outcome(told, trouble)


def _mirror(source: Path, target: Path, parts: tuple[str, ...], text: str) -> None:
    """Link everything of *source* in *target*, but write *text* where *parts* lead to."""
    target.mkdir()
    for entry in source.iterdir():
        if entry.name == "__pycache__":
            continue
        if parts[:1] != (entry.name,):
            (target / entry.name).symlink_to(entry.resolve())
        elif len(parts) == 1:
            (target / entry.name).write_text(text, encoding="utf-8")
        else:
            _mirror(entry.resolve(), target / entry.name, parts[1:], text)


def _outcome(told: Path, trouble: str) -> Outcome:
    red: set[str] = set()
    skipped: set[str] = set()
    running: set[str] = set()
    for line in told.read_text(encoding="utf-8").splitlines():
        word, test = json.loads(line)
        {"red": red, "skipped": skipped, "begun": running}.get(word, set[str]()).add(test)
        if word == "done":
            running.discard(test)
        elif word == "trouble":
            trouble = trouble or test
    return Outcome(frozenset(red | running), frozenset(skipped), trouble)
