"""The ladder of sessions: what each restart in a row throws away, through a whole runtime with a real client."""

from __future__ import annotations

from typing import Any

import stentor
from attrs import evolve
from stentor.protocol import Text

from .conftest import FAST, Start, until

LADDER = evolve(FAST, ladder=True)


def texts(probe: Any) -> list[str]:
    """Return what the client handled."""
    return [delivery.event.delta for delivery in probe.handled]


async def crash(host: Any, session: Any, life: int) -> None:
    """Let the session fail at its next step, and come back."""
    host.faults.arm("before_step", session.id)
    session.emit(Text("r1", f"crash {life - 1}"))
    await until(lambda: host.life() == ("running", life))


async def test_the_first_crash_in_a_row_costs_a_notice_the_second_the_connection_the_third_what_was_in_memory(
    start: Start,
) -> None:
    """And no event is lost or doubled by any of them; the audit adds up against the client's own log."""
    host = await start(sessions=LADDER)
    session = await host.session()
    probe = await host.probe()
    machines, connections = [], []
    sent = ["before"]
    session.emit(Text("r1", "before"))
    for life in (2, 3, 4):
        await crash(host, session, life)
        sent.append(f"crash {life - 1}")
        await probe.until(lambda it: texts(it) == sent)
        place = host.runtime._core.cells.find("ada/t1")  # type: ignore[union-attr]
        machines.append(place.cell.machine)
        connections.append(place.cell.machine.line)
    await session.emit(Text("r1", "after")).acked(timeout=5)
    sent.append("after")

    assert [1, 2, 3] == [failure["supervision"]["rung"] for failure in host.runtime.failures()]
    assert sent == texts(probe)
    assert (True, False) == (machines[0] is machines[1], machines[1] is machines[2])
    assert 3 == len({*connections})
    assert [4104, 4104] == [fact["code"] for fact in host.notes("line_closed")]
    assert (len(sent), len(sent), 0) == ((a := host.runtime.audit()).accepted, a.acked, a.buffered)


async def test_what_was_accepted_while_nobody_was_there_survives_every_rung(start: Start) -> None:
    """In its order: what was in the log, and what was not yet."""
    host = await start(sessions=LADDER)
    session = await host.session()
    for life in (2, 3, 4, 5):
        await crash(host, session, life)
        session.emit(Text("r1", f"calm {life}"))
    probe = await host.probe()
    await probe.until(lambda it: len(it.handled) == 8)

    expected = [text for life in (2, 3, 4, 5) for text in (f"crash {life - 1}", f"calm {life}")]
    assert expected == texts(probe)
    await until(lambda: host.runtime.audit().acked == 8)


async def test_acks_count_from_where_they_were_after_a_session_was_rebuilt(start: Start) -> None:
    """The floor comes from the store; nothing that was acked is sent again."""
    host = await start(sessions=LADDER)
    session = await host.session()
    probe = await host.probe()
    await session.emit(Text("r1", "one")).acked(timeout=5)
    for life in (2, 3, 4):
        await crash(host, session, life)
    await probe.until(lambda it: len(it.handled) == 4)
    position = await session.position()

    assert ["one", "crash 1", "crash 2", "crash 3"] == texts(probe)
    assert 4 == position["head"]


async def test_the_sessions_of_a_runtime_are_on_a_ladder_and_under_a_hold() -> None:
    """The default policy of ``/sessions``."""
    async with stentor.Runtime() as runtime:
        policy = (await runtime._core.record.ref("/sessions").proxy().policy()).policy  # type: ignore[union-attr]

    assert (True, 20, 5.0, 60.0) == (policy.ladder, policy.hold.children, policy.hold.seconds, policy.unpark_after)
    assert (50, 10.0) == (policy.budget.max_restarts, policy.budget.max_seconds)
