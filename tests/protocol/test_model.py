"""The model check: both real machines over a lossy link, with deaths between any two effects."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from stentor.protocol import FailedRange, Ledger

from .invariants import check
from .memory_log import MemoryLog
from .world import World

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

    @initialize(delayed=st.booleans(), snapshots=st.booleans(), late=st.booleans(), draining=st.booleans())
    def begin(self, delayed: bool, snapshots: bool, late: bool = False, draining: bool = False) -> None:
        self.world = self.world_class(delayed=delayed, snapshots=snapshots, late=late)
        self.draining = draining

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

    @rule(count=st.integers(1, 12))
    def arrive(self, count: int) -> None:
        """Frames arrive at both ends, and the handlers are slow."""
        for _ in range(count):
            self.world.answer()
            self.world.move_latest()

    @rule(count=st.integers(1, 30))
    def flow(self, count: int) -> None:
        """Nothing goes wrong for a while."""
        for _ in range(count):
            self.world.answer()
            self.world.move_latest()
            for app in self.world.apps:
                app.handle()
            self.world.advance(0.05)

    @rule(tab=st.integers(0, 1), refuse=st.integers(0, 3))
    def handle(self, tab: int, refuse: int) -> None:
        self.world.apps[tab].handle(refuse=refuse == 0)

    @rule(pick=st.integers(0, 50))
    def cut(self, pick: int) -> None:
        live = [n for n, link in self.world.links.items() if not link.cut]
        if live:
            self.world.cut(live[-1 - pick % len(live)])

    @rule(tab=st.integers(0, 1), count=st.integers(1, 4))
    def refuse_and_cut(self, tab: int, count: int) -> None:
        """The ack that names the refusals does not arrive."""
        for _ in range(count):
            self.world.apps[tab].handle(refuse=True)
        for number in list(self.world.links)[-2:]:
            self.world.cut(number)

    @rule(tab=st.integers(0, 1))
    def take_over(self, tab: int) -> None:
        """One tab says hello while the other's frames are still on their way."""
        app = self.world.apps[tab]
        app.run(app.client.connect(self.world.now))
        number = len(self.world.links)
        if number and self.world.links[number].owner is app:
            self.world.move(number, True)

    @rule(fuse=st.integers(0, 12))
    def die(self, fuse: int) -> None:
        self.world.fuse = fuse

    @rule(fuse=st.integers(0, 5), count=st.integers(1, 9))
    def die_while_sending(self, fuse: int, count: int) -> None:
        self.world.fuse = fuse
        self.world.emit(count)

    @precondition(lambda self: self.world.delayed)
    @rule(count=st.integers(1, 4))
    def answer(self, count: int) -> None:
        for _ in range(count):
            self.world.answer()

    @precondition(lambda self: self.world.refusals)
    @rule()
    def refuse(self) -> None:
        """What the store refused long ago is heard of now."""
        self.world.refusal()

    @rule(tab=st.integers(0, 1))
    def be_elsewhere(self, tab: int) -> None:
        """A tab was at another process, which acknowledged for it; the log lets go of what is acked."""
        self.world.elsewhere(self.world.apps[tab])

    @rule()
    def claim(self) -> None:
        """The session is claimed by force, without a connection."""
        self.world.claim()

    @rule(offset=st.integers(0, 6), count=st.integers(1, 5))
    def expire(self, offset: int, count: int) -> None:
        first = self.world.log.floor + 1 + offset
        if first <= self.world.log.head:
            self.world.expire(first, min(first + count - 1, self.world.log.head))

    @rule(durable=st.booleans())
    def restart(self, durable: bool) -> None:
        self.world.restart(durable=durable)

    @rule()
    def move_away(self) -> None:
        """Another process claims the session; this one learns of it when the log refuses it."""
        self.world.log.gen += 1

    @rule(seconds=st.sampled_from([0.01, 0.3, 1.0, 3.0, 10.0]))
    def advance(self, seconds: float) -> None:
        self.world.advance(seconds)

    @invariant()
    def holds(self) -> None:
        if hasattr(self, "world"):
            check(self.world)

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
        if self.draining:
            world.drain()
        world.settle()
        check(world)
        assert world.outbox == []
        for epoch, bodies in world.accepted.items():
            kept = world.logs[epoch].bodies
            assert all(kept.count(body) == 1 for body in bodies), "an accepted event is not in the log exactly once"
        assert all(world.log.outcomes.get(seq) for seq in range(1, world.log.head + 1))
        assert world.server.ledger.floor == world.log.floor
        assert world.server.ledger.failed == merged(world.log)
        world.act(lambda: world.server.drain(world.now, 0.0))
        while world.answer():
            pass
        assert world.resolved == world.log.floor
        for number, link in world.links.items():
            kinds = world.ended.get(number, set())
            assert len(kinds) <= 1
            assert link.server_end is None or kinds == {"line_closed"}
        assert world.closed is not None
        assert world.closed.flushed


def merged(log: MemoryLog) -> tuple[FailedRange, ...]:
    """Return the log's failures as a ledger keeps them."""
    ledger = Ledger()
    ledger.settle(0, log.failed())
    return ledger.failed


TestDelivery = Delivery.TestCase
TestDelivery.settings = SETTINGS
