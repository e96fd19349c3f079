"""Every adapter of the store ports, each for the whole contract suite."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

import pytest
from stentor.actors import ManualClock
from stentor.actors.ports import Hints, Inbox, Log, Ownership, Runs
from stentor.actors.stores import MemoryStore
from stentor.protocol import Limits

T = TypeVar("T")


class Store(Protocol):
    """What a store offers."""

    log: Log
    ownership: Ownership
    inbox: Inbox
    runs: Runs
    hints: Hints


_ADAPTERS: dict[str, Callable[[], Store]] = {"memory": MemoryStore}


@pytest.fixture(params=sorted(_ADAPTERS))
def store(request: pytest.FixtureRequest) -> Store:
    """A new store of each kind."""
    return _ADAPTERS[request.param]()


_AGING: dict[str, Callable[[ManualClock], Store]] = {
    "memory": lambda clock: MemoryStore(Limits(memory_age=100.0), clock)
}


@pytest.fixture(params=sorted(_AGING))
def aging(request: pytest.FixtureRequest) -> Callable[[ManualClock], Store]:
    """A maker of stores of each kind, in which events expire after 100 s of a clock."""
    return _AGING[request.param]


async def answer(value: T | Awaitable[T]) -> T:
    """Take an answer that came at once, or wait for it."""
    if inspect.isawaitable(value):
        return await value
    return value  # type: ignore[return-value]


@pytest.fixture
def ask() -> Callable[[Any], Awaitable[Any]]:
    """The function that takes an answer of either kind."""
    return answer
