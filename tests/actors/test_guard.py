"""Guarded actors: what crashes them, what does not, and what they can do."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from stentor.actors import Actor, LoopActor
from stentor.protocol.errors import ActorDied, BadUsage, NotFound, Refused


class Boom(Exception):
    pass


class Counter(Actor):
    def __init__(self) -> None:
        self.seen: list[Any] = []

    def on_receive(self, message: Any) -> Any:
        if isinstance(message, BaseException):
            raise message
        self.seen.append(message)
        return message

    async def slowly(self, exception: BaseException) -> None:
        await asyncio.sleep(0)
        raise exception


FATAL = [ValueError, SystemExit, KeyboardInterrupt, asyncio.CancelledError, BaseException]


@pytest.mark.parametrize("kind", FATAL)
@pytest.mark.parametrize("way", ["tell", "ask", "proxy", "async proxy"])
async def test_any_exception_ends_its_actor_and_nobody_else(house: Any, kind: Any, way: str) -> None:
    """By whatever way the message came."""
    estate, other = house.estate(Counter), house.estate(Counter, path="/other")
    estate.launch()
    other.launch()
    error = kind()
    match way:
        case "tell":
            estate.ref.tell(error)
        case "ask":
            answer = estate.ref.ask(error, block=False)
        case "proxy":
            answer = estate.ref.proxy().on_receive(error)
        case _:
            answer = estate.ref.proxy().slowly(error)
    if way != "tell":
        with pytest.raises(kind):
            await answer
    await house.settle()

    (exited,) = house.parent.heard
    assert (exited.reason, exited.failure.exception) == ("crash", error)
    assert await other.ref.ask("alive", block=False) == "alive"
    estate.close("test")
    other.close("test")


async def test_a_refusal_answers_the_caller_and_crashes_nobody(house: Any) -> None:
    """Any subclass of Refused, sync or async."""
    estate = house.estate(Counter)
    estate.launch()

    with pytest.raises(NotFound):
        await estate.ref.ask(NotFound(name="x"), block=False)
    with pytest.raises(Refused):
        await estate.ref.proxy().slowly(Refused())
    assert estate.state == "running"
    assert house.parent.heard == house.ledger.refusals == []
    estate.close("test")


async def test_a_refusal_by_tell_is_recorded(house: Any) -> None:
    """It has no caller to answer, and may not vanish."""
    estate = house.estate(Counter)
    estate.launch()
    refusal = NotFound(name="x")
    estate.ref.tell(refusal)
    await house.settle()

    assert house.ledger.refusals == [("/child", refusal, refusal)]
    assert estate.state == "running"
    estate.close("test")


async def test_without_a_parent_a_crash_is_recorded_and_final(house: Any) -> None:
    """Asks that wait fail, tells are dead letters."""
    estate = house.estate(Counter, orphan=True)
    estate.launch()
    estate.ref.tell(Boom())
    estate.ref.tell("told")
    asked = estate.ref.ask("asked", block=False)

    with pytest.raises(ActorDied) as caught:
        await asked
    (failure,) = house.ledger.failures
    assert isinstance(failure.exception, Boom)
    assert caught.value.failure_id == failure.id
    assert [reason for _, _, reason, _ in house.ledger.dead] == ["crash", "crash"]
    assert estate.state == "closed"


async def test_a_crash_whose_parent_is_gone_is_recorded(house: Any) -> None:
    """Otherwise nobody would ever hear of it."""
    estate = house.estate(Counter)
    house.parent.control = lambda message: False
    estate.launch()
    estate.ref.tell(Boom())
    await house.settle()

    assert len(house.ledger.failures) == 1
    assert estate.state == "closed"


async def test_on_failure_is_called_with_the_exception_and_may_be_async(house: Any) -> None:
    """What it raises itself is recorded and changes nothing."""
    called: list[Any] = []

    class Mourning(Counter):
        async def on_failure(self, exception_type: Any, exception_value: Any, traceback: Any) -> None:
            await asyncio.sleep(0)
            called.append((exception_type, traceback is not None))
            raise KeyError("second")

    estate = house.estate(Mourning)
    estate.launch()
    with pytest.raises(Boom):
        await estate.ref.ask(Boom(), block=False)

    assert called == [(Boom, True)]
    assert [failure.operation for failure in house.ledger.failures] == ["on_failure"]
    assert isinstance(house.parent.heard[0].failure.exception, Boom)
    estate.close("test")


async def test_a_handler_may_answer_later_and_go_on(house: Any) -> None:
    """Other messages are handled in between."""

    class Later(Counter):
        def on_receive(self, message: Any) -> Any:
            if message == "later":
                self._reply = self.defer_reply()
                return "ignored"
            if message == "fail":
                self.defer_reply().fail(KeyError("no"))
                return None
            self._reply.set(message)
            return "now"

    estate = house.estate(Later)
    estate.launch()
    deferred = estate.ref.ask("later", block=False)
    assert await estate.ref.ask("answer", block=False) == "now"
    assert await deferred == "answer"
    with pytest.raises(KeyError):
        await estate.ref.ask("fail", block=False)
    assert estate.state == "running"
    estate.close("test")


async def test_a_deferred_reply_dies_with_its_incarnation(house: Any) -> None:
    """Its asker is answered, with the failure's id."""

    class Later(Counter):
        def on_receive(self, message: Any) -> Any:
            if message == "later":
                self.defer_reply()
                return None
            return super().on_receive(message)

    estate = house.estate(Later)
    estate.launch()
    deferred = estate.ref.ask("later", block=False)
    estate.ref.tell(Boom())

    with pytest.raises(ActorDied) as caught:
        await deferred
    assert caught.value.failure_id == house.parent.heard[0].failure.id
    estate.close("test")


async def test_tell_later_comes_at_its_time(house: Any) -> None:
    """By the actor's clock; cancelled, it does not come."""

    class Timed(Counter):
        def on_start(self) -> None:
            self.tell_later(2.0, "two")
            self.tell_later(1.0, "one")
            self.tell_later(1.5, "never").cancel()

    estate = house.estate(Timed)
    estate.launch()
    await house.clock.run(1.0)
    assert await estate.ref.proxy().seen == ["one"]
    await house.clock.run(1.0)

    assert await estate.ref.proxy().seen == ["one", "two"]
    estate.close("test")


async def test_a_timer_of_a_dead_incarnation_fires_into_the_record(house: Any) -> None:
    """Not into the mailbox of its successor."""

    class Timed(Counter):
        def on_start(self) -> None:
            if self.incarnation == 1:
                self.tell_later(2.0, "two")

    estate = house.estate(Timed)
    estate.launch()
    estate.ref.tell(Boom())
    await house.settle()
    estate.launch()
    await house.clock.run(2.0)

    assert house.ledger.doors() == ["timer"]
    assert await estate.ref.proxy().seen == []
    estate.close("test")


async def test_any_number_of_wakes_is_one_call_and_needs_no_room(house: Any) -> None:
    """Messages and wakes take turns, so neither starves the other."""

    class Sleeper(Counter):
        def on_wake(self) -> None:
            self.seen.append("wake")
            if self.seen.count("wake") < 4:
                self.actor_ref.wake()

    estate = house.estate(Sleeper, capacity=3)
    for message in "abc":
        estate.ref.tell(message)
    for _ in range(5):
        estate.ref.wake()
    estate.launch()
    await house.settle()

    assert estate._actor.seen == ["wake", "a", "wake", "b", "wake", "c", "wake"]
    estate.close("test")


async def test_a_crash_in_on_wake_is_a_crash_without_a_dead_letter(house: Any) -> None:
    """The operation is named."""

    class Sleeper(Counter):
        def on_wake(self) -> None:
            raise Boom

    estate = house.estate(Sleeper)
    estate.launch()
    estate.ref.wake()
    await house.settle()

    assert house.parent.heard[0].failure.operation == "on_wake"
    assert house.ledger.dead == []
    estate.close("test")


async def test_the_control_lane_goes_first_even_when_messages_are_suspended(house: Any) -> None:
    """And suspended messages wait."""

    class Controlled(Counter):
        def on_control(self, message: Any) -> None:
            self.seen.append(("control", message))

    estate = house.estate(Controlled)
    estate.suspend()
    estate.ref.tell("a")
    estate.ref.control("b")
    estate.launch()
    estate.ref.control("c")
    await house.settle()
    assert estate._actor.seen == [("control", "b"), ("control", "c")]
    estate.resume_mailbox()
    await house.settle()

    assert estate._actor.seen[2:] == ["a"]
    estate.close("test")


def test_start_runs_a_synchronous_on_start_and_raises_its_error() -> None:
    """From a plain thread, too: it runs on the background loop."""

    class Failing(Actor):
        def on_start(self) -> None:
            raise Boom

    with pytest.raises(Boom):
        Failing.start()


async def test_start_refuses_an_async_on_start_and_names_what_to_write() -> None:
    """Nothing was started then."""

    class Slow(Counter):
        async def on_start(self) -> None:
            await asyncio.sleep(0)
            self.seen.append("started")

    with pytest.raises(BadUsage, match=r"await Slow\.start_async"):
        Slow.start()
    ref = await Slow.start_async()

    assert await ref.proxy().seen == ["started"]
    await ref.stop(block=False)


async def test_start_async_raises_the_error_of_an_async_on_start() -> None:
    """With the failure's id."""

    class Failing(Actor):
        async def on_start(self) -> None:
            await asyncio.sleep(0)
            raise Boom

    with pytest.raises(Boom) as caught:
        await Failing.start_async()

    assert len(caught.value.failure_id) == 32  # type: ignore[attr-defined]


async def test_a_plain_actor_can_not_be_watched(house: Any) -> None:
    """It would never tell of its end; so the call is refused."""

    class Watcher(Actor):
        def on_receive(self, message: Any) -> None:
            self.watch(message)

    watcher, plain = Watcher.start(), LoopActor.start()

    with pytest.raises(BadUsage):
        await watcher.ask(plain, block=False)

    await watcher.stop(block=False)
    await plain.stop(block=False)


async def test_the_failure_says_where_when_and_in_what_state(house: Any) -> None:
    """All from the estate's clock and identity."""
    estate = house.estate(Counter, kind="worker")
    estate.identity = {"user_id": "ada"}
    house.clock.advance(3.0)
    estate.launch()
    house.clock.advance(2.0)
    estate.ref.tell(ValueError("x"))
    estate.ref.tell("waits")
    await house.settle()

    failure = house.parent.heard[0].failure
    assert (failure.path, failure.kind, failure.incarnation) == ("/child", "worker", 1)
    assert (failure.uptime, failure.at, failure.mailbox_depth) == (2.0, 5.0, 1)
    assert (failure.operation, failure.message_type) == ("handle", "ValueError")
    assert failure.context == {"user_id": "ada"}
    assert failure.exception.__traceback__ is None
    estate.close("test")
