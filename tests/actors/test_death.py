"""An ask that meets a death is always answered: by threads, on the loop, and when the loop itself ends."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pykka
import pytest
from stentor.actors import Actor, LoopActor, RingRecorder
from stentor.protocol.errors import ActorDied

RACES = 10_000


class Boom(Exception):
    pass


def mortal(kind: Any) -> Any:
    class Mortal(kind):
        def on_receive(self, message: Any) -> Any:
            if message == "boom":
                raise Boom
            return message

        async def hang(self) -> None:
            await asyncio.Event().wait()

    return Mortal


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand crashes need no line each."""
    monkeypatch.setattr("logging.Logger.error", lambda *args, **kwargs: None)
    monkeypatch.setattr(RingRecorder, "dead_letter", lambda *args: None)


def outcome(future: Any) -> Any:
    try:
        return future.get(timeout=10)
    except pykka.ActorDeadError:
        return "dead"
    except pykka.Timeout:
        return "HANGS"


@pytest.mark.parametrize("kind", [LoopActor, Actor])
@pytest.mark.parametrize("death", ["stop", "crash"])
def test_an_ask_that_races_with_death_in_threads_is_always_answered(kind: Any, death: str) -> None:
    """2,500 races for each kind of actor and of death: ten thousand together; a hanging one would time out."""
    races = RACES // 4
    cls = mortal(kind)
    refs = [cls.start() for _ in range(races)]
    futures: list[Any] = []
    begin = threading.Barrier(2)

    def ask() -> None:
        begin.wait()
        futures.extend(ref.ask("x", block=False) for ref in refs)

    def kill() -> None:
        begin.wait()
        for ref in refs:
            try:
                if death == "stop":
                    ref.stop(block=False)
                else:
                    ref.tell("boom")
            except pykka.ActorDeadError:
                return

    threads = [threading.Thread(target=ask), threading.Thread(target=kill)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(futures) == races
    assert {outcome(future) for future in futures} <= {"x", "dead"}


@pytest.mark.parametrize("kind", [LoopActor, Actor])
async def test_an_ask_that_races_with_death_on_the_loop_is_always_answered(kind: Any) -> None:
    """Ten thousand asks, put before, between and after the deaths."""
    cls = mortal(kind)
    answers: list[Any] = []
    for number in range(RACES // 10):
        ref = cls.start()
        for place in range(10):
            if place == number % 10:
                ref.stop(block=False)
            answers.append(ref.ask("x", block=False))
            if place == number % 7:
                await asyncio.sleep(0)

    async def settle(answer: Any) -> Any:
        try:
            return await answer
        except pykka.ActorDeadError:
            return "dead"

    async with asyncio.timeout(20):
        outcomes = await asyncio.gather(*map(settle, answers))

    assert len(outcomes) == RACES
    assert set(outcomes) <= {"x", "dead"}


@pytest.mark.parametrize("kind", [LoopActor, Actor])
@pytest.mark.parametrize("end", ["run", "close"])
def test_the_end_of_a_loop_ends_its_actors(kind: Any, end: str) -> None:
    """However it ends: what is asked, in flight, or asked later, is answered."""
    cls = mortal(kind)

    async def begin() -> tuple[Any, Any, Any]:
        ref = cls.start()
        flying = ref.proxy().hang()
        waiting = ref.ask("x", block=False)
        for _ in range(10):
            await asyncio.sleep(0)
        return ref, flying, waiting

    if end == "run":
        ref, flying, waiting = asyncio.run(begin())
    else:
        loop = asyncio.new_event_loop()
        ref, flying, waiting = loop.run_until_complete(begin())
        loop.close()

    # asyncio.run cancels what is suspended, and the plain actor's asker gets just that.
    with pytest.raises((pykka.ActorDeadError, asyncio.CancelledError)):
        flying.get(timeout=5)
    assert outcome(waiting) == "dead"
    assert outcome(ref.ask("later", block=False)) == "dead"
    with pytest.raises(pykka.ActorDeadError):
        ref.tell("later")
    assert not ref.is_alive()


def test_a_thread_that_blocks_on_an_actor_of_a_closing_loop_is_released() -> None:
    """Not only futures that nobody has asked yet."""
    cls = mortal(Actor)
    results: list[Any] = []
    started = threading.Event()

    async def main() -> threading.Thread:
        ref = cls.start()

        def block() -> None:
            future = ref.proxy().hang()
            started.set()
            results.append(outcome(future))

        thread = threading.Thread(target=block)
        thread.start()
        await asyncio.to_thread(started.wait)
        await asyncio.sleep(0)
        return thread

    loop = asyncio.new_event_loop()
    thread = loop.run_until_complete(main())
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    thread.join(5)

    assert results == ["dead"]


def test_an_ask_of_a_loop_that_is_closed_fails_at_once() -> None:
    """The error names the actor."""

    async def begin() -> Any:
        return mortal(Actor).start()

    ref = asyncio.run(begin())

    with pytest.raises(ActorDied, match="/Mortal-"):
        ref.ask("x")
