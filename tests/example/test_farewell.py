"""The example host's last line: what its exit code means, in words and numbers."""

from __future__ import annotations

import pytest
import stentor


@pytest.mark.parametrize(("events", "words"), [(1, "1 event was"), (4, "4 events were")])
async def test_what_was_not_acknowledged_is_counted(runtime: stentor.Runtime, events: int, words: str) -> None:
    """Nobody came to take it before the bound of the drain."""
    from examples.agent_host.farewell import farewell

    session = await runtime.session(user_id="ada", thread_id="t1")
    for number in range(events):
        session.emit(stentor.Text("r1", str(number)))

    flushed = await runtime.drain(0)

    assert (False, f"drained; {words} unacknowledged") == (flushed, farewell(3, runtime.audit()))


@pytest.mark.parametrize(
    ("code", "words"),
    [(0, "drained; everything was acknowledged"), (70, "ended with 70: the supervision tree gave up")],
)
def test_each_exit_code_has_its_words(code: int, words: str) -> None:
    """Also the one of a tree that gave up."""
    from examples.agent_host.farewell import farewell

    assert words == farewell(code, stentor.Audit())
