"""What a parked actor says of its cause, and that a park by hand is not undone silently."""

from __future__ import annotations

from typing import Any

import pytest
import stentor
from stentor.actors import ManualClock
from stentor.protocol import Text
from stentor.protocol.errors import ActorParked

from .conftest import Start, until


class Echo(stentor.Actor):
    """Answers, or fails."""

    def on_receive(self, message: object) -> object:
        if message == "fail":
            raise ValueError("no")
        return message


QUICK = stentor.Backoff(initial=0.0, maximum=0.001, jitter=0.0)


async def test_a_session_that_was_parked_by_hand_says_so(start: Start) -> None:
    """To who opens it, to who emits; nobody reads that it failed."""
    host = await start()
    session = await host.session()
    await host.runtime.supervisor("/sessions").park_child(session.id)

    for attempt in (host.session(), _emit(session)):
        with pytest.raises(ActorParked) as caught:
            await attempt
        assert "/sessions/ada/t1 was parked by hand; un-park it by unpark_child" == str(caught.value)
        assert ("/sessions/ada/t1", True, None) == (caught.value.path, caught.value.by_hand, caught.value.again_in)


async def test_a_session_that_spent_its_budget_says_when_it_is_tried_again(start: Start) -> None:
    """Budget, time, and what is left of the wait now."""
    policy = stentor.RestartPolicy(
        budget=stentor.Budget(50, 10.0), child_budget=stentor.Budget(2, 60.0), backoff=QUICK, unpark_after=42.0
    )
    clock = ManualClock()
    host = await start(sessions=policy, clock=clock)
    session = await host.session()
    for after in (("running", 2), ("running", 3), ("parked", 3)):
        host.runtime.kill("/sessions/ada/t1", "try")
        await until(lambda after=after: (clock.advance(0.01), host.life() == after)[1])
    await until(lambda: host.life()[0] == "parked" and host.runtime._core.cells.find(session.id).parked)  # type: ignore[union-attr]
    clock.advance(2.0)

    with pytest.raises(ActorParked) as caught:
        session.emit(Text("r1", "x"))
    assert str(caught.value).startswith(
        "/sessions/ada/t1 spent its budget of 2 in 60 s, and is parked; it is tried again"
    )
    assert not caught.value.by_hand
    assert 30.0 < caught.value.again_in <= 50.4


async def test_a_child_parked_by_hand_says_so_to_who_asks_it() -> None:
    """It says parked, not gone."""
    async with stentor.Runtime(children=[stentor.ChildSpec("echo", Echo)], drain=0.1) as runtime:
        ref = runtime.ref("/children/echo")
        await runtime.supervisor("/children").park_child("echo")

        with pytest.raises(ActorParked, match=r"^/children/echo was parked by hand; un-park it by unpark_child$"):
            await ref.ask("hello", block=False)


async def test_a_child_that_fails_on_trial_says_so_to_who_asks_it() -> None:
    """It was parked by hand before, and spent no budget: neither is named as the cause."""
    policy = stentor.RestartPolicy(child_budget=stentor.Budget(5, 60.0), backoff=QUICK)
    root = await stentor.Supervisor.start_async(policy=policy, path="/s", children=[stentor.ChildSpec("echo", Echo)])
    sup: Any = root.proxy()
    ref = (await sup.which_child("echo")).ref
    await sup.park_child("echo")
    await sup.unpark_child("echo")
    with pytest.raises(ValueError, match="no"):
        await ref.ask("fail", block=False)

    with pytest.raises(ActorParked, match=r"^/s/echo failed again when it was tried, and is parked; un-park it"):
        await ref.ask("hello", block=False)
    await root.stop(block=False)


async def test_a_park_by_hand_that_is_undone_by_a_restart_of_sessions_is_on_record(start: Start) -> None:
    """The session runs again; who parked it can read that."""
    host = await start()
    await host.session()
    await host.session("t2")
    await host.runtime.supervisor("/sessions").park_child("ada/t1")
    host.runtime.kill("/sessions", "asked for by the test")
    await until(lambda: len(host.runtime.tree()) and host.notes("park_undone"))
    entries = [it for it in host.runtime.record.entries() if (it.facts or {}).get("note") == "park_undone"]

    assert ["/sessions/ada/t1"] == [entry.path for entry in entries]


async def _emit(session: stentor.Session) -> None:
    session.emit(Text("r1", "x"))
