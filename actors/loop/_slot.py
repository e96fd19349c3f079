"""The slot of a plain LoopActor: its mailbox, its context, and Pykka's receive loop taken apart into turns."""

# pyright: reportPrivateUsage=false
from __future__ import annotations

import asyncio
import contextvars
import logging
import sys
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import pykka
from pykka.messages import _ActorStop
from stentor.protocol.errors import BadUsage

from ._future import LoopFuture
from ._mailbox import Mailbox
from ._ref import ActorRef
from ._step import COROUTINE, step

__all__ = ["PlainSlot", "Runner", "SlotBase"]

logger = logging.getLogger("pykka")


class Runner(Protocol):
    """Where an actor's code runs: its context."""

    def run(self, function: Callable[..., Any], /, *args: Any) -> Any:
        """Call *function* there and return what it returns; what is a coroutine is awaited."""


class SlotBase(Mailbox):
    """What every slot has, whether its actor is guarded or not.

    ``_busy`` says that a handler or hook is suspended, or is about to begin in a task.
    """

    __slots__ = ("_busy", "_reply", "_task", "ref")

    _busy: bool
    _reply: LoopFuture[Any] | None
    _task: asyncio.Task[Any] | None
    ref: ActorRef[Any]

    def resume(self) -> None:
        """Let messages through again after :meth:`suspend`."""
        with self._lock:
            self._suspended = False
        # A busy actor looks by itself what there is to do, as soon as it no longer is.
        if self._actor is not None and not self._busy:
            self._kick()

    def _at_suspension(self) -> None:
        """A handler suspends for the first time: from now on its task is its own."""
        task = asyncio.current_task()
        self._task = task
        self.dispatcher.hand_over(task)


class PlainSlot(SlotBase):
    """The slot of one plain actor: Pykka's semantics, FIFO stop included."""

    __slots__ = ("_starting", "context")

    def __init__(self, actor: pykka.Actor) -> None:
        super().__init__(type(actor).__name__, sys.maxsize)
        self._actor = actor
        self._reply = None
        self._task = None
        self._busy = True
        self._starting = True
        self.actor_class = type(actor)
        self.context = contextvars.Context()
        self.ref = ActorRef(self)

    def turn(self, limit: int) -> Coroutine[Any, Any, None] | None:
        """Handle up to *limit* messages; return what has to be awaited, if a handler is a coroutine."""
        actor = self._actor
        if actor is None:
            return None
        if self._busy:
            # A message is handled, slowly; or the actor has just been started.
            if not self._starting:
                return None
            self._starting = False
            return self._begin(actor)
        if self._barred is not None:
            self._end()
            return None
        run = self.context.run
        handle = actor._handle_receive
        while limit:
            limit -= 1
            entry = self._out.pop() if self._out and not self._suspended else self._next()
            if entry is None:
                return None
            message, reply, _ = entry
            job = None
            try:
                result = run(handle, message)
            except BaseException as exception:
                job = self._failed(actor, exception, reply)
            else:
                if type(result) is COROUTINE:
                    self._busy = True
                    return self._finish(actor, result, reply)
                if reply is not None:
                    reply.set(result)
            if job is not None:
                self._busy = True
                return job
            if self._barred is not None:
                self._end()
                return None
        self.dispatcher.ready.append(self)
        return None

    def push_control(self, message: Any) -> bool:
        """Refuse: who handles messages as Pykka does has one lane.

        Raises:
            BadUsage: Always.
        """
        raise BadUsage(f"{self.ref} is a plain LoopActor and has no control lane; tell it, or make it a guarded Actor")

    def wake(self) -> None:
        """Refuse: it has no ``on_wake``.

        Raises:
            BadUsage: Always.
        """
        raise BadUsage(f"{self.ref} is a plain LoopActor and has no on_wake; tell it, or make it a guarded Actor")

    def loop_ended(self) -> None:
        """The loop is closed: answer everybody who waits."""
        reply, self._reply = self._reply, None
        pykka.ActorRegistry.unregister(self.ref)
        self.set()
        if reply is not None:
            reply.fail(pykka.ActorDeadError(f"{self.ref} ended with its event loop"))
        self._end()

    def _begin(self, actor: Any) -> Coroutine[Any, Any, None] | None:
        try:
            result = self.context.run(actor.on_start)
        except BaseException as exception:
            self._start_failed(actor, exception)
        else:
            if type(result) is COROUTINE:
                return self._finish_start(actor, result)
        self._go_on()
        return None

    async def _finish_start(self, actor: Any, coroutine: Coroutine[Any, Any, Any]) -> None:
        try:
            await step(coroutine, self.context.run, self._at_suspension)
        except BaseException as exception:
            self._start_failed(actor, exception)
            if isinstance(exception, GeneratorExit):
                raise
        self._go_on()

    def _start_failed(self, actor: Any, exception: BaseException) -> None:
        actor._handle_failure(type(exception), exception, exception.__traceback__)
        if not isinstance(exception, Exception):
            pykka.ActorRegistry.stop_all(block=False)

    async def _finish(self, actor: Any, coroutine: Coroutine[Any, Any, Any], reply: LoopFuture[Any] | None) -> None:
        """Await a handler, then answer."""
        self._reply = reply
        try:
            result = await step(coroutine, self.context.run, self._at_suspension)
        except BaseException as exception:
            self._reply = None
            if self._actor is actor:
                job = self._failed(actor, exception, reply)
                if isinstance(exception, GeneratorExit):
                    raise
                if job is not None:
                    await job
        else:
            self._reply = None
            # The loop may have ended, and answered, in between.
            if reply is not None and not reply.done():
                reply.set(result)
        self._task = None
        self._go_on()

    def _failed(
        self, actor: Any, exception: BaseException, reply: LoopFuture[Any] | None
    ) -> Coroutine[Any, Any, None] | None:
        exc_info = (type(exception), exception, exception.__traceback__)
        if not isinstance(exception, Exception):
            logger.debug(f"{exception!r} in {actor}. Stopping all actors.")
            job = actor._stop()
            if reply is not None:
                reply.set_exception(exc_info)
            # Not blocking: the others may run on this very loop.
            pykka.ActorRegistry.stop_all(block=False)
            return self._finish(actor, job, None) if type(job) is COROUTINE else None
        if reply is not None:
            logger.info(f"Exception returned from {actor} to caller:", exc_info=exc_info)
            reply.fail(exception)
            return None
        actor._handle_failure(*exc_info)
        try:
            result = self.context.run(actor.on_failure, type(exception), exception, exception.__traceback__)
        except Exception as second:
            actor._handle_failure(type(second), second, second.__traceback__)
            return None
        return self._finish_failure(actor, result) if type(result) is COROUTINE else None

    async def _finish_failure(self, actor: Any, coroutine: Coroutine[Any, Any, Any]) -> None:
        try:
            await step(coroutine, self.context.run, self._at_suspension)
        except Exception as second:
            actor._handle_failure(type(second), second, second.__traceback__)
        self._go_on()

    def _go_on(self) -> None:
        self._busy = False
        if self._barred is not None:
            self._end()
        else:
            self._kick()

    def _end(self) -> None:
        """Let go of the actor and answer the asks that are left."""
        self._actor = None
        self.dispatcher.discard(self)
        for message, reply, _ in self._drain():
            if reply is None:
                continue
            if isinstance(message, _ActorStop):
                reply.set(None)
            else:
                reply.fail(pykka.ActorDeadError(f"{self.ref} stopped before handling the message"))

    def _bounce(self, message: Any, reply: LoopFuture[Any] | None) -> None:
        error = pykka.ActorDeadError(f"{self.ref} not found")
        if reply is None:
            raise error
        reply.fail(error)
