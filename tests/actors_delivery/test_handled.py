"""When an incarnation of a session counts as one that did something: its supervisor lets it begin anew then."""

from __future__ import annotations

from typing import Any

from stentor.protocol.errors import StoreUnavailable


async def test_a_session_that_was_only_started_has_handled_nothing(rig: Any) -> None:
    """It wakes itself at its start; that is no work."""
    await rig.settle()

    assert not rig.estate.handled


async def test_a_session_that_appended_or_heard_a_client_has_handled_something(make: Any) -> None:
    """An event counts without any client, and a client without any event."""
    emitting, heard = make(), make()
    emitting.emit("a")
    await emitting.settle()
    await heard.page()

    assert (True, True) == (emitting.estate.handled, heard.estate.handled)


async def test_each_incarnation_begins_with_nothing(rig: Any) -> None:
    """What the one before has done does not count, and a wake-up that crashed is no work."""
    rig.emit("a")
    await rig.settle()
    rig.restarts = False
    rig.faults.arm("append", times=1, exception=StoreUnavailable("gone"))
    rig.emit("b")
    await rig.settle()
    before = rig.estate.handled
    rig.estate.launch()

    assert (True, False) == (before, rig.estate.handled)
