"""A runtime in a thread has what a runtime has: the same names, entered once, and it says in what state it is."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable
from typing import Any

import pytest
import stentor
from stentor.actors import Actor
from stentor.supervisor import ThreadedRuntime


class Echo(Actor):
    """Answers."""

    def on_receive(self, message: object) -> object:
        return message


def public(cls: type) -> set[str]:
    """Return the public names of *cls*."""
    return {name for name in dir(cls) if not name.startswith("_")}


def test_both_runtimes_have_the_same_names() -> None:
    """What one can do and the other can not is refused there, in words."""
    assert public(stentor.Runtime) - {"from_config", "in_thread"} == public(ThreadedRuntime) - {
        "call",
        "start",
        "close",
    }


@pytest.mark.parametrize(
    "name",
    sorted(public(ThreadedRuntime) - {"call", "start", "close", "attach", "run_until_signal", "ready", "record"}),
)
def test_both_runtimes_take_the_same_arguments(name: str) -> None:
    """Names, kinds and defaults."""
    one, other = (
        [(given.name, given.kind, given.default) for given in inspect.signature(getattr(cls, name)).parameters.values()]
        for cls in (stentor.Runtime, ThreadedRuntime)
    )

    assert one == other


def test_a_runtime_that_is_entered_twice_stays_whole() -> None:
    """The second entry is refused, and the first goes on."""
    with stentor.Runtime.in_thread(drain=0.1) as runtime:
        with pytest.raises(stentor.BadUsage, match="runs once"), runtime:
            pass
        session = runtime.session(user_id="ada", thread_id="t1").get(5)
        receipt = session.emit(stentor.Text("r1", "x"))

        assert 1 == receipt.wait(timeout=5, until="buffered")
        assert runtime.ready


def test_a_runtime_that_has_ended_is_not_entered_again() -> None:
    """Its record can still be read."""
    runtime = stentor.Runtime.in_thread(drain=0.1)
    with runtime:
        pass
    with pytest.raises(stentor.BadUsage, match="runs once"), runtime:
        pass

    assert 0 == len(runtime.failures())


def test_of_threads_that_enter_at_the_same_time_one_gets_in() -> None:
    """The others are refused, and leave it whole."""
    runtime = stentor.Runtime.in_thread(drain=0.1)
    together = threading.Barrier(8)
    entered: list[object] = []
    refused: list[stentor.BadUsage] = []

    def enter() -> None:
        together.wait()
        try:
            entered.append(runtime.__enter__())
        except stentor.BadUsage as error:
            refused.append(error)

    threads = [threading.Thread(target=enter) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert ([runtime], 7) == (entered, len(refused))
    assert runtime.ready
    runtime.__exit__(None, None, None)
    assert not [thread for thread in threading.enumerate() if thread.name == "stentor-runtime"]


def test_an_exit_that_comes_twice_says_so() -> None:
    """It has a type, and hides nothing."""
    runtime = stentor.Runtime.in_thread(drain=0.1)
    with runtime:
        pass

    with pytest.raises(stentor.WebSocketManagerNotInitializedError):
        runtime.__exit__(None, None, None)


def test_a_call_to_a_runtime_that_does_not_run_leaves_no_coroutine_behind(recwarn: pytest.WarningsRecorder) -> None:
    """Python would warn of one that was never awaited."""
    runtime = stentor.Runtime.in_thread(drain=0.1)

    with pytest.raises(stentor.WebSocketManagerNotInitializedError):
        runtime.session(user_id="ada", thread_id="t1")

    assert [] == list(recwarn)


def test_a_runtime_in_a_thread_says_its_state_and_its_node() -> None:
    """State first."""
    runtime = stentor.Runtime.in_thread(node="here", drain=0.1)
    said = [repr(runtime)]
    with runtime:
        said.append(repr(runtime))
    said.append(repr(runtime))

    assert [f"<ThreadedRuntime {state}: here>" for state in ("new", "running", "stopped")] == said


def test_an_answer_on_its_way_says_what_and_how_far() -> None:
    """In a REPL the first thing that a user sees is the answer itself."""
    go = threading.Event()

    async def slow() -> None:
        await asyncio.to_thread(go.wait)

    with stentor.Runtime.in_thread(drain=0.1) as runtime:
        opened = runtime.session(user_id="ada", thread_id="t1")
        opened.get(5)
        refused = runtime.session(user_id="", thread_id="t1")
        with pytest.raises(stentor.WebSocketContextValidationError):
            refused.get(5)
        waiting = runtime.call(slow(), "a slow one")

        assert "<Pending waiting: a slow one>" == repr(waiting)
        assert "<Pending done: session 'ada' 't1'>" == repr(opened)
        assert "<Pending failed by WebSocketContextValidationError: session '' 't1'>" == repr(refused)
        go.set()


def test_a_synchronous_host_watches_and_reads_the_record() -> None:
    """watch, record, emitter, failures by code."""
    with stentor.Runtime.in_thread(
        drain=0.1, children=[stentor.ChildSpec("echo", Echo, restart="temporary")]
    ) as runtime:
        record: Any = runtime.record
        end = runtime.watch(record.ref("/children/echo"))
        runtime.kill("/children/echo", "done with it")
        end.get(5)
        runtime.session(user_id="ada", thread_id="t1").get(5)
        receipt = runtime.emitter(user_id="ada", thread_id="t1").notify_agent_started("r1", "a")

        assert receipt.wait(timeout=5, until="buffered") == 1
        assert 1 == len(runtime.failures(code="killed", kind="worker"))
        assert 0 == len(runtime.failures(code="killed", session_id="ada/t1"))


def test_fatal_is_there_once_the_tree_gave_up() -> None:
    """Not before."""
    with stentor.Runtime.in_thread(drain=0.1) as runtime:
        fatal = runtime.fatal()
        with pytest.raises(TimeoutError):
            fatal.get(0)

    with pytest.raises(stentor.WebSocketManagerNotInitializedError):
        fatal.get(5)


@pytest.mark.parametrize(
    ("ask", "error", "words"),
    [
        (lambda it: it.attach(object()), stentor.BadUsage, "loop of the ASGI server"),
        (lambda it: it.run_until_signal(), stentor.BadUsage, "host's own thread"),
        (lambda it: it.broadcast(stentor.Text("r1", "x")), stentor.NotSupported, "emit to each session"),
    ],
)
def test_what_a_thread_can_not_do_is_refused_in_words(
    ask: Callable[[Any], object], error: type[Exception], words: str
) -> None:
    """No AttributeError."""
    with stentor.Runtime.in_thread(drain=0.1) as runtime, pytest.raises(error, match=words):
        ask(runtime)
