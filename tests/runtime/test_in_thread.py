"""A runtime in a thread of its own: nobody waits for ever, and its end leaves nothing behind."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from typing import Any

import pytest
import stentor
from stentor.actors.stores import MemoryStore
from stentor.protocol.errors import WebSocketManagerNotInitializedError


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
