"""The dispatcher: cancelled tasks and closed loops cost it nobody but those whose own they are."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import subprocess
import sys
import threading
import weakref
from typing import Any

import pykka
import pytest
from stentor.actors import Actor, LoopActor
from stentor.protocol.errors import ActorDied, BadUsage


class Slow(Actor):
    async def on_receive(self, message: Any) -> Any:
        await asyncio.sleep(0)
        return message

    def quick(self) -> str:
        return "quick"


def cancel_all() -> list[str]:
    """Cancel every task but the present one, as many a program does at its end; return their names."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    return [task.get_name() for task in others]


async def newborn(asked: Any) -> None:
    """Let the loop make the dispatcher's task for what was asked, but not let that run."""
    for _ in range(5):
        if asyncio.all_tasks() - {asyncio.current_task()}:
            break
        await asyncio.sleep(0)
    assert not asked.done()


async def test_a_dispatcher_task_that_is_cancelled_at_birth_costs_only_its_own_actor(house: Any) -> None:
    """That actor crashes as cancelled; all others, also what waits in its own mailbox, go on."""
    estate, other = house.estate(Slow), house.estate(Slow, path="/other")
    estate.launch()
    other.launch()
    asked = estate.ref.ask("lost", block=False)
    await newborn(asked)
    waiting = estate.ref.ask("waits", block=False)
    assert ["stentor-dispatcher"] == cancel_all()

    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(5):
            await asked
    await house.settle()

    (exited,) = house.parent.heard
    assert ("crash", asyncio.CancelledError) == (exited.reason, type(exited.failure.exception))
    async with asyncio.timeout(5):
        assert "other" == await other.ref.ask("other", block=False)
        estate.launch()
        assert ("waits", "quick") == (await waiting, await estate.ref.proxy().quick())
    estate.close("test")
    other.close("test")


async def test_a_start_whose_task_is_cancelled_at_birth_is_a_failed_start(house: Any) -> None:
    """The parent is told, and may launch it again."""

    class Starting(Slow):
        async def on_start(self) -> None:
            await asyncio.sleep(0)

    estate = house.estate(Starting)
    estate.launch()
    await newborn(asyncio.Future())
    cancel_all()
    await house.settle()
    estate.launch()
    await house.settle()

    assert ["StartFailed", "Started"] == [type(each).__name__ for each in house.parent.heard]
    assert asyncio.CancelledError is type(house.parent.heard[0].failure.exception)
    estate.close("test")


async def test_a_dispatcher_survives_being_cancelled_in_every_pass(house: Any) -> None:
    """Whatever its task was doing then: born, serving, or waiting with a handler."""
    estates = [house.estate(Slow, path=f"/{number}", child_id=str(number)) for number in range(5)]
    for estate in estates:
        estate.launch()
    answered = 0
    for _ in range(200):
        asked = [estate.ref.ask("x", block=False) for estate in estates]
        await asyncio.sleep(0)
        cancel_all()
        async with asyncio.timeout(5):
            found = await asyncio.gather(*map(settled, asked))
        answered += len(found)
        for estate in estates:
            if estate.state == "down":
                estate.launch()

    assert 1000 == answered
    for estate in estates:
        estate.close("test")


async def settled(future: Any) -> Any:
    try:
        return await future
    except asyncio.CancelledError:
        return "cancelled"


@pytest.mark.parametrize("job", ["on_start", "on_receive", "on_failure", "on_stop"])
async def test_a_job_that_was_abandoned_before_its_first_step_is_not_begun(house: Any, job: str) -> None:
    """Nobody could cancel it any more."""
    begun: list[Any] = []

    async def begin(*args: Any) -> None:
        begun.append(args)
        await asyncio.Event().wait()

    class Failing(Actor):
        def fail(self) -> None:
            raise ValueError

    kind: Any = type("Beginning", (Failing,), {job: begin})
    estate = house.estate(kind)
    estate.launch()
    asked: Any = asyncio.Future()
    match job:
        case "on_start":
            pass
        case "on_receive":
            asked = estate.ref.ask("x", block=False)
        case "on_failure":
            asked = estate.ref.proxy().fail()
        case _:
            estate.request_stop()
    await newborn(asked)
    estate.abandon()
    await house.settle()

    assert ([], []) == (begun, house.ledger.doors())
    assert [] == [task for task in asyncio.all_tasks() if task.get_name() == "stentor-dispatcher"]
    estate.close("test")


class Deaf:
    """A watcher whose own loop is closed, say."""

    def control(self, message: Any) -> bool:
        raise RuntimeError("Event loop is closed")


@pytest.mark.parametrize("end", ["run", "close"])
def test_a_loop_that_ends_answers_every_ask_even_if_a_watcher_can_not_be_told(house: Any, end: str) -> None:
    """Each actor and each watcher on its own; who could not be told is recorded."""
    heard: list[Any] = []

    class Hears:
        def control(self, message: Any) -> bool:
            heard.append(message)
            return True

    async def begin() -> list[Any]:
        asked: list[Any] = []
        for number in range(8):
            estate = house.estate(Slow, path=f"/{number}")
            estate.watch(Deaf())  # type: ignore[arg-type]
            estate.watch(Hears())  # type: ignore[arg-type]
            asked.append(estate.ref.ask("never launched", block=False))
            if number % 2:
                estate.launch()
                estate.suspend()
            else:
                estate.dispatcher.add(estate)
        await asyncio.sleep(0)
        return asked

    if end == "run":
        asked = asyncio.run(begin())
    else:
        loop = asyncio.new_event_loop()
        asked = loop.run_until_complete(begin())
        loop.close()

    for future in asked:
        with pytest.raises(ActorDied):
            future.get(timeout=5)
    assert 8 == len(heard)
    unheard = [facts["path"] for kind, facts in house.ledger.notes if kind == "watcher_failed"]
    assert sorted(f"/{number}" for number in range(8)) == sorted(unheard)


def test_a_recorder_that_raises_keeps_no_asker_waiting(house: Any) -> None:
    """Not of its own actor, nor of any other of that loop."""

    def broken(*args: Any) -> None:
        raise OSError("disk full")

    house.ledger.dead_letter = broken

    async def begin() -> list[Any]:
        asked: list[Any] = []
        for number in range(4):
            estate = house.estate(Slow, path=f"/{number}")
            estate.launch()
            estate.suspend()
            estate.ref.tell("told")
            asked.append(estate.ref.ask("asked", block=False))
        return asked

    for future in asyncio.run(begin()):
        with pytest.raises(ActorDied):
            future.get(timeout=5)


async def test_an_estate_of_a_loop_that_has_ended_is_not_half_launched(house: Any) -> None:
    """The launch is refused, and the estate closed."""
    loop = asyncio.new_event_loop()

    async def begin() -> Any:
        return house.estate(Slow)

    def run() -> Any:
        estate.append(loop.run_until_complete(begin()))
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    estate: list[Any] = []
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()

    with pytest.raises(ActorDied):
        estate[0].launch()

    assert ("closed", 0, None) == (estate[0].state, estate[0].incarnation, estate[0]._actor)


PROGRAM = """
import asyncio, sys
from stentor.actors import Actor, LoopActor

class Slow(Actor):
    async def on_receive(self, message):
        await asyncio.sleep(100)

class Plain(LoopActor):
    async def on_receive(self, message):
        await asyncio.sleep(100)

class Deaf:
    def control(self, message):
        raise RuntimeError("Event loop is closed")

async def main():
    for kind in (Slow, Plain):
        for _ in range(3):
            ref = kind.start()
            ref.ask("in hand", block=False)
            ref.ask("waits", block=False)
            if kind is Slow:
                ref._slot.watch(Deaf())
    idle = Slow.start()
    idle._slot.watch(Deaf())
    if sys.argv[1] != "at once":
        await asyncio.sleep(0.01)
    if sys.argv[1] == "sys.exit":
        sys.exit(7)
    raise KeyError("the program's own")

asyncio.run(main())
"""


@pytest.mark.parametrize("death", ["raise", "sys.exit", "at once"])
def test_a_program_that_dies_inside_asyncio_run_says_nothing_of_sentinels(death: str) -> None:
    """Its own error, and nothing that was ignored or never awaited, stands on stderr."""
    done = subprocess.run([sys.executable, "-c", PROGRAM, death], capture_output=True, text=True, timeout=60)

    found = [word for word in ("Sentinel", "ignored", "never awaited") if word in done.stderr]
    assert ([], 7 if death == "sys.exit" else 1) == (found, done.returncode), done.stderr
    assert ("the program's own" in done.stderr) is (death != "sys.exit")


async def test_a_plain_actor_has_no_second_handler_while_one_is_suspended() -> None:
    """Resuming its inbox starts none."""
    running: list[int] = [0]
    most: list[int] = [0]

    class One(LoopActor):
        async def on_receive(self, message: Any) -> Any:
            running[0] += 1
            most[0] = max(most[0], running[0])
            for _ in range(5):
                await asyncio.sleep(0)
            running[0] -= 1
            return message

    ref = One.start()
    asked = [ref.ask(number, block=False) for number in range(3)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert 1 == running[0]
    ref.actor_inbox.resume()
    asked.append(ref.ask(3, block=False))

    assert [0, 1, 2, 3] == [await each for each in asked]
    assert 1 == most[0]
    await ref.stop(block=False)


async def test_a_guarded_actor_has_no_second_handler_while_one_is_suspended(house: Any) -> None:
    """Resuming its inbox starts none."""
    running: list[int] = [0]

    class One(Actor):
        async def on_receive(self, message: Any) -> int:
            running[0] += 1
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            running[0] -= 1
            return running[0]

    estate = house.estate(One)
    estate.launch()
    asked = [estate.ref.ask(number, block=False) for number in range(3)]
    for _ in range(4):
        await asyncio.sleep(0)
        estate.ref.actor_inbox.resume()
        asked.append(estate.ref.ask("x", block=False))

    assert [0] * 7 == [await each for each in asked]
    estate.close("test")


async def test_a_plain_actors_inbox_can_be_suspended() -> None:
    """Messages wait until it is resumed."""

    class Echo(LoopActor):
        async def on_receive(self, message: Any) -> Any:
            await asyncio.sleep(0)
            return message

    ref = Echo.start()
    assert await ref.ask("before", block=False) == "before"
    ref.actor_inbox.suspend()
    asked = [ref.ask(number, block=False) for number in range(3)]
    for _ in range(10):
        await asyncio.sleep(0)
    assert [False] * 3 == [each.done() for each in asked]
    ref.actor_inbox.resume()

    assert [0, 1, 2] == [await each for each in asked]
    await ref.stop(block=False)


@pytest.mark.parametrize("call", ["control", "wake"])
async def test_a_plain_actor_refuses_what_only_a_guarded_one_handles(call: str) -> None:
    """Loudly: a control message that is taken and never handled would vanish."""
    ref = LoopActor.start()

    with pytest.raises(BadUsage, match="guarded"):
        ref.control("x") if call == "control" else ref.wake()
    await ref.stop(block=False)
    with pytest.raises(BadUsage):
        ref.control("x") if call == "control" else ref.wake()
    with pytest.raises(pykka.ActorDeadError):
        ref.tell("x")


def test_garbage_that_is_collected_while_a_loop_begins_does_not_hide_its_end() -> None:
    """What finalisers leave behind must not keep alive what notices that the loop is closed."""
    left: list[Any] = []

    class Litter:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            try:
                raise ValueError
            except ValueError as error:
                left.append(error)

    class Littered(asyncio.SelectorEventLoop):
        def call_later(self, *args: Any, **kwargs: Any) -> Any:
            thresholds = gc.get_threshold()
            gc.set_threshold(1)
            Litter()
            _ = [[number] for number in range(100)]
            gc.set_threshold(*thresholds)
            return super().call_later(*args, **kwargs)

    async def begin() -> Any:
        asked = Slow.start().ask("x", block=False)
        await asyncio.sleep(0)
        return asked

    loop = Littered()
    asked = loop.run_until_complete(begin())
    loop.close()

    with contextlib.suppress(ActorDied):
        asked.get(timeout=5)
    gc.collect()
    assert len(left) == 1


async def test_an_exception_that_passed_through_a_handler_leaves_no_garbage() -> None:
    """Else it would keep the frames of its callers until the collector comes."""

    class Big:
        """Stands for what a handler holds."""

    alive: list[weakref.ref[Big]] = []

    class Holding(LoopActor):
        async def on_receive(self, message: Any) -> None:
            big = Big()
            alive.append(weakref.ref(big))
            await asyncio.Event().wait()

        def on_failure(self, *exc_info: Any) -> None:
            pass

    ref = Holding.start()
    ref.tell("x")
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            await asyncio.sleep(0)
        cancel_all()
        for _ in range(5):
            await asyncio.sleep(0)
        assert [None] == [each() for each in alive]
    finally:
        gc.enable()
