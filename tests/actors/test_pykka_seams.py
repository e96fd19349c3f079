"""The seams of Pykka that the actors' core is built on: one contract test each."""

from __future__ import annotations

import inspect
import logging
import queue
from typing import Any

import pykka
import pytest
from pykka._envelope import Envelope
from pykka.messages import ProxyCall, ProxyGetAttr, ProxySetAttr, _ActorStop
from stentor.actors import ActorRef, LoopActor, LoopFuture


class Echo(LoopActor):
    colour = "red"

    def on_receive(self, message: Any) -> Any:
        return message

    def double(self, number: int) -> int:
        return number * 2


def test_actor_init_takes_anything_and_gives_urn_inbox_stop_flag_and_ref() -> None:
    """Pykka's ``__init__`` sets four things; ours has the same four without calling it."""
    threaded = pykka.ThreadingActor(1, key="value")
    ours = LoopActor(1, key="value")

    for actor in (threaded, ours):
        assert actor.actor_urn.startswith("urn:uuid:")
        assert isinstance(actor.actor_ref, pykka.ActorRef)
        assert actor.actor_inbox.empty()
        assert not actor.actor_stopped.is_set()
    assert inspect.signature(pykka.Actor.__init__).parameters.keys() == {"self", "_args", "_kwargs"}


def test_actor_ref_is_a_pykka_ref_with_its_five_attributes() -> None:
    """Pykka's registry and proxy read these from any ref."""
    ref = Echo.start()
    try:
        assert isinstance(ref, pykka.ActorRef)
        assert ref.actor_class is Echo
        assert ref.actor_urn in str(ref)
        assert ref.actor_inbox is not None
        assert ref.actor_stopped.is_set() is False
        assert isinstance(ref._actor_weakref(), Echo)
    finally:
        ref.stop()


async def test_future_await_suspends_where_pykkas_own_blocks() -> None:
    """Pykka's ``__await__`` yields once and then calls ``get()``; ours really waits."""
    source = inspect.getsource(pykka.Future.__await__)
    assert "self.get()" in source
    ref = Echo.start()

    assert await ref.ask("ping", block=False) == "ping"

    await ref.stop(block=False)


def test_future_iter_is_its_await() -> None:
    """``yield from future`` is what old-style coroutines use."""
    assert pykka.Future.__iter__ is pykka.Future.__await__
    assert LoopFuture.__iter__ is LoopFuture.__await__


def test_handle_receive_serves_pykkas_four_messages() -> None:
    """ProxyCall, ProxyGetAttr, ProxySetAttr and _ActorStop go to Pykka's method, all others to on_receive."""
    actor = Echo()

    assert actor._handle_receive(ProxyCall(("double",), (4,), {})) == 8
    assert actor._handle_receive(ProxyGetAttr(("colour",))) == "red"
    assert actor._handle_receive(ProxySetAttr(("colour",), "blue")) is None
    assert actor.colour == "blue"
    assert actor._handle_receive("other") == "other"
    assert actor._handle_receive(_ActorStop()) is None
    assert actor.actor_stopped.is_set()


def test_create_actor_inbox_is_asked_for_by_pykkas_init_alone() -> None:
    """Our slot is the inbox, so nothing else may call it; and it must take and give Pykka's envelopes."""
    assert "_create_actor_inbox()" in inspect.getsource(pykka.Actor.__init__)
    with pytest.raises(NotImplementedError):
        Echo._create_actor_inbox()
    inbox = Echo().actor_inbox
    future = LoopFuture[Any]()

    inbox.put(Envelope("a"))
    inbox.put(Envelope("b", reply_to=future))

    assert not inbox.empty()
    assert inbox.get().message == "a"
    assert inbox.get().reply_to is future
    assert inbox.empty()


def test_create_future_makes_what_ask_returns() -> None:
    """Pykka's ask and stop make their futures by it."""
    assert isinstance(Echo._create_future(), LoopFuture)
    future = Echo._create_future()
    future.set(1)
    with pytest.raises(queue.Full):
        future.set(2)
    assert future.get() == 1


def test_start_actor_loop_is_the_last_thing_that_pykkas_start_does() -> None:
    """The actor is registered by then."""
    source = inspect.getsource(pykka.Actor.start)
    assert source.index("ActorRegistry.register") < source.index("_start_actor_loop()")
    ref = Echo.start()
    try:
        assert pykka.ActorRegistry.get_by_urn(ref.actor_urn) is ref
        assert ref.ask("alive") == "alive"
    finally:
        ref.stop()


def test_stop_unregisters_sets_the_flag_and_calls_on_stop() -> None:
    """In this order, as Pykka's does."""
    order: list[Any] = []

    class Leaving(Echo):
        def on_stop(self) -> None:
            order.append((self.actor_stopped.is_set(), self.actor_ref in pykka.ActorRegistry.get_all()))

    ref = Leaving.start()
    ref.stop()

    assert order == [(True, False)]


def test_handle_failure_is_pykkas_own_and_ends_a_plain_actor() -> None:
    """It logs, unregisters, and sets the flag."""
    assert LoopActor._handle_failure is pykka.Actor._handle_failure
    actor = Echo()

    actor._handle_failure(ValueError, ValueError("x"), None)

    assert actor.actor_stopped.is_set()


def test_actor_stop_is_the_message_that_stop_sends() -> None:
    """It stands in the message lane, so what was told before it is handled first."""
    seen: list[Any] = []

    class Slow(Echo):
        def on_receive(self, message: Any) -> None:
            seen.append(message)

    ref = Slow.start()
    for number in range(100):
        ref.tell(number)
    ref.tell(_ActorStop())

    assert ref.actor_stopped.wait(5)
    assert seen == list(range(100))


def test_a_ref_is_accepted_by_pykkas_own_proxy() -> None:
    """Whoever builds ``pykka.ActorProxy`` by hand gets a working one."""
    ref = Echo.start()
    proxy = pykka.ActorProxy(actor_ref=ref)
    try:
        assert proxy.double(3).get() == 6
        assert ref.proxy() == proxy
        assert isinstance(ref, ActorRef)
    finally:
        ref.stop()


@pytest.mark.parametrize("level", [logging.INFO, logging.DEBUG])
def test_an_actor_is_in_pykkas_registry_from_start_to_stop(level: int) -> None:
    """Whether Pykka's own start put it there, or ours, which leaves the log lines out."""
    logger = logging.getLogger("pykka")
    before = logger.level
    logger.setLevel(level)
    try:
        ref = Echo.start()
        there = pykka.ActorRegistry.get_by_urn(ref.actor_urn)
        ref.stop()
    finally:
        logger.setLevel(before)

    assert ref is there
    assert pykka.ActorRegistry.get_by_urn(ref.actor_urn) is None
