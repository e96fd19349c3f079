"""The session actor, over a store that answers late: what it refuses may concern an ownership of before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from stentor.actors.session._messages import Drain
from stentor.protocol.errors import EpochChanged


class Late:
    """A port's operation whose answers, or errors, are held back until they are let go."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.held: list[tuple[asyncio.Future[Any], Any]] = []
        self.on = True

    def __call__(self, *args: Any) -> Any:
        """Do it, and answer later."""
        if not self.on:
            return self.function(*args)
        future = asyncio.get_running_loop().create_future()
        try:
            self.held.append((future, self.function(*args)))
        except Exception as error:
            self.held.append((future, error))
        return future

    def let_go(self) -> None:
        """Let the answers arrive; what is asked from now on is answered at once."""
        self.on = False
        for future, answer in self.held:
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)
        self.held.clear()


async def moved_and_back(rig: Any, page: Any) -> Any:
    """Let the session be claimed elsewhere, an ack be refused late, and its page come back; return both."""
    late = rig.store.log.ack = Late(rig.store.log.ack)
    rig.store.ownership.claim("ada/t1", "there", True)
    page.ack(1)
    await rig.settle()
    again = await rig.page(resume={"epoch": page.epoch, "seq": 0})
    return late, again


async def test_a_refusal_that_comes_after_the_session_was_claimed_again_closes_nobody(rig: Any) -> None:
    """It is about a token that is held no more."""
    page = await rig.page()
    (receipt,) = rig.emit("a")
    await rig.settle()
    late, again = await moved_and_back(rig, page)
    token = rig.cell.machine.token
    late.let_go()
    await rig.settle()
    again.ack(1)
    await rig.settle()

    assert (None, token, []) == (again.end, rig.cell.machine.token, rig.crashes)
    assert "acked" == receipt.state


async def test_a_refusal_that_comes_while_the_session_drains_does_not_end_it_with_events_in_the_log(rig: Any) -> None:
    """Its own events wait for the client that is there."""
    page = await rig.page()
    receipts = rig.emit("a", "b")
    await rig.settle()
    late, again = await moved_and_back(rig, page)
    rig.cell.close(Drain(30.0))
    await rig.settle()
    late.let_go()
    await rig.settle()
    during = (rig.cell.machine.phase, again.end)
    again.ack(2)
    await rig.settle()

    assert (("draining", None), "closed") == (during, rig.cell.machine.phase)
    assert ["acked", "acked"] == [receipt.state for receipt in receipts]
    assert {"accepted": 2, "acked": 2, "buffered": 0, "failed": 0} == rig.totals()


async def test_a_message_refused_under_an_older_token_is_handed_up_under_the_newer_one(rig: Any) -> None:
    """Its tab waits for the answer, and would say it again only after the next loss."""
    page = await rig.page()
    late = rig.store.inbox.accept = Late(rig.store.inbox.accept)
    rig.store.ownership.claim("ada/t1", "there", True)
    page.send(t="say", cid=1, type="prompt", data="hello")
    await rig.settle()
    await rig.page()
    late.let_go()
    await rig.settle()

    assert [("prompt", "hello")] == [(it.type, it.data) for it in rig.up]


async def test_an_append_for_an_epoch_of_before_is_made_again_and_closes_nobody(rig: Any) -> None:
    """The session was learnt anew while the append was on its way."""
    await rig.page()
    append = rig.store.log.append
    error = EpochChanged(expected="old", actual=rig.cell.machine.epoch)
    rig.cell.machine.state.epoch, epoch = "old", rig.cell.machine.epoch
    late = rig.store.log.append = Late(lambda batches: [error])
    (receipt,) = rig.emit("a")
    await rig.settle()
    rig.cell.machine.state.epoch = epoch
    rig.store.log.append = append
    late.let_go()
    await rig.settle()

    (page,) = rig.pages
    assert (None, [(1, "a")], "sent") == (page.end, page.events, receipt.state)


async def test_two_hellos_whose_claims_cross_end_with_the_newest_welcomed(rig: Any) -> None:
    """The claim of the first is answered last: what it brings is older than what is held."""
    late = rig.store.ownership.attach = Late(rig.store.ownership.attach)
    await rig.page(tab="a")
    second = await rig.page(tab="b")
    late.held.reverse()
    late.let_go()
    await rig.settle()
    (receipt,) = rig.emit("a")
    await rig.settle()
    second.ack(1)
    await rig.settle()

    assert ([], None, "acked") == (rig.crashes, second.end, receipt.state)
