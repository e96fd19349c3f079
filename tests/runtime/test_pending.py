"""What nobody asks for is not lost: a late verb is refused where it is called, a failed answer is on record."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator

import pytest
import stentor
from stentor.supervisor import Pending, ThreadedRun, ThreadedRuntime


@pytest.fixture
def runtime() -> Iterator[ThreadedRuntime]:
    with stentor.Runtime.in_thread(drain=0.1) as running:
        yield running


@pytest.fixture
def session(runtime: ThreadedRuntime) -> stentor.Session:
    return runtime.session(user_id="ada", thread_id="t1").get(5)


def settled(runtime: ThreadedRuntime) -> None:
    """Return when the loop has done what it was given before."""
    runtime.call(asyncio.sleep(0)).get(5)
    runtime.call(asyncio.sleep(0)).get(5)


async def fails() -> None:
    """Fail."""
    raise LookupError("no")


@pytest.mark.parametrize(
    "verb",
    [
        lambda run: run.text("late"),
        lambda run: run.thinking("late"),
        lambda run: run.custom("late"),
        lambda run: run.put(stentor.Text("r1", "late")),
        lambda run: run.emit(stentor.Text("r1", "late")),
        lambda run: run.tool("late").__enter__(),
        lambda run: run.result("late"),
        lambda run: run.fail(ValueError("late")),
    ],
    ids=["text", "thinking", "custom", "put", "emit", "tool", "result", "fail"],
)
def test_a_verb_after_the_end_of_the_scope_raises_in_the_callers_stack(
    runtime: ThreadedRuntime, session: stentor.Session, verb: Callable[[ThreadedRun], object]
) -> None:
    """Nobody has to call get for it."""
    with runtime.run(session) as run:
        pass

    with pytest.raises(stentor.RunEnded):
        verb(run)


def test_a_verb_after_a_scope_that_failed_raises_its_failure(
    runtime: ThreadedRuntime, session: stentor.Session
) -> None:
    """As in an asynchronous host."""
    with pytest.raises(stentor.EventNotSerialisable) as first, runtime.run(session) as run:
        run.custom("c", {1}).get(5)
    with pytest.raises(stentor.EventNotSerialisable) as late:
        run.text("late")

    assert first.value is late.value


def test_an_answer_that_fails_after_it_was_dropped_is_recorded(runtime: ThreadedRuntime) -> None:
    """Nobody can ask for it any more."""
    go = threading.Event()

    async def waits() -> None:
        await asyncio.to_thread(go.wait)
        raise LookupError("no")

    runtime.call(waits())
    go.set()
    while not runtime.failures():
        settled(runtime)

    assert ["exception.lookup_error"] == [failure["code"] for failure in runtime.failures()]


def test_an_answer_that_is_dropped_after_it_failed_is_recorded_once(runtime: ThreadedRuntime) -> None:
    """Not before, though: somebody may still ask."""
    answer: Pending[None] | None = runtime.call(fails())
    settled(runtime)
    before = len(runtime.failures())
    answer = None
    settled(runtime)

    assert (0, 1, None) == (before, len(runtime.failures()), answer)


def test_a_failed_answer_that_is_kept_and_not_asked_for_is_recorded_at_the_runtimes_end() -> None:
    """It can be asked for all the same."""
    with stentor.Runtime.in_thread(drain=0.1) as runtime:
        answer = runtime.call(fails())

    assert ["exception.lookup_error"] == [failure["code"] for failure in runtime.failures()]
    with pytest.raises(LookupError):
        answer.get(5)


def test_an_answer_that_the_runtimes_end_cut_off_is_recorded() -> None:
    """What it was to do was not done."""
    with stentor.Runtime.in_thread(drain=0.1) as runtime:
        runtime.call(asyncio.sleep(3600), "a long one")

    [error] = [it.facts["error"] for it in runtime.record.entries() if it.facts and it.facts.get("note") == "failure"]
    assert "WebSocketManagerNotInitializedError('a long one needs" in error


def test_an_answer_that_was_asked_for_is_not_recorded(runtime: ThreadedRuntime) -> None:
    """Who asked has the exception."""
    with pytest.raises(LookupError):
        runtime.call(fails()).get(5)
    settled(runtime)

    assert 0 == len(runtime.failures())


def test_an_answer_that_was_not_waited_for_long_enough_is_recorded(runtime: ThreadedRuntime) -> None:
    """Who gave up waiting has not heard it."""
    go = threading.Event()

    async def waits() -> None:
        await asyncio.to_thread(go.wait)
        raise LookupError("no")

    with pytest.raises(TimeoutError):
        runtime.call(waits()).get(0)
    go.set()
    while not runtime.failures():
        settled(runtime)

    assert 1 == len(runtime.failures())


def test_a_refused_event_in_an_open_scope_is_recorded_once(runtime: ThreadedRuntime, session: stentor.Session) -> None:
    """The scope raises it at its exit: the dropped answer adds nothing."""
    with pytest.raises(stentor.EventNotSerialisable), runtime.run(session) as run:
        run.custom("c", {1})
        settled(runtime)

    assert 1 == len(runtime.failures())


@pytest.mark.parametrize("timeout", [float("inf"), 1e300])
def test_an_answer_is_waited_for_without_end(runtime: ThreadedRuntime, timeout: float) -> None:
    """Longer than a lock can wait is for ever."""
    assert 7 == runtime.call(asyncio.sleep(0.05, 7)).get(timeout)


def test_what_waits_for_the_runtimes_end_leaves_nothing_on_record() -> None:
    """That is how fatal and watch end."""
    with stentor.Runtime.in_thread(drain=0.1) as runtime:
        runtime.fatal()
        runtime.watch(runtime.supervisor("/children").actor_ref)

    assert 0 == len(runtime.failures())


def test_a_runtime_in_a_thread_is_started_and_closed_without_a_with() -> None:
    """As at a prompt."""
    runtime = stentor.Runtime.in_thread(drain=0.1).start()
    ready = runtime.ready
    runtime.close()

    assert (True, False) == (ready, runtime.ready)
    with pytest.raises(stentor.BadUsage, match="runs once"):
        runtime.start()


def test_a_session_is_closed_from_another_thread_by_call(runtime: ThreadedRuntime, session: stentor.Session) -> None:
    """Its verbs that wait are coroutines."""
    runtime.call(session.close()).get(10)

    with pytest.raises(stentor.SessionClosed):
        session.emit(stentor.Text("r1", "late"))
