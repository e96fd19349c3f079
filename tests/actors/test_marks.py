"""Exceptions that refuse every assignment crash their actor like any other, and their askers are answered."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import attrs
import pytest
from stentor.actors import Actor


@attrs.frozen
class AttrsFrozen(Exception):
    number: int = 1


@dataclass(frozen=True)
class DataFrozen(Exception):
    number: int = 1


class Closed(Exception):
    def __setattr__(self, name: str, value: Any) -> None:
        raise RuntimeError(f"{name} may not be set")


class ReadOnly(Exception):
    @property
    def failure_id(self) -> str:
        return "mine"


KINDS: list[Any] = [AttrsFrozen, DataFrozen, Closed, ReadOnly]


class Raiser(Actor):
    def __init__(self, early: Any = None) -> None:
        if early is not None:
            raise early()

    def on_receive(self, message: Any) -> Any:
        if isinstance(message, type):
            raise message()
        return message

    async def slowly(self, kind: Any) -> None:
        await asyncio.sleep(0)
        raise kind()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", ["ask", "tell", "async proxy"])
async def test_an_exception_that_refuses_assignment_is_a_crash_like_any_other(house: Any, kind: Any, way: str) -> None:
    """The asker has it, with the failure's id; the parent has the failure; nothing pins the dead incarnation."""
    estate = house.estate(Raiser)
    estate.launch()
    answer: Any = None
    match way:
        case "ask":
            answer = estate.ref.ask(kind, block=False)
        case "tell":
            estate.ref.tell(kind)
        case _:
            answer = estate.ref.proxy().slowly(kind)
    raised: Any = None
    if answer is not None:
        with pytest.raises(kind) as caught:
            async with asyncio.timeout(5):
                await answer
        raised = caught.value
    await house.settle()

    (exited,) = house.parent.heard
    assert ("crash", kind) == (exited.reason, type(exited.failure.exception))
    if raised is None:
        assert exited.failure.exception.__traceback__ is None
    else:
        assert exited.failure.id == raised.__dict__["failure_id"]
    assert "Started" == type(estate.launch()).__name__
    assert "back" == await estate.ref.ask("back", block=False)
    estate.close("test")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_start_may_fail_with_an_exception_that_refuses_assignment(house: Any, kind: Any) -> None:
    """Launch returns it, and start raises it."""
    estate = house.estate(Raiser, kind)

    result = estate.launch()

    assert kind is type(result.failure.exception)
    assert ("down", None) == (estate.state, result.failure.exception.__traceback__)
    with pytest.raises(kind) as caught:
        Raiser.start(kind)
    assert 32 == len(caught.value.__dict__["failure_id"])
    estate.close("test")


async def test_an_asker_is_answered_even_if_the_parent_can_not_be_told(house: Any) -> None:
    """Whatever else goes wrong at a death."""

    def deaf(message: Any) -> bool:
        raise RuntimeError("the parent's loop is closed")

    house.parent.control = deaf
    estate = house.estate(Raiser)
    estate.launch()
    complaints: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context["exception"]))

    with pytest.raises(AttrsFrozen):
        async with asyncio.timeout(5):
            await estate.ref.ask(AttrsFrozen, block=False)

    assert ["the parent's loop is closed"] == [str(each) for each in complaints]
    estate.close("test")
