"""A user who moves between two runtimes at random, with hints at random, and faults: nothing is missed or doubled."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from stentor.protocol import ClientState

from .faults import POINTS, STORE_POINTS, BadHints, Nth, broken_store
from .whole import check_end, check_now
from .world import Reader, World

NODES = st.integers(0, 1)


class Moves(RuleBasedStateMachine):
    """Two runtimes, one store, tabs that come and go."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.world: World

    def do(self, job: Coroutine[Any, Any, Any]) -> Any:
        """Run *job* on this example's loop."""
        return self.loop.run_until_complete(job)

    def act(self, step: Callable[[], Any], settle: bool = True) -> None:
        """Do *step* on the loop, and let happen what follows from it at once."""

        async def act() -> None:
            step()
            if settle:
                await self.world.settle()

        self.do(act())

    @initialize(
        points=st.sampled_from([[], POINTS, STORE_POINTS, [*POINTS, *STORE_POINTS]]),
        at=st.sets(st.integers(1, 120), max_size=3),
    )
    def begin(self, points: list[str], at: set[int]) -> None:
        """Start both runtimes; one tab comes to the first."""
        faults = Nth(points, at)
        self.hints = BadHints()
        self.words = 0
        self.said: dict[str, int] = {}

        async def begin() -> None:
            self.world = World(2, hints=self.hints, faults=faults, store=lambda it: broken_store(it, faults))
            await self.world.__aenter__()
            self.world.patience.set()
            self.world.reader("tab0", at=0)
            await self.world.settle()

        self.do(begin())

    @property
    def reader(self) -> Reader:
        """The tab that was opened last, of those that did not end."""
        return [reader for reader in self.world.readers if reader.probe.state is not ClientState.ENDED][-1]

    @rule(node=NODES, count=st.integers(1, 6), settle=st.booleans())
    def emit(self, node: int, count: int, settle: bool) -> None:
        """Emit at one of the runtimes."""
        words = [f"w{self.words + n}" for n in range(count)]
        self.words += count
        self.act(lambda: self.world.emit(*words, at=node), settle=settle)

    @rule(seconds=st.sampled_from([0.1, 0.3, 0.7, 1.5, 4.0]))
    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.do(self.world.run(seconds))

    @rule(how=st.sampled_from(["cut", "vanish"]), elsewhere=st.booleans())
    def lose_the_line(self, how: str, elsewhere: bool) -> None:
        """The tab's line breaks, for both or for the client alone; it comes back here or there."""
        reader = self.reader
        if elsewhere:
            self.world.elsewhere(reader)

        def lose() -> None:
            if reader.probe.state in (ClientState.LIVE, ClientState.CATCHING_UP):
                if how == "cut":
                    reader.probe.cut()
                else:
                    reader.vanish()
            reader.probe.wake()

        self.act(lose)

    @precondition(lambda self: len(self.world.readers) < 4)
    @rule(node=NODES, resume=st.booleans())
    def open_another_tab(self, node: int, resume: bool) -> None:
        """Another tab takes over, here or there."""
        position = self.reader.probe.position if resume else None
        self.act(lambda: self.world.reader(f"tab{len(self.world.readers)}", at=node, resume=position))

    @rule(hold=st.booleans())
    def handle_slowly(self, hold: bool) -> None:
        """The handler hangs, or returns."""
        self.act(self.reader.probe.hold if hold else self.reader.probe.release)

    @rule()
    def refuse(self) -> None:
        """The handler refuses the next event."""
        self.reader.probe.reject()

    @rule(kind=st.sampled_from(["prompt", "slow"]))
    def say(self, kind: str) -> None:
        """The user says something."""
        reader, text = self.reader, f"{self.reader.tab} says {len(self.said)}"

        def say() -> None:
            self.said[text] = reader.probe.say(kind, text)

        self.act(say)

    @rule(patient=st.booleans())
    def let_answers_take_long(self, patient: bool) -> None:
        """Answers of the slow kind come now, or later."""
        self.act(self.world.patience.clear if patient else self.world.patience.set)

    @rule(at=st.integers(0, 9), fate=st.sampled_from(["deliver", "double", "drop"]))
    def hint(self, at: int, fate: str) -> None:
        """A hint arrives, arrives and will once more, or never does."""
        if fate == "drop":
            self.hints.drop(at)
        else:
            self.act(lambda: self.hints.deliver(at, again=fate == "double"))

    @invariant()
    def whole(self) -> None:
        """At every moment."""
        if hasattr(self, "world"):
            check_now(self.world)

    def teardown(self) -> None:
        """Without further faults, everything comes to its end."""
        if hasattr(self, "world"):
            try:
                self.do(self.end())
            finally:
                self.do(self.world.__aexit__(None, None, None))
        self.loop.close()

    async def end(self) -> None:
        """No fault, no hint; the user waits."""
        world = self.world
        world.quiet()
        world.hints = None
        world.patience.set()
        for reader in world.readers:
            reader.probe.release()
            reader.probe._rejections.clear()
        world.emit("the end", at=0)
        world.emit("the end", at=1)
        await world.run(60.0)
        await world.delivered()
        check_end(world)
        alive = [reader for reader in world.readers if reader.probe.state is not ClientState.ENDED]
        assert 1 == len(alive), "two tabs have the session, or none"
        assert ClientState.LIVE is alive[0].probe.state
        heard = Counter(data for _, data in world.prompts)
        assert all(count == 1 for count in heard.values()), heard
        for reader in world.readers:
            taken = {text: cid for text, cid in self.said.items() if text.startswith(f"{reader.tab} ")}
            if reader in alive:
                assert set(taken.values()) == set(reader.probe.said)
            for text, cid in taken.items():
                if cid in reader.probe.said:
                    assert (reader.probe.said[cid] is None) == (text in heard), text


def test_a_user_who_moves_between_two_runtimes_at_random_misses_nothing_and_gets_nothing_twice() -> None:
    """Lost lines, tabs, refusals, messages, bad hints and faults in any order, looked at after each."""
    run_state_machine_as_test(
        Moves,
        settings=settings(
            max_examples=150, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
