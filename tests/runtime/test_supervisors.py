"""The calls of a runtime's supervisors: policies change, children are parked and tried again, while it runs."""

from __future__ import annotations

import pytest
import stentor
from stentor.protocol.errors import BadPolicy, NotFound, Refused


async def test_the_policy_of_all_sessions_is_changed_on_the_running_host() -> None:
    """By a call on the supervisor at its path; the tree shows it."""
    async with stentor.Runtime() as runtime:
        sessions = runtime.supervisor("/sessions")
        await sessions.set_policy(unpark_after=5.0, reason="users wait", duration=600.0)

        changed = await sessions.policy()
        assert (2, 5.0, "users wait", 600.0) == (
            changed.revision,
            changed.policy.unpark_after,
            changed.reason,
            changed.duration,
        )
        assert "rev 2" in str(runtime.tree())
        [entry] = [entry for entry in runtime.record.entries() if entry.kind == "policy"]
        assert "/sessions" == entry.supervisor


async def test_an_invalid_change_on_the_running_host_changes_nothing() -> None:
    """All its faults come back to who asked."""
    async with stentor.Runtime() as runtime:
        sessions = runtime.supervisor("/sessions")

        with pytest.raises(BadPolicy) as caught:
            await sessions.set_policy(unpark_after=-1, strategy="some_for_none", reason="a slip")

        assert 2 == len(caught.value.errors)
        assert 1 == (await sessions.policy()).revision


async def test_a_session_is_parked_and_unparked_by_hand() -> None:
    """Emits are refused in words meanwhile."""
    async with stentor.Runtime() as runtime:
        session = await runtime.session(user_id="ada", thread_id="t1")
        sessions = runtime.supervisor("/sessions")

        await sessions.park_child(session.id)
        with pytest.raises(stentor.ActorParked):
            await runtime.session(user_id="ada", thread_id="t1")
        await sessions.unpark_child(session.id)

        await session.emit(stentor.Text("r1", "hello")).buffered()


async def test_there_is_no_supervisor_where_there_is_none() -> None:
    """A path of nobody is not found; one of another actor is refused."""
    async with stentor.Runtime() as runtime:
        for path, error in (("/gateway", Refused), ("/nowhere", NotFound)):
            with pytest.raises(error):
                runtime.supervisor(path)
        assert await runtime.supervisor("/").which_children()


def test_a_synchronous_host_asks_its_supervisors_by_get() -> None:
    """The same calls, from its own thread."""
    with stentor.Runtime.in_thread() as runtime:
        runtime.supervisor("/sessions").set_policy(unpark_after=5.0, reason="users wait").get()

        assert 5.0 == runtime.supervisor("/sessions").policy().get().policy.unpark_after
