"""What holds at every step of the model's world."""

from __future__ import annotations

from typing import Any

from stentor.protocol import ClientState

from .host import LIMITS
from .world import World


def check(world: World) -> None:
    """I1, I7, I9, I10."""
    state, log = world.server.state, world.log
    consumer, ledger = state.consumer, state.ledger
    if state.epoch == log.epoch and state.token is not None:
        assert ledger.floor <= consumer.floor <= state.maxsent <= state.head <= log.head
        assert state.buffer.last <= state.head
        assert state.buffer.first <= consumer.floor + 1
        retained = min(consumer.acked if consumer.line else ledger.floor, ledger.floor) - state.buffer.first + 1
        assert retained <= 2 * LIMITS.retain_events
    if consumer.line is not None:
        _check_line(world, consumer)
    for epoch, seq in world.acked_by:
        if world.logs[epoch].outcomes.get(seq) == "acked":
            assert any((epoch, seq) in app.handled for app in world.apps), f"{seq} is acked, and nobody handled it"
    for app in world.apps:
        if app.client.position and app.client.state in (ClientState.LIVE, ClientState.CATCHING_UP):
            assert app.client.position.epoch == app.client.data.epoch


def _check_line(world: World, consumer: Any) -> None:
    line = consumer.line
    assert consumer.acked <= consumer.cursor <= line.top
    flying = [
        seq
        for seq in range(consumer.acked + 1, consumer.cursor + 1)
        if world.server.ledger.failed_from(seq) is None or world.server.ledger.failed_from(seq).first > seq
    ]
    assert len(flying) <= LIMITS.window_events
    link = world.links[line.line]
    client = link.owner.client
    if link.client_knows or client.data.line != link.client_line or client.data.conn != line.conn:
        return
    if client.position is not None and client.position.epoch == world.server.epoch and not client.data.losing():
        assert consumer.acked <= client.position.seq <= client.data.last <= world.server.state.maxsent
