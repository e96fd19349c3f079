"""Proxies look an attribute up when it is used, in the class and the live instance, as Pykka's do beforehand."""

from __future__ import annotations

import logging
from typing import Any

import pykka
import pytest
from stentor.actors import Actor, ActorProxy, LoopActor


class Nested:
    pykka_traversable = True
    depth = 1

    def __init__(self) -> None:
        self.below = "below"
        self.further: Any = None

    def call(self) -> str:
        return "called"


def shown(kind: Any) -> Any:
    class Shown(kind):
        colour = "red"

        def __init__(self) -> None:
            super().__init__()
            self.own = "own"
            self.nested = Nested()
            self.nested.further = Nested()
            self._hidden = "hidden"

        @property
        def computed(self) -> str:
            return self.own + "!"

        @staticmethod
        def fixed() -> str:
            return "fixed"

        def add(self, name: str, value: Any) -> None:
            setattr(self, name, value)

        def method(self) -> str:
            return "method"

    return Shown


@pytest.fixture(params=[LoopActor, Actor])
async def ref(request: Any) -> Any:
    ref = shown(request.param).start()
    yield ref
    await ref.stop(block=False)


async def test_a_proxy_shows_what_the_class_and_the_instance_have(ref: Any) -> None:
    """Values as futures, methods as calls, what is traversable as proxies."""
    proxy = ref.proxy()

    values = [await proxy.colour, await proxy.own, await proxy.computed, await proxy.method(), await proxy.fixed()]
    deep = [await proxy.nested.below, await proxy.nested.call(), await proxy.nested.further.depth]

    assert values == ["red", "own", "own!", "method", "fixed"]
    assert deep == ["below", "called", 1]


async def test_a_proxy_knows_exactly_what_pykkas_own_knows(ref: Any) -> None:
    """Name by name, and of the same sort."""
    ours, pykkas = ref.proxy(), pykka.ActorProxy(actor_ref=ref)

    names = {path for path in pykkas._known_attrs if len(path) == 1}
    sorts = {path: (info.callable, info.traversable) for path, info in pykkas._known_attrs.items() if path in names}

    assert {"colour", "own", "computed", "fixed", "add", "method", "nested", "actor_ref"} <= {name for (name,) in names}
    assert sorts == {path: tuple(ours._look_up(path)) for path in names}
    assert {name for (name,) in names} <= set(dir(ours))


@pytest.mark.parametrize("name", ["_hidden", "nothing", "add_later"])
async def test_what_is_hidden_or_not_there_is_an_attribute_error(ref: Any, name: str) -> None:
    """Here, and not in the actor."""
    with pytest.raises(AttributeError, match=name):
        getattr(ref.proxy(), name)


async def test_an_attribute_that_is_added_later_is_found(ref: Any) -> None:
    """It is looked up when it is used."""
    proxy = ref.proxy()
    await proxy.add("later", "now")

    assert await proxy.later == "now"


async def test_a_class_attribute_of_one_actor_does_not_show_in_another() -> None:
    """Nothing is kept for longer than the proxy, for classes can be changed too."""
    first, second = shown(Actor), shown(Actor)
    first.extra = "extra"
    one, two = first.start(), second.start()

    assert await one.proxy().extra == "extra"
    with pytest.raises(AttributeError):
        _ = two.proxy().extra
    second.extra = lambda self: "a method now"
    assert await two.proxy().extra() == "a method now"
    for each in (one, two):
        await each.stop(block=False)


async def test_a_proxy_to_itself_is_named_and_not_followed(caplog: pytest.LogCaptureFixture) -> None:
    """Pykka would follow it for ever; the actor's author is told when a proxy is made."""

    class Selfish(LoopActor):
        def __init__(self) -> None:
            super().__init__()
            self.me = self.actor_ref.proxy()

    ref = Selfish.start()
    with caplog.at_level(logging.WARNING, "pykka"):
        proxy = ref.proxy()
    assert ["attribute 'me' is a proxy to itself"] == [
        record.getMessage()[record.getMessage().index("attribute") :].partition(".")[0] for record in caplog.records
    ]
    with pytest.raises(AttributeError, match="me"):
        _ = proxy.me
    await ref.stop(block=False)


async def test_making_a_proxy_looks_nothing_up(ref: Any) -> None:
    """However many names the class has: a property is not run, and its attributes are not gone through."""
    actor = ref._actor_weakref()
    before = dict(vars(actor))

    proxy = ref.proxy()

    assert isinstance(proxy, ActorProxy)
    assert {} == proxy._known_attrs
    assert before == vars(actor)
