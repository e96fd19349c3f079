"""The guard: handles messages, and turns whatever a handler raises into the end of that incarnation alone."""

# pyright: reportPrivateUsage=false
from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from pykka._envelope import Envelope
from stentor.protocol.errors import Refused, Shutdown

from .._clock import Clock
from ..loop._future import LoopFuture
from ..loop._mailbox import AGAIN
from ..loop._slot import Runner, SlotBase
from ..loop._step import COROUTINE, step
from ._failure import Failure, capture_chain, capture_frames, number_of
from ._lease import Lease, current_lease
from ._marks import failure_mark
from ._messages import ExitReason
from ._recorder import Recorder

__all__ = ["NO_MESSAGE", "Guard", "StopNow", "StopRequest"]

NO_MESSAGE = object()
"""Stands for the message of an operation that has none."""


class StopNow(BaseException):
    """Raised by an actor's ``_stop``: the message lane has come to a stop message."""


class StopRequest:
    """Control message: stop ahead of the backlog."""

    __slots__ = ("generation", "reason")

    def __init__(self, generation: int, reason: ExitReason) -> None:
        self.generation = generation
        self.reason: ExitReason = reason


class Guard(SlotBase):
    """The running half of an estate."""

    __slots__ = (
        "_job",
        "_waking_turn",
        "clock",
        "context",
        "generation",
        "handled",
        "identity",
        "incarnation",
        "kind",
        "last_failure",
        "lease",
        "recorder",
        "rung",
        "started_at",
        "state",
    )

    clock: Clock
    context: Runner | None
    recorder: Recorder
    generation: int
    handled: bool
    incarnation: int
    identity: dict[str, Any] | None
    kind: str
    last_failure: Failure | None
    lease: Lease | None
    rung: int
    started_at: float
    state: str
    _job: Coroutine[Any, Any, None] | None
    _waking_turn: bool

    def _start_slowly(self, actor: Any, coroutine: Coroutine[Any, Any, Any]) -> Coroutine[Any, Any, None]:
        raise NotImplementedError  # the estate starts, the guard only takes the turn

    def _at_home(self) -> Runner:
        raise NotImplementedError  # where its code runs is made when it is first needed

    def push(self, message: Any, reply: LoopFuture[Any] | None) -> None:
        """Take a message in, unless an ended incarnation sends it to its successor."""
        sender = current_lease.get()
        if sender is not None and sender.lender is self:
            sender.enter("tell")
        # Not by super(): every message pays for that.
        SlotBase.push(self, message, reply)

    def get(self) -> Envelope[Any]:
        """Take the oldest message out, as Pykka's inbox does, unless the taker is an ended incarnation."""
        taker = current_lease.get()
        if taker is not None and taker.lender is self:
            taker.enter("take")
        return super().get()

    def turn(self, limit: int) -> Coroutine[Any, Any, None] | None:
        """Handle up to *limit* messages; return what has to be awaited, if a handler is a coroutine."""
        actor = self._actor
        if actor is None or self._busy:
            # Down, or a handler is suspended. The latter may be a start that nobody drives yet.
            hook, self._job = self._job, None
            if hook is not None:
                return self._start_slowly(actor, hook)
            if actor is not None:
                actor._knocked()
            return None
        run = self._at_home().run if self.context is None else self.context.run
        handle = actor._handle_receive
        while limit:
            limit -= 1
            message: Any
            if self._control:
                with self._lock:
                    message = self._control.pop(0)
                job = self._control_turn(actor, message)
            elif self._woken and not (self._waking_turn and self.depth and not self._suspended):
                # A flag that is raised again and again must not starve the messages: they take turns.
                self._waking_turn = True
                self._woken = False
                job = self._attempt(actor, "on_wake", NO_MESSAGE, actor.on_wake)
            else:
                self._waking_turn = False
                entry = self._out.pop() if self._out and not self._suspended else self._next()
                if entry is None:
                    return None
                if entry is AGAIN:
                    continue
                message, reply, _ = entry
                self._reply = reply
                job = None
                try:
                    result = run(handle, message)
                except BaseException as exception:
                    job = self._failed(actor, exception, "handle", message)
                else:
                    if type(result) is COROUTINE:
                        self._busy = True
                        return self._finish(actor, result, "handle", message)
                    self.handled = True
                    # A handler that promised to answer later has taken the reply.
                    if reply is not None and self._reply is not None:
                        self._reply = None
                        reply.set(result)
            if job is not None:
                return job
            if self._actor is not actor:
                return None
        self.dispatcher.ready.append(self)
        return None

    def fence(self, door: str, holder: Any) -> None:
        """Record that an ended incarnation (*holder* has its number) came to *door*, and was refused."""
        self.recorder.note("fenced", path=self.path, door=door, incarnation=holder.incarnation)

    def capture(self, exception: BaseException, operation: str, message: Any = NO_MESSAGE) -> Failure:
        """Return *exception* as a failure of this incarnation."""
        now = self._now()
        return Failure(
            exception,
            capture_frames(exception.__traceback__),
            capture_chain(exception) if exception.__context__ is not None or exception.__cause__ is not None else (),
            self.path,
            self.kind,
            self.incarnation,
            now - self.started_at,
            self.depth,
            operation,
            None if message is NO_MESSAGE else type(message).__name__,
            now,
            self.clock.wall(),
            self.identity or {},
            failure_mark(exception),
            number_of(exception),
        )

    # Control, hooks

    def _control_turn(self, actor: Any, message: Any) -> Coroutine[Any, Any, None] | None:
        if type(message) is StopRequest:
            return self._leave(actor, message.reason) if message.generation == self.generation else None
        return self._attempt(actor, "control", message, actor.on_control, message)

    def _attempt(
        self, actor: Any, operation: str, message: Any, function: Callable[..., Any], *args: Any
    ) -> Coroutine[Any, Any, None] | None:
        try:
            result = self._at_home().run(function, *args)
        except BaseException as exception:
            return self._failed(actor, exception, operation, message)
        if type(result) is COROUTINE:
            self._busy = True
            return self._finish(actor, result, operation, message)
        return None

    async def _finish(self, actor: Any, coroutine: Coroutine[Any, Any, Any], operation: str, message: Any) -> None:
        """Await a handler or hook, then answer and go on."""
        if self._too_late(actor, coroutine):
            return
        try:
            result = await self._drive(coroutine)
        except BaseException as exception:
            if self._actor is not actor:
                # Abandoned: being cancelled is what was asked of it, anything else came too late.
                if not isinstance(exception, CancelledError | GeneratorExit):
                    self.fence("result", actor)
            else:
                self._settle()
                job = self._failed(actor, exception, operation, message)
                if job is not None and not isinstance(exception, GeneratorExit):
                    await job
                elif self._actor is actor:
                    self._kick()
            if isinstance(exception, GeneratorExit):
                raise
            return
        if self._actor is not actor:
            self.fence("result", actor)
            return
        self._settle()
        self.handled = self.handled or operation == "handle"
        reply, self._reply = self._reply, None
        if reply is not None:
            reply.set(result)
        self._kick()

    def _drive(self, coroutine: Coroutine[Any, Any, Any]) -> Awaitable[Any]:
        """Return what to await for *coroutine* to run, in the actor's own context."""
        return step(coroutine, self._at_home().run, self._at_suspension)

    def _too_late(self, actor: Any, coroutine: Coroutine[Any, Any, Any]) -> bool:
        """Say whether *actor* was fenced off before *coroutine* began, when it had no task to cancel."""
        if self._actor is actor:
            return False
        coroutine.close()
        return True

    def _settle(self) -> None:
        self._busy = False
        self._task = None

    # Failing, leaving

    def _failed(
        self, actor: Any, exception: BaseException, operation: str, message: Any
    ) -> Coroutine[Any, Any, None] | None:
        reply = self._reply
        if self._actor is not actor:
            # It abandoned or closed itself, and raised on its way out.
            self.fence("result", actor)
            return None
        if isinstance(exception, StopNow):
            return self._leave(actor, "normal")
        if isinstance(exception, Refused):
            self._reply = None
            if reply is not None:
                reply.fail(exception)
            else:
                self.recorder.refused(self.path, message, exception)
            return None
        if isinstance(exception, Shutdown):
            self._gone(actor, "planned", None, message, exception)
            return None
        failure = self.capture(exception, operation, message)
        self.last_failure = failure
        if actor._plain_on_failure:
            self._gone(actor, "crash", failure, message, exception)
            return None
        self.state = "stopping"
        return self._mourn(actor, failure, message)

    def _mourn(self, actor: Any, failure: Failure, message: Any) -> Coroutine[Any, Any, None] | None:
        """Run ``on_failure``, then go."""
        raise NotImplementedError

    def _leave(self, actor: Any, reason: ExitReason) -> Coroutine[Any, Any, None] | None:
        """Run ``on_stop``, then go."""
        raise NotImplementedError

    def _gone(
        self,
        actor: Any,
        reason: ExitReason,
        failure: Failure | None = None,
        message: Any = NO_MESSAGE,
        exception: BaseException | None = None,
    ) -> None:
        """The incarnation has ended: tell whom it concerns."""
        raise NotImplementedError

    def loop_ended(self) -> None:
        """The loop is closed: answer everybody who waits."""
        raise NotImplementedError
