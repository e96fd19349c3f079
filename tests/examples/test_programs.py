"""Each numbered example runs as it stands and prints what its docstring promises."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def _run(name: str) -> str:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name)], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout


def test_a_supervised_actor_is_restarted_and_its_mailbox_survives() -> None:
    """02: the failure is told to the next incarnation, and the message after the crash is answered by it."""
    lines = _run("02_supervised_actor.py").splitlines()

    assert [
        "incarnation 1, after 'nothing'",
        "incarnation 2, after AssertionError('no document')",
        "after the restart: 2",
    ] == lines[:3]
    assert "1 failure" == lines[-1]


def test_a_client_reads_the_answer_of_an_agent_token_by_token() -> None:
    """03: thinking, the tool, the answer, and every event acknowledged."""
    lines = _run("03_agent_and_client.py").splitlines()

    assert ["[agent_started]", "[agent_thinking]", "[tool_executing]", "[tool_completed]"] == lines[:4]
    assert "It has 13 letters." == lines[4]
    assert ["9 acked", "0 buffered"] == [line.strip() for line in lines[-2:]]


def test_a_synchronous_host_emits_from_its_own_thread() -> None:
    """05: the event has its seq, and waits for its user."""
    lines = _run("05_synchronous_host.py").splitlines()

    assert "seq 1" == lines[0]
    assert ["0 acked", "1 buffered"] == [line.strip() for line in lines[-2:]]


def test_every_example_is_numbered_and_fits_one_screen() -> None:
    """A newcomer reads them in order, each without scrolling."""
    programs = sorted(path for path in EXAMPLES.glob("*.py") if path.name != "__init__.py")

    assert [f"{number:02d}" for number in range(1, len(programs) + 1)] == [path.name[:2] for path in programs]
    assert [] == [path.name for path in programs if len(path.read_text().splitlines()) > 50]
