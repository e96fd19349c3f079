"""Two runtimes in one process over one store: a client that moves from one to the other misses nothing."""

from __future__ import annotations

import pytest
import stentor
from stentor.actors.stores import MemoryStore
from stentor.protocol import Text
from stentor.protocol.clients import Client

from .conftest import Start


@pytest.mark.parametrize("seed", range(5))
async def test_a_client_that_moves_between_two_runtimes_misses_nothing(start: Start, seed: int) -> None:
    """Both emit; its position goes with it; every event comes once and in the order of its seq."""
    store = MemoryStore()
    hosts = [await start(store=store, node=f"node-{n}") for n in (1, 2)]
    sessions = [await host.session() for host in hosts]
    got: list[tuple[int, str]] = []
    position = None
    sent = 0
    for turn in range(6):
        for number in range(4):
            sessions[(turn + number + seed) % 2].emit(Text("r1", f"{sent}"))
            sent += 1
        async with Client(hosts[turn % 2].url, session="ada/t1", resume=position, tab="one") as client:
            while len(got) < sent:
                delivery = await anext(client)
                got.append((delivery.seq, delivery.event.delta))
        position = client.position

    assert list(range(1, sent + 1)) == [seq for seq, _ in got]
    assert {str(number) for number in range(sent)} == {text for _, text in got}


async def test_each_runtime_answers_for_what_it_accepted_itself(start: Start) -> None:
    """Receipts resolve where they were given, also where the other runtime has the client."""
    store = MemoryStore()
    hosts = [await start(store=store, node=f"node-{n}") for n in (1, 2)]
    probe = await hosts[0].probe()
    here, there = [(await host.session()).emit(Text("r1", "x")) for host in hosts]
    await here.acked(timeout=10)
    await there.acked(timeout=10)

    audits = [host.runtime.audit() for host in hosts]
    assert [(1, 1), (1, 1)] == [(audit.accepted, audit.acked) for audit in audits]
    assert [1, 2] == probe.seqs
    assert isinstance(hosts[0].runtime, stentor.Runtime)
