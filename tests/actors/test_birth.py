"""An incarnation gets context and lease when it first needs them; what its constructor did there stays its own."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import Any

import pytest
from stentor.actors import Actor
from stentor.protocol.errors import Fenced

from .conftest import House

WORD: ContextVar[str] = ContextVar("word", default="nothing")


async def test_what_a_constructor_puts_into_its_context_is_there_for_its_handlers_and_for_nobody_else(
    house: House,
) -> None:
    """A constructor that sets a variable keeps the context in which it ran."""

    class Talker(Actor):
        def __init__(self, word: str | None) -> None:
            super().__init__()
            if word is not None:
                WORD.set(word)

        def on_receive(self, message: Any) -> str:
            return WORD.get()

    ada, ben, eve = (house.estate(Talker, word, path=f"/{word}") for word in ("ada", None, "eve"))
    for estate in (ada, ben, eve):
        estate.launch()

    assert ["ada", "nothing", "eve"] == [await each.ref.ask("?", block=False) for each in (ada, ben, eve)]


async def test_an_actor_started_by_a_constructor_has_a_context_of_its_own(house: House) -> None:
    """Two constructors that run at once, one within the other, do not meet in one context."""

    class Inner(Actor):
        def __init__(self) -> None:
            super().__init__()
            WORD.set("inner")

    class Outer(Actor):
        def __init__(self) -> None:
            super().__init__()
            self.inner = house.estate(Inner, path="/inner")
            self.inner.launch()
            self.word = WORD.get()

    outer = house.estate(Outer)
    outer.launch()

    assert "nothing" == await outer.ref.proxy().word


async def test_a_task_that_a_constructor_made_is_fenced_when_its_incarnation_has_ended(house: House) -> None:
    """The lease that a constructor's task took along is void after the restart, like any other."""
    tasks: list[asyncio.Task[None]] = []
    go = asyncio.Event()

    class Maker(Actor):
        def __init__(self) -> None:
            super().__init__()
            if not tasks:
                tasks.append(asyncio.get_running_loop().create_task(self._later()))

        async def _later(self) -> None:
            await go.wait()
            self.actor_ref.tell("from the grave")

        def on_receive(self, message: Any) -> None:
            raise RuntimeError(message)

    estate = house.estate(Maker)
    estate.launch()
    estate.ref.tell("crash")
    await house.settle()
    estate.launch()
    go.set()

    with pytest.raises(Fenced):
        await tasks[0]
    assert ["tell"] == house.ledger.doors()


async def test_a_timer_that_a_constructor_set_fires_for_its_own_incarnation_only(house: House) -> None:
    """A lease that a timer keeps is the incarnation's, though no message has come yet."""
    heard: list[Any] = []

    class Sleeper(Actor):
        def __init__(self) -> None:
            super().__init__()
            self.tell_later(1.0, self.incarnation)

        def on_receive(self, message: Any) -> None:
            heard.append(message)

    estate = house.estate(Sleeper)
    estate.launch()
    estate.abandon()
    estate.launch()
    house.clock.advance(1.0)
    await house.settle()

    assert [2] == heard


async def test_an_actor_that_has_ended_before_its_first_message_gets_no_lease(house: House) -> None:
    """Who never had a lease is refused after its end, like one whose lease is void."""

    class Quiet(Actor):
        """Does nothing."""

    estate = house.estate(Quiet)
    estate.launch()
    actor: Any = estate.ref._actor_weakref()  # pyright: ignore[reportPrivateUsage]
    estate.abandon()

    with pytest.raises(Fenced):
        actor.tell_later(1.0, "x")
    assert ["timer"] == house.ledger.doors()


@pytest.mark.parametrize("crowd", [1, 2, 3, 40])
async def test_messages_keep_their_order_however_many_wait(house: House, crowd: int) -> None:
    """Whether one message waits alone or behind others, the oldest is handled first."""
    heard: list[int] = []

    class Listener(Actor):
        def on_receive(self, message: int) -> None:
            heard.append(message)
            if message < crowd:
                self.actor_ref.tell(message + 1000)

    estate = house.estate(Listener)
    estate.launch()
    for number in range(crowd):
        estate.ref.tell(number)
    depth = estate.depth
    await house.settle()

    assert (crowd, [*range(crowd), *(number + 1000 for number in range(crowd))]) == (depth, heard)
