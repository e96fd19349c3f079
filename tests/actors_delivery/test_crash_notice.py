"""A crash is told to the user whose session it was, also where it took the connection with it."""

from __future__ import annotations

from typing import Any

import pytest
from stentor.protocol.errors import StoreUnavailable


def notices(page: Any) -> list[tuple[str, bool]]:
    """Return the code of each notice that came, and whether it names a failure."""
    return [(frame["code"], "failure" in frame) for frame in page.frames if frame["t"] == "notice"]


@pytest.mark.parametrize(
    ("point", "error"), [("append", StoreUnavailable(cause="a test")), ("send", RuntimeError("a test"))]
)
async def test_a_crash_that_takes_the_connection_is_told_to_who_comes_next_and_once(
    rig: Any, point: str, error: Exception
) -> None:
    """The store or the socket failed: the old page heard nothing, the resumed one does, a third one need not."""
    page = await rig.page()
    rig.faults.arm(point, exception=error)
    rig.emit("a")
    await rig.settle()
    resume = {"epoch": page.epoch, "seq": 0}
    again = await rig.page(resume=resume)
    third = await rig.page(resume=resume)

    assert [[], [("session_restarting", True)], []] == [notices(page), notices(again), notices(third)]
    assert ["welcome", "notice", "event"] == again.kinds()[:3]
    assert 1 == len(rig.crashes)


async def test_a_crash_that_leaves_the_connection_is_told_at_once(rig: Any) -> None:
    """Nobody has to come back for it."""
    page = await rig.page()
    rig.faults.arm("before_step")
    rig.emit("a")
    await rig.settle()

    assert [("session_restarting", True)] == notices(page)


async def test_a_connection_that_vanishes_is_no_crash_that_a_user_is_told_of(rig: Any) -> None:
    """The user's own network is not the session's fault."""
    page = await rig.page()
    page.line.abort()
    await rig.settle()
    again = await rig.page(resume={"epoch": page.epoch, "seq": 0})

    assert [] == notices(again)
    assert 1 == len(rig.crashes)
