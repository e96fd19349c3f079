"""Estate: what outlives an incarnation, and how it begins and ends."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import Any

import pytest
from stentor.actors import (
    Actor,
    Directory,
    Exited,
    Ignore,
    Ignored,
    Pending,
    Started,
    StartFailed,
    Terminated,
)
from stentor.protocol.errors import (
    ActorDied,
    ActorParked,
    AlreadyPresent,
    Fenced,
    MailboxFull,
    Shutdown,
    StillRunning,
)


class Boom(Exception):
    pass


class Child(Actor):
    colour = "red"

    def __init__(self, seen: list[Any] | None = None) -> None:
        self.seen = [] if seen is None else seen
        self.born = (self.path, self.incarnation, self.last_failure is not None, self.actor_ref.is_alive())

    def on_receive(self, message: Any) -> Any:
        match message:
            case "boom":
                raise Boom
            case "exit":
                raise SystemExit
            case "planned":
                raise Shutdown("night")
            case "hang":
                return self.hang()
            case _:
                self.seen.append((self.incarnation, message))
                return message

    async def hang(self) -> None:
        await asyncio.Event().wait()


async def test_launch_builds_an_incarnation_that_knows_itself(house: Any) -> None:
    """Address, number and last failure are there in ``__init__``."""
    estate = house.estate(Child)
    assert (estate.generation, estate.state) == (0, "idle")

    result = estate.launch()

    assert result == Started("child", 1)
    assert (estate.generation, estate.incarnation, estate.state) == (1, 1, "running")
    assert await estate.ref.proxy().born == ("/child", 1, False, True)
    estate.close("test")


async def test_a_message_told_before_the_launch_waits(house: Any) -> None:
    """The address takes messages from the first moment."""
    seen: list[Any] = []
    estate = house.estate(Child, seen)
    estate.ref.tell("early")
    await house.settle()
    assert seen == []
    estate.launch()
    await house.settle()

    assert seen == [(1, "early")]
    estate.close("test")


async def test_the_address_and_waiting_messages_survive_a_restart_in_order(house: Any) -> None:
    """The crashing message is a dead letter with the failure's id; the rest is handled once."""
    seen: list[Any] = []
    estate = house.estate(Child, seen)
    estate.launch()
    ref = estate.ref
    for message in ["a", "boom", "b", "c"]:
        ref.tell(message)
    await house.settle()

    exited = house.parent.heard[-1]
    assert (exited.child_id, exited.incarnation, exited.reason) == ("child", 1, "crash")
    assert estate.state == "down"
    assert ref.is_alive()
    ref.tell("d")
    assert estate.launch() == Started("child", 2)
    await house.settle()
    assert seen == [(1, "a"), (2, "b"), (2, "c"), (2, "d")]
    assert house.ledger.dead == [("/child", "boom", "crash", exited.failure.id)]
    assert await ref.proxy().born == ("/child", 2, True, True)
    estate.close("test")


async def test_an_asker_of_a_crash_gets_the_exception_with_the_failures_id(house: Any) -> None:
    """The same object that the parent gets."""
    estate = house.estate(Child)
    estate.launch()

    with pytest.raises(Boom) as caught:
        await estate.ref.ask("boom", block=False)

    failure = house.parent.heard[-1].failure
    assert failure.exception is caught.value
    assert caught.value.failure_id == failure.id  # type: ignore[attr-defined]
    assert len(failure.id) == 32
    assert failure.frames[-1][2] == "on_receive"
    estate.close("test")


async def test_proxies_stay_valid_across_a_restart_and_pin_no_dead_instance(house: Any) -> None:
    """They hold the address, not the actor."""
    estate = house.estate(Child)
    estate.launch()
    proxy = estate.ref.proxy()
    assert await proxy.colour == "red"
    dead = weakref.ref(estate._actor)
    estate.ref.tell("boom")
    await house.settle()
    between = estate.ref.proxy()
    gc.collect()

    assert dead() is None
    estate.launch()
    assert await proxy.colour == "red"
    assert await between.on_receive("again") == "again"
    assert between == proxy
    estate.close("test")


async def test_proxies_see_what_the_class_and_the_live_instance_have(house: Any) -> None:
    """An attribute that ``__init__`` sets is there as well as a class's own."""
    estate = house.estate(Child)
    estate.launch()
    proxy = estate.ref.proxy()

    assert {"colour", "seen", "on_receive"} <= set(dir(proxy))
    with pytest.raises(AttributeError):
        proxy.missing  # noqa: B018
    estate.close("test")


@pytest.mark.parametrize("where", ["init", "on_start"])
async def test_a_failed_start_is_returned_with_its_failure(house: Any, where: str) -> None:
    """Never raised; the estate is down and may be launched again."""

    class Stillborn(Actor):
        def __init__(self) -> None:
            if where == "init":
                raise Boom

        def on_start(self) -> None:
            raise Boom

    estate = house.estate(Stillborn)

    result = estate.launch()

    assert isinstance(result, StartFailed)
    assert (result.failure.operation, type(result.failure.exception)) == (where, Boom)
    assert estate.state == "down"
    assert isinstance(estate.launch(), StartFailed)
    assert estate.incarnation == 2
    estate.close("test")


async def test_an_async_on_start_is_pending_and_its_end_is_told_to_the_parent(house: Any) -> None:
    """Messages wait until it has returned."""

    class Slow(Child):
        async def on_start(self) -> None:
            await asyncio.sleep(0)
            self.seen.append("started")

    seen: list[Any] = []
    estate = house.estate(Slow, seen)

    assert estate.launch() == Pending("child", 1)
    estate.ref.tell("m")
    await house.settle()
    assert house.parent.heard == [Started("child", 1)]
    assert seen == ["started", (1, "m")]
    estate.close("test")


async def test_an_async_on_start_that_fails_is_told_to_the_parent(house: Any) -> None:
    """As StartFailed."""

    class Slow(Child):
        async def on_start(self) -> None:
            await asyncio.sleep(0)
            raise Boom

    estate = house.estate(Slow)
    estate.launch()
    await house.settle()

    (told,) = house.parent.heard
    assert isinstance(told, StartFailed)
    assert estate.state == "down"
    estate.close("test")


async def test_a_start_may_be_declined(house: Any) -> None:
    """on_start returns Ignore: neither process nor failure."""

    class Unwilling(Actor):
        def on_start(self) -> Any:
            return Ignore

    estate = house.estate(Unwilling)

    assert estate.launch() == Ignored("child", 1)
    assert estate.state == "down"
    estate.close("test")


async def test_no_second_incarnation_starts_before_the_first_is_gone_or_fenced(house: Any) -> None:
    """Launching twice is refused; after abandon() it is not."""
    estate = house.estate(Child)
    estate.launch()
    with pytest.raises(StillRunning):
        estate.launch()
    estate.abandon()

    assert estate.launch() == Started("child", 2)
    estate.close("test")


async def test_request_stop_goes_ahead_of_the_backlog(house: Any) -> None:
    """The messages are kept for the next incarnation."""
    seen: list[Any] = []
    estate = house.estate(Child, seen)
    estate.launch()
    for number in range(3):
        estate.ref.tell(number)
    estate.request_stop()
    await house.settle()

    assert house.parent.heard == [Exited("child", 1, "shutdown")]
    assert (seen, estate.depth) == ([], 3)
    estate.close("test")


async def test_a_stop_that_an_abandoned_incarnation_never_saw_does_not_stop_the_next(house: Any) -> None:
    """It was meant for that one alone."""
    estate = house.estate(Child)
    estate.launch()
    estate.request_stop()
    estate.abandon()
    estate.launch()

    assert await estate.ref.ask("alive", block=False) == "alive"
    assert house.parent.heard == []
    estate.close("test")


async def test_refs_stop_stands_in_the_message_lane_and_is_a_normal_exit(house: Any) -> None:
    """What was told before is handled first, what comes later waits for the next incarnation."""
    seen: list[Any] = []
    estate = house.estate(Child, seen)
    estate.launch()
    estate.ref.tell("before")
    stopped = estate.ref.stop(block=False)
    estate.ref.tell("after")

    assert await stopped is True
    assert house.parent.heard == [Exited("child", 1, "normal")]
    assert seen == [(1, "before")]
    estate.launch()
    await house.settle()
    assert seen == [(1, "before"), (2, "after")]
    estate.close("test")


async def test_a_raised_shutdown_is_a_planned_end(house: Any) -> None:
    """With what it gave as info, and without a failure."""
    estate = house.estate(Child)
    estate.launch()
    estate.ref.tell("planned")
    await house.settle()

    assert house.parent.heard == [Exited("child", 1, "planned", None, "night")]
    assert house.ledger.dead == []
    estate.close("test")


async def test_an_on_stop_that_raises_is_a_crash(house: Any) -> None:
    """It is told with its failure; a stop is not hung by it."""

    class Sore(Child):
        async def on_stop(self) -> None:
            await asyncio.sleep(0)
            raise Boom

    estate = house.estate(Sore)
    estate.launch()
    estate.request_stop()
    await house.settle()

    (exited,) = house.parent.heard
    assert (exited.reason, exited.failure.operation) == ("crash", "on_stop")
    estate.close("test")


async def test_abandon_fences_cancels_and_answers(house: Any) -> None:
    """The hanging ask fails at once, no Exited follows, and the next incarnation goes on with the mailbox."""
    seen: list[Any] = []
    estate = house.estate(Child, seen)
    estate.launch()
    hanging = estate.ref.ask("hang", block=False)
    waiting = estate.ref.ask("next", block=False)
    await house.settle()
    estate.abandon()

    with pytest.raises(ActorDied):
        await hanging
    assert (estate.generation, estate.state) == (2, "down")
    estate.launch()
    assert (estate.generation, estate.incarnation) == (3, 2)
    assert await waiting == "next"
    assert house.parent.heard == []
    assert [kind for kind, _ in house.ledger.notes] == ["abandoned"]
    estate.close("test")


async def test_an_abandoned_handler_that_will_not_die_is_refused_at_every_door(house: Any) -> None:
    """Tell, deferred reply, timer and result: each refused, each recorded."""
    refused: list[str] = []
    gate = asyncio.Event()

    class Zombie(Actor):
        async def on_receive(self, message: Any) -> Any:
            if message != "haunt":
                return message
            reply = self.defer_reply()
            self.tell_later(5.0, "from a timer")
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                await gate.wait()
            doors: list[Any] = [
                lambda: self.actor_ref.tell("from a ghost"),
                lambda: self.actor_inbox.get(),
                lambda: reply.set("from a ghost"),
                lambda: self.defer_reply(),
                lambda: self.tell_later(1.0, "from a ghost"),
            ]
            for door in doors:
                try:
                    door()
                except Fenced as error:
                    refused.append(error.code)
            return "from a ghost"

    estate = house.estate(Zombie)
    estate.launch()
    asked = estate.ref.ask("haunt", block=False)
    await house.settle()
    estate.abandon()
    with pytest.raises(ActorDied):
        await asked
    estate.launch()
    gate.set()
    await house.settle()
    house.clock.advance(5.0)

    assert refused == ["fenced"] * 5
    assert house.ledger.doors() == ["tell", "take", "reply", "reply", "timer", "result", "timer"]
    assert estate.depth == 0
    assert await estate.ref.ask("alive", block=False) == "alive"
    estate.close("test")


async def test_close_answers_asks_records_tells_and_tells_watchers_once(house: Any) -> None:
    """None vanishes."""
    estate = house.estate(Child)
    watcher = house.parent
    estate.watch(watcher)
    estate.watch(watcher)
    estate.ref.tell("told")
    asked = estate.ref.ask("asked", block=False)
    estate.close("test")
    estate.close("again")

    with pytest.raises(ActorDied):
        await asked
    assert house.ledger.dead == [("/child", "told", "test", None)]
    assert watcher.heard == [Terminated(estate.ref, "test")]
    estate.watch(watcher)
    assert watcher.heard[1:] == [Terminated(estate.ref, "test")]
    with pytest.raises(ActorDied):
        estate.ref.tell("late")
    with pytest.raises(ActorDied):
        await estate.ref.ask("late", block=False)
    assert not estate.ref.is_alive()


async def test_a_watcher_hears_of_the_end_but_of_no_restart(house: Any) -> None:
    """Through Actor.watch and on_receive."""
    heard: list[Any] = []

    class Watcher(Actor):
        def __init__(self, target: Any) -> None:
            self.watch(target)

        def on_receive(self, message: Any) -> None:
            heard.append(message)

    estate = house.estate(Child)
    estate.launch()
    watcher = Watcher.start(estate.ref)
    estate.ref.tell("boom")
    await house.settle()
    estate.launch()
    await house.settle()
    assert heard == []
    estate.close("gone")
    await house.settle()

    assert heard == [Terminated(estate.ref, "gone")]
    watcher.stop(block=False)


async def test_park_keeps_the_address_and_fails_what_waits(house: Any) -> None:
    """Asks get ActorParked, tells are dead letters; reopened, it takes messages again."""
    estate = house.estate(Child)
    estate.launch()
    estate.ref.tell("boom")
    await house.settle()
    asked = estate.ref.ask("waits", block=False)
    estate.ref.tell("told")
    estate.park("too often")
    estate.ref.tell("told later")

    with pytest.raises(ActorParked) as caught:
        await asked
    assert caught.value.failure_id == house.parent.heard[0].failure.id
    with pytest.raises(ActorParked):
        await estate.ref.ask("later", block=False)
    assert [(message, reason) for _, message, reason, _ in house.ledger.dead[1:]] == [
        ("told", "parked"),
        ("told later", "parked"),
    ]
    with pytest.raises(ActorParked):
        estate.launch()
    estate.reopen()
    estate.launch()
    assert await estate.ref.ask("back", block=False) == "back"
    estate.close("test")


async def test_a_full_mailbox_hands_the_message_back(house: Any) -> None:
    """To tell and to ask; the control lane and the wake flag need no room."""
    estate = house.estate(Child, capacity=2)
    estate.ref.tell("a")
    estate.ref.tell("b")

    with pytest.raises(MailboxFull) as caught:
        estate.ref.tell("c")
    with pytest.raises(MailboxFull):
        estate.ref.ask("d", block=False)
    assert caught.value.message == "c"
    assert estate.ref.control("control") is True
    estate.ref.wake()
    assert estate.mailbox.depth == 2
    estate.close("test")


async def test_a_directory_knows_the_estate_until_it_is_closed(house: Any) -> None:
    """From its first launch on."""
    directory = Directory()
    estate = house.estate(Child, directory=directory)
    estate.launch()

    assert directory.get("/child") is estate
    assert directory.paths() == ["/child"]
    assert directory.snapshot() == {"/child": estate}
    estate.close("test")
    assert len(directory) == 0


async def test_a_second_estate_at_one_path_is_a_failed_start_that_can_be_tried_again(house: Any) -> None:
    """Its parent decides, as upon any failed start; the first is left alone."""
    directory = Directory()
    first, second = house.estate(Child, directory=directory), house.estate(Child, directory=directory)
    first.launch()

    failed = second.launch()

    assert isinstance(failed, StartFailed)
    assert isinstance(failed.failure.exception, AlreadyPresent)
    assert (second.state, second._actor) == ("down", None)
    assert directory.get("/child") is first
    assert await first.ref.ask("untouched", block=False) == "untouched"
    asked = second.ref.ask("waits", block=False)
    first.close("test")
    assert isinstance(second.launch(), Started)
    assert await asked == "waits"
    assert directory.get("/child") is second
    third = house.estate(Child, directory=directory)
    third.launch()
    third.close("given up")
    assert directory.get("/child") is second
    second.close("test")
    assert len(directory) == 0


@pytest.mark.parametrize("where", ["__new__", "__init__", "on_start"])
@pytest.mark.parametrize("kind", [AlreadyPresent, Shutdown, Fenced])
async def test_no_exception_escapes_a_launch(house: Any, where: str, kind: Any) -> None:
    """A refusal or a planned end at the start is a failed start; it can be launched again, or closed."""
    made = {AlreadyPresent: lambda: AlreadyPresent(child_id="x"), Shutdown: Shutdown, Fenced: lambda: Fenced(3)}
    faults = [kind]

    class Failing(Child):
        def __new__(cls, *args: Any) -> Any:
            fail("__new__")
            return super().__new__(cls)

        def __init__(self) -> None:
            super().__init__()
            fail("__init__")

        def on_start(self) -> None:
            fail("on_start")

    def fail(here: str) -> None:
        if here == where and faults:
            raise made[faults.pop()]()

    estate = house.estate(Failing)

    failed = estate.launch()

    assert isinstance(failed, StartFailed)
    assert (estate.state, type(failed.failure.exception)) == ("down", kind)
    assert isinstance(estate.launch(), Started)
    assert await estate.ref.ask("back", block=False) == "back"
    estate.close("test")
    assert estate.state == "closed"


async def test_uptime_and_age_come_from_the_clock(house: Any) -> None:
    """Under a manual clock they are exact."""
    estate = house.estate(Child)
    house.clock.advance(10.0)
    estate.launch()
    estate.suspend()
    estate.ref.tell("waits")
    house.clock.advance(2.5)
    await house.settle()

    assert estate.uptime == 2.5
    assert estate.mailbox.oldest_age(house.clock.now()) == 2.5
    estate.resume_mailbox()
    await house.settle()
    assert estate.mailbox.oldest_age(house.clock.now()) == 0.0
    estate.close("test")
