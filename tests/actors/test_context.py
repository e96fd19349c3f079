"""Context variables: what one actor sets, no other sees."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stentor.actors import Actor, LoopActor

USER: ContextVar[str | None] = ContextVar("user", default=None)


def actor_of(kind: Any) -> Any:
    class Remembering(kind):
        def on_receive(self, message: Any) -> Any:
            """Set the variable, by one of several ways, and say what was there before."""
            way, value = message
            before = USER.get()
            USER.set(value)
            return self.later(before) if way == "await" else before

        async def later(self, before: str | None) -> str | None:
            mine = USER.get()
            for _ in range(3):
                await asyncio.sleep(0)
                assert USER.get() == mine
            return before

        def spawn(self) -> Any:
            return type(self).start()

    return Remembering


MESSAGES = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["sync", "await"]), st.text(max_size=3)), max_size=30)


@pytest.mark.parametrize("kind", [LoopActor, Actor])
@settings(max_examples=40, deadline=None)
@given(messages=MESSAGES)
def test_no_handler_ever_sees_another_actors_variable(kind: Any, messages: list[tuple[int, str, str]]) -> None:
    """Whatever the interleaving: an actor finds what it set itself the last time, or nothing."""

    async def scenario() -> None:
        cls = actor_of(kind)
        refs = [cls.start() for _ in range(4)]
        answers = [(who, value, refs[who].ask((way, value), block=False)) for who, way, value in messages]
        last: dict[int, str] = {}
        for who, value, answer in answers:
            assert last.get(who) == await answer
            last[who] = value
        assert USER.get() is None
        for ref in refs:
            await ref.stop(block=False)

    asyncio.run(scenario())


@pytest.mark.parametrize("kind", [LoopActor, Actor])
async def test_neither_starter_nor_teller_lends_its_context(kind: Any) -> None:
    """An actor begins with an empty context, whoever starts or tells it."""
    token = USER.set("ada")
    try:
        ref = actor_of(kind).start()
        assert await ref.ask(("sync", "bob"), block=False) is None
        child = await ref.proxy().spawn()
        assert await child.ask(("await", "eve"), block=False) is None
        assert USER.get() == "ada"
    finally:
        USER.reset(token)
    await child.stop(block=False)
    await ref.stop(block=False)


async def test_a_restart_begins_with_an_empty_context(house: Any) -> None:
    """What the dead incarnation had set died with it."""

    class Crashing(actor_of(Actor)):  # type: ignore[misc]
        def on_receive(self, message: Any) -> Any:
            if message == "boom":
                raise ValueError
            return super().on_receive(message)

    estate = house.estate(Crashing)
    estate.launch()
    assert await estate.ref.ask(("sync", "ada"), block=False) is None
    estate.ref.tell("boom")
    await house.settle()
    estate.launch()

    assert await estate.ref.ask(("sync", "bob"), block=False) is None

    estate.close("test")
