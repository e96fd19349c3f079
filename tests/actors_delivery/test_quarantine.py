"""What crashes two incarnations is set aside: here a message of a client, which would repeat it for ever."""

from __future__ import annotations

from typing import Any

import pytest
from stentor.protocol.server._server import ServerSession


async def test_a_message_of_a_client_that_crashes_two_incarnations_is_set_aside(
    rig: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a dead letter with the failure's id, its line begins anew, and the session works again."""
    received = ServerSession.received

    def poisoned(self: ServerSession, line: int, frame: Any, now: float) -> Any:
        if getattr(frame, "type", None) == "poison":
            raise RuntimeError("a bug that this message meets")
        return received(self, line, frame, now)

    monkeypatch.setattr(ServerSession, "received", poisoned)
    page = await rig.page()
    page.send(t="say", cid=1, type="poison", data={})
    await rig.settle()
    other = await rig.page("other")
    other.send(t="say", cid=1, type="prompt", data={})
    await rig.settle()

    assert (2, 4104) == (len(rig.crashes), page.end and page.end[0])
    assert ["prompt"] == [message.type for message in rig.up]
    (letter,) = rig.notes("dead_letter")
    assert ("crashed two incarnations", rig.estate.last_failure.id) == (letter["reason"], letter["failure_id"])
