"""The model check: both real machines over a lossy link, with deaths between any two effects."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from .world import LIMITS, World

SETTINGS = settings(
    max_examples=150,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
)


class Delivery(RuleBasedStateMachine):
    """Everything that can go wrong with one session and two tabs."""

    world_class = World

    @initialize(delayed=st.booleans(), snapshots=st.booleans())
    def begin(self, delayed: bool, snapshots: bool) -> None:
        self.world = self.world_class(delayed=delayed, snapshots=snapshots)

    @rule(count=st.integers(1, 9))
    def emit(self, count: int) -> None:
        self.world.emit(count)

    @rule(count=st.integers(1, 4), hint=st.booleans())
    def emit_elsewhere(self, count: int, hint: bool) -> None:
        self.world.emit_elsewhere(count, hint)

    @rule(tab=st.integers(0, 1))
    def connect(self, tab: int) -> None:
        app = self.world.apps[tab]
        app.run(app.client.connect(self.world.now))

    @rule(tab=st.integers(0, 1), end=st.just(False))
    def stop(self, tab: int, end: bool) -> None:
        app = self.world.apps[tab]
        app.run(app.client.stop(self.world.now, end=end))

    @rule(tab=st.integers(0, 1))
    def say(self, tab: int) -> None:
        app = self.world.apps[tab]
        if app.client.state.value != "ended":
            app.run(app.client.say("prompt", app.client.data.cid, self.world.now)[1])

    @rule(pick=st.integers(0, 50), to_server=st.booleans(), count=st.integers(1, 8))
    def move(self, pick: int, to_server: bool, count: int) -> None:
        live = [n for n, link in self.world.links.items() if not (link.client_knows and link.server_knows)]
        if live:
            for _ in range(count):
                self.world.move(live[-1 - pick % len(live)], to_server)

    @rule(count=st.integers(1, 30))
    def flow(self, count: int) -> None:
        """Nothing goes wrong for a while."""
        for _ in range(count):
            self.world.answer()
            for number in list(self.world.links)[-2:]:
                self.world.move(number, True)
                self.world.move(number, False)
            for app in self.world.apps:
                self.world.handle(app)

    @rule(tab=st.integers(0, 1), refuse=st.integers(0, 3))
    def handle(self, tab: int, refuse: int) -> None:
        self.world.handle(self.world.apps[tab], refuse=refuse == 0)

    @rule(pick=st.integers(0, 50))
    def cut(self, pick: int) -> None:
        live = [n for n, link in self.world.links.items() if not link.cut]
        if live:
            self.world.cut(live[-1 - pick % len(live)])

    @rule(fuse=st.integers(0, 12))
    def die(self, fuse: int) -> None:
        self.world.fuse = fuse

    @precondition(lambda self: self.world.delayed)
    @rule(count=st.integers(1, 4))
    def answer(self, count: int) -> None:
        for _ in range(count):
            self.world.answer()

    @rule(offset=st.integers(0, 6), count=st.integers(1, 5))
    def expire(self, offset: int, count: int) -> None:
        first = self.world.log.floor + 1 + offset
        if first <= self.world.log.head:
            self.world.expire(first, min(first + count - 1, self.world.log.head))

    @rule(durable=st.booleans())
    def restart(self, durable: bool) -> None:
        self.world.restart(durable=durable)

    @rule(seconds=st.sampled_from([0.01, 0.3, 1.0, 3.0, 10.0]))
    def advance(self, seconds: float) -> None:
        self.world.advance(seconds)

    @invariant()
    def holds(self) -> None:
        if hasattr(self, "world"):
            self.world.check()

    def teardown(self) -> None:
        """I11: without further faults everything is delivered. I10: every receipt resolves. I12: every end is noted."""
        if not hasattr(self, "world"):
            return
        world = self.world
        world.fuse = None
        second = world.apps[1]
        second.run(second.client.stop(world.now))
        world.apps[0].run(world.apps[0].client.connect(world.now))
        world.act(lambda: world.server.head_hint(world.log.head, world.now))
        for batch in list(world.outbox):
            world.act(lambda batch=batch: [world.server.append(*batch)])
        world.settle()
        world.check()
        assert world.outbox == []
        assert all(world.log.outcomes.get(seq) for seq in range(1, world.log.head + 1))
        assert world.server.ledger.floor == world.log.floor
        assert world.server.ledger.failed == merged(world.log)
        world.act(lambda: world.server.drain(world.now, 0.0))
        while world.answer():
            pass
        assert world.closed is not None
        assert world.closed.flushed


def merged(log):  # noqa: ANN001, ANN201
    """Return the log's failures as the ledger keeps them: neighbours of one code joined."""
    from stentor.protocol import FailedRange

    ranges: list[FailedRange] = []
    for item in log.failed():
        if ranges and ranges[-1].last == item.first - 1 and ranges[-1].code == item.code:
            ranges[-1] = FailedRange(ranges[-1].first, item.last, item.code)
        else:
            ranges.append(item)
    return tuple(ranges)


TestDelivery = Delivery.TestCase
TestDelivery.settings = SETTINGS
assert LIMITS.window_events == 5
