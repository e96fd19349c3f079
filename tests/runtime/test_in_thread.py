"""A runtime in a thread of its own: nobody waits for ever, and its end leaves nothing behind."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import stentor
from stentor.actors.stores import MemoryStore
from stentor.protocol.errors import NotFound, WebSocketManagerNotInitializedError
from stentor.supervisor import ThreadedRuntime


def test_a_call_that_is_pending_at_the_end_is_answered() -> None:
    """Whoever waits for it in another thread learns that the runtime has ended."""
    raised: list[BaseException] = []
    tidied: list[bool] = []

    async def tidy() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            tidied.append(True)

    with stentor.Runtime.in_thread(drain=0.1) as runtime:
        pending = runtime.call(tidy())

        def wait() -> None:
            try:
                pending.get(10)
            except Exception as error:
                raised.append(error)

        thread = threading.Thread(target=wait)
        thread.start()
    thread.join(5)

    assert ([WebSocketManagerNotInitializedError], False) == ([type(error) for error in raised], thread.is_alive())
    assert [True] == tidied


def test_a_call_that_will_not_be_cancelled_is_answered_too() -> None:
    """The end of the runtime does not wait for it for ever."""

    async def stubborn() -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                continue

    with stentor.Runtime.in_thread(drain=0.1) as runtime:
        pending = runtime.call(stubborn())
    with pytest.raises(WebSocketManagerNotInitializedError):
        pending.get(1)


def test_what_a_question_raises_is_raised_where_it_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it is: the thread that asked would wait for ever."""
    with stentor.Runtime.in_thread(drain=0.1) as runtime:
        inner: Any = runtime._runtime
        monkeypatch.setattr(inner._core, "audit", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            runtime.audit()


def asking(ask: Callable[[], object], over: threading.Event, raised: list[BaseException]) -> threading.Thread:
    """Return a thread that asks again and again; keep what it got that is neither an answer nor a known refusal."""

    def work() -> None:
        while not over.is_set():
            try:
                ask()
            except (NotFound, WebSocketManagerNotInitializedError):
                continue
            except BaseException as error:
                raised.append(error)

    return threading.Thread(target=work, daemon=True)


@pytest.mark.parametrize(
    "ask",
    [
        lambda runtime: runtime.audit(),
        lambda runtime: runtime.kill("/children/nobody", "a test"),
        lambda runtime: runtime.call(asyncio.sleep(0)).get(),
    ],
    ids=["audit", "kill", "call"],
)
def test_who_asks_while_the_runtime_ends_gets_an_answer_or_a_typed_refusal(
    ask: Callable[[ThreadedRuntime], object],
) -> None:
    """Whatever the end overtakes is refused: nobody waits for ever."""
    for _ in range(20):
        over, raised = threading.Event(), list[BaseException]()
        with stentor.Runtime.in_thread(drain=0.1) as runtime:
            thread = asking(lambda runtime=runtime: ask(runtime), over, raised)  # type: ignore[misc]
            thread.start()
            runtime.call(asyncio.sleep(0)).get(5)
        over.set()
        thread.join(5)

        assert ([], False) == (raised, thread.is_alive())


def test_a_call_that_the_runtimes_end_overtakes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is handed in before the end, and noted for it as well."""
    submitted, over = threading.Event(), threading.Event()
    raised: list[BaseException] = []
    real = asyncio.run_coroutine_threadsafe

    async def stubborn() -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                continue

    def held_up(coroutine: Any, loop: asyncio.AbstractEventLoop) -> Any:
        future = real(coroutine, loop)
        if threading.current_thread() is thread:
            submitted.set()
            over.wait(0.3)
        return future

    def ask() -> None:
        try:
            runtime.call(stubborn()).get()
        except WebSocketManagerNotInitializedError as error:
            raised.append(error)

    monkeypatch.setattr(asyncio, "run_coroutine_threadsafe", held_up)
    monkeypatch.setattr("stentor.supervisor.runtime._loop_thread._PATIENCE", 0.01)
    thread = threading.Thread(target=ask, daemon=True)
    with stentor.Runtime.in_thread(drain=0.1) as runtime:
        thread.start()
        submitted.wait(5)
    over.set()
    thread.join(2)

    assert (1, False) == (len(raised), thread.is_alive())


def test_who_asks_from_a_thread_while_an_asynchronous_host_ends_gets_an_answer() -> None:
    """Its loop closes without a word to who waits for it."""

    async def host(over: threading.Event, raised: list[BaseException]) -> threading.Thread:
        async with stentor.Runtime(drain=0.1) as runtime:
            thread = asking(runtime.audit, over, raised)
            thread.start()
            await asyncio.sleep(0)
        return thread

    for _ in range(20):
        over, raised = threading.Event(), list[BaseException]()
        thread = asyncio.run(host(over, raised))
        over.set()
        thread.join(5)

        assert ([], False) == (raised, thread.is_alive())


async def test_a_drained_runtime_is_freed_although_others_use_its_store() -> None:
    """The store keeps none of its callbacks."""
    store = MemoryStore()
    gone = []
    for number in range(2):
        async with stentor.Runtime(store=store, node=f"node-{number}", drain=0.1) as runtime:
            session = await runtime.session(user_id="ada", thread_id="t1")
            session.emit(stentor.Text("r1", "x"))
        gone.append(weakref.ref(runtime._core))  # type: ignore[arg-type]
        del runtime, session
    await asyncio.sleep(0)
    gc.collect()

    assert [None, None] == [ref() for ref in gone]


async def test_the_sessions_supervisor_is_looked_through_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy is dear; one does for all sessions."""
    from stentor.actors import ActorProxy

    made = []
    init = ActorProxy.__init__

    def counted(self: Any, **given: Any) -> None:
        made.append(given)
        init(self, **given)

    monkeypatch.setattr(ActorProxy, "__init__", counted)
    async with stentor.Runtime(drain=0.1) as runtime:
        before = len(made)
        for number in range(20):
            session = await runtime.session(user_id="ada", thread_id=f"t{number}")
            await session.close(0.0)

        assert before == len(made)
