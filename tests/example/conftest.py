"""The examples are no package of the installed project: they are imported from the checkout."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import stentor

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of real files: prose, a list, a table, code."""
    (tmp_path / "guide").mkdir()
    (tmp_path / "guide" / "lamps.md").write_text(
        "# Lamps\n\nA lamp keeper trims the wick at dusk. The harbour lamp burns *whale oil*\n"
        "and must be filled twice a night.\n"
        "\n## Faults\n\n- A cracked lens is replaced within one day.\n- Smoke means that the wick is too long.\n"
        "\n| part | spare |\n|---|---|\n| lens | two in the store room |\n\n```\nwick = 3\n\nlens = 1\n```\n",
        encoding="utf-8",
    )
    (tmp_path / "notes.txt").write_text(
        "The wick was changed on Monday.\nWick, wick and wick again.\n", encoding="utf-8"
    )
    (tmp_path / "photo.png").write_bytes(b"\x89PNG wick")
    return tmp_path


@pytest.fixture
async def runtime(folder: Path) -> AsyncIterator[stentor.Runtime]:
    """The example host."""
    from examples.agent_host.host import build
    from examples.agent_host.options import Options

    async with build(Options(docs=folder, host="127.0.0.1", port=0, pace=0.02, crashes=True)) as runtime:
        yield runtime
