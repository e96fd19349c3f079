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


def test_an_outage_over_500_sessions_is_one_incident_released_after_one_probe() -> None:
    """06: nobody is parked, and every event waits for its user."""
    lines = _run("06_provider_outage.py").splitlines()

    assert "1 incident, released 1 time, 0 sessions parked" == lines[0]
    assert ["0 acked", "500 buffered"] == [line.strip() for line in lines[-2:]]


def test_a_parked_session_is_tried_again_by_hand_and_by_time() -> None:
    """07: another user's session works on meanwhile."""
    assert [
        "ada's session is parked",
        "bob's event: 1",
        "by hand: running",
        "ada's session is parked",
        "by time: running",
    ] == _run("07_parked_session.py").splitlines()


def test_a_policy_that_was_raised_for_ten_minutes_goes_back_by_itself() -> None:
    """08: and a change that can not be meant is refused with its arithmetic."""
    lines = _run("08_policy_for_ten_minutes.py").splitlines()

    assert lines[1] == "after 599 s: Budget(max_restarts=8, max_seconds=60.0)"
    assert lines[2].startswith("revision 3: Budget(max_restarts=3, max_seconds=5.0), because '600 s are over")
    assert lines[3].startswith("refused: policy.budget allows 8 restarts in 5 s, but")


def test_an_event_that_crashes_its_session_each_time_is_set_aside_alone() -> None:
    """09: the two others are buffered, and both crashes are on record."""
    lines = _run("09_poison_message.py").splitlines()

    assert "seq 1 is buffered" == lines[0]
    assert lines[1].startswith("quarantined: event 2 (text)")
    assert "seq 3 is buffered" == lines[2]
    assert "2 failures" in lines
    assert ["0 acked", "2 buffered", "1 failed: quarantined"] == [line.strip() for line in lines[-3:]]
