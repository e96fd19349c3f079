"""LoopActor: coroutine handlers, deadlocks refused, futures awaited, the loop shared fairly."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pykka
import pytest
from stentor.actors import Actor, LoopActor, LoopFuture
from stentor.protocol.errors import WouldDeadlock


class Worker(LoopActor):
    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()

    def on_receive(self, message: Any) -> Any:
        return message

    async def wait(self) -> str:
        await self.gate.wait()
        return "waited"

    async def in_time(self, seconds: float) -> str:
        try:
            async with asyncio.timeout(seconds):
                await asyncio.Event().wait()
        except TimeoutError:
            return "timed out"
        return "never"

    async def task(self) -> Any:
        before = asyncio.current_task()
        await asyncio.sleep(0)
        return before is asyncio.current_task() and before is not None

    async def fail(self) -> None:
        await asyncio.sleep(0)
        raise ValueError("late")


async def test_asyncio_timeout_works_in_a_handler() -> None:
    """It needs a current task, and cancels exactly that."""
    ref = Worker.start()

    assert await ref.proxy().in_time(0.001) == "timed out"
    assert await ref.ask("still there", block=False) == "still there"

    await ref.stop(block=False)


async def test_a_handler_keeps_its_task_across_suspensions() -> None:
    """The task it begins in is the task it ends in."""
    ref = Worker.start()

    assert await ref.proxy().task() is True

    await ref.stop(block=False)


async def test_await_in_one_handler_does_not_hold_up_other_actors() -> None:
    """A suspended handler keeps its task; another one takes over the queue."""
    slow, quick = Worker.start(), Worker.start()
    waiting = slow.proxy().wait()

    assert await quick.ask("hello", block=False) == "hello"
    assert not waiting.done()
    slow._slot._actor.gate.set()
    assert await waiting == "waited"

    await slow.stop(block=False)
    await quick.stop(block=False)


async def test_an_actor_handles_one_message_at_a_time() -> None:
    """What comes while its handler is suspended waits."""
    ref = Worker.start()
    first = ref.proxy().wait()
    second = ref.ask("second", block=False)
    for _ in range(20):
        await asyncio.sleep(0)

    assert not second.done()
    ref._slot._actor.gate.set()
    assert await first == "waited"
    assert await second == "second"

    await ref.stop(block=False)


async def test_an_exception_after_a_suspension_reaches_the_asker() -> None:
    """With Pykka's semantics: the plain actor lives on."""
    ref = Worker.start()

    with pytest.raises(ValueError, match="late"):
        await ref.proxy().fail()

    assert await ref.ask("alive", block=False) == "alive"
    await ref.stop(block=False)


async def test_async_hooks_of_a_plain_actor_are_awaited() -> None:
    """on_start before the first message, on_stop before stop() answers, on_failure after a failed tell."""
    order: list[str] = []

    class Hooked(LoopActor):
        async def on_start(self) -> None:
            await asyncio.sleep(0)
            order.append("start")

        async def on_stop(self) -> None:
            await asyncio.sleep(0)
            order.append("stop")

        async def on_failure(self, *_: Any) -> None:
            await asyncio.sleep(0)
            order.append("failure")

        def on_receive(self, message: Any) -> None:
            if message == "boom":
                raise ValueError
            order.append(message)

    ref = Hooked.start()
    ref.tell("message")
    await ref.stop(block=False)
    assert order == ["start", "message", "stop"]
    order.clear()
    other = Hooked.start()
    other.tell("boom")
    answer = other.ask("after", block=False)

    with pytest.raises(pykka.ActorDeadError):
        await answer
    assert order == ["start", "failure"]


@pytest.mark.parametrize(
    "block",
    [
        lambda ref: ref.ask("x"),
        lambda ref: ref.ask("x", timeout=5),
        lambda ref: ref.ask("x", block=False).get(),
        lambda ref: ref.ask("x", block=False).get(timeout=5),
        lambda ref: ref.stop(),
        lambda ref: ref.stop(timeout=5),
        lambda ref: ref.stop(block=False).get(),
        lambda ref: ref.ask("x", block=False).map(str).get(),
        lambda ref: ref.ask("x", block=False).map(str).map(str).get(),
        lambda ref: ref.ask("x", block=False).join(ref.ask("y", block=False)).get(),
        lambda ref: ref.ask("x", block=False).filter(bool).get(),
        lambda ref: ref.ask("x", block=False).reduce(str.__add__).get(),
        lambda ref: pykka.get_all([ref.ask("x", block=False)]),
        lambda ref: ref.proxy().colour.get(),
        lambda ref: setattr(ref.proxy(), "colour", "blue"),
        lambda ref: ref.actor_stopped.wait(5),
    ],
)
@pytest.mark.parametrize("kind", [LoopActor, Actor])
async def test_a_blocking_call_that_would_deadlock_its_own_loop_raises_at_once(kind: Any, block: Any) -> None:
    """Each way of blocking is refused, by plain and guarded actors."""

    class Echo(kind):
        colour = "red"

        def on_receive(self, message: Any) -> Any:
            return message

    ref = Echo.start()

    with pytest.raises(WouldDeadlock):
        block(ref)

    # The loop was not blocked, so the actor can end: it may have been asked to already.
    assert await ref.stop(block=False) in (True, False)


async def test_an_answer_that_is_there_may_be_got_on_the_loop() -> None:
    """Only waiting is refused; and a poll is no waiting."""
    ref = Worker.start()
    future = ref.ask("x", block=False)
    with pytest.raises(pykka.Timeout):
        future.get(timeout=0)
    await future

    assert future.get() == "x"
    assert future.map(str.upper).get() == "X"

    await ref.stop(block=False)


async def test_derived_futures_can_be_awaited() -> None:
    """map, join, filter, reduce and stop suspend like the future they come from."""
    ref = Worker.start()
    ask = lambda value: ref.ask(value, block=False)  # noqa: E731

    assert await ask("a").map(str.upper) == "A"
    assert await ask(1).join(ask(2), ask(3)) == [1, 2, 3]
    assert await ask([1, 2, 3, 4]).filter(lambda n: n % 2 == 0) == [2, 4]
    assert await ask([1, 2, 3]).reduce(lambda a, b: a + b, 10) == 16
    assert await ask([1, 2]).map(list).map(len) == 2
    assert await ref.stop(block=False) is True
    assert await ref.stop(block=False) is False


async def test_a_future_with_a_foreign_hook_is_awaited_in_a_thread() -> None:
    """The hook may block: the loop does not."""
    future = LoopFuture[str]()
    released = threading.Event()
    future.set_get_hook(lambda timeout: "late" if released.wait(5) else "never")
    task = asyncio.ensure_future(future)  # type: ignore[arg-type]
    await asyncio.sleep(0)
    released.set()

    assert await task == "late"


async def test_actors_yield_the_loop_while_they_have_work() -> None:
    """Two actors that always have a message do not starve a timer."""

    class Busy(LoopActor):
        def on_receive(self, message: Any) -> None:
            self.actor_ref.tell(message)

    ref = Busy.start()
    ref.tell("go")
    fired = asyncio.Event()
    asyncio.get_running_loop().call_later(0.02, fired.set)

    async with asyncio.timeout(5):
        await fired.wait()

    await ref.stop(block=False)


def test_a_plain_thread_starts_actors_on_the_background_loop() -> None:
    """And its actors run in one daemon thread."""

    class Where(LoopActor):
        def on_receive(self, message: Any) -> Any:
            return threading.current_thread()

    first, second = Where.start(), Where.start()

    assert first.ask("?") is second.ask("?")
    assert first.ask("?") is not threading.current_thread()
    assert first.ask("?").daemon
    assert first.stop()
    assert second.stop()


async def test_an_actor_started_on_a_loop_runs_on_that_loop() -> None:
    """In its thread, too."""

    class Where(LoopActor):
        async def on_receive(self, message: Any) -> Any:
            return asyncio.get_running_loop()

    ref = Where.start()

    assert await ref.ask("?", block=False) is asyncio.get_running_loop()

    await ref.stop(block=False)


async def test_a_handler_that_cancels_its_own_task_harms_nobody_else() -> None:
    """The dispatcher leaves that task behind."""

    class Suicidal(Worker):
        async def on_receive(self, message: Any) -> Any:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            return "done"

    ref, other = Suicidal.start(), Worker.start()

    # Both stand in the queue before the first is served: the second must not run in a cancelled task.
    first, second = ref.ask("x", block=False), other.proxy().in_time(0.001)

    assert await first == "done"
    assert await second == "timed out"

    await ref.stop(block=False)
    await other.stop(block=False)


def test_a_plain_actors_base_exception_stops_all_registered_actors() -> None:
    """As Pykka does it; a guarded actor is not registered, and goes on."""

    class Exiting(LoopActor):
        def on_receive(self, message: Any) -> Any:
            raise SystemExit

    class Guarded(Actor):
        def on_receive(self, message: Any) -> Any:
            return message

    other, exiting, guarded = Worker.start(), Exiting.start(), Guarded.start()
    exiting.tell("x")

    assert other.actor_stopped.wait(5)
    assert exiting.actor_stopped.wait(5)
    assert guarded.ask("alive") == "alive"
    assert guarded not in pykka.ActorRegistry.get_all()
    guarded.stop()
