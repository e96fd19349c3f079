"""Estate: a child's slot. It outlives the child's incarnations and lends them what must survive a crash."""

# pyright: reportPrivateUsage=false
from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any, Generic, TypeVar

import pykka
from stentor.protocol.errors import AlreadyPresent, StillRunning

from .._clock import Clock, LoopClock
from ..loop._background import actor_loop
from ..loop._dispatcher import Dispatcher
from ..loop._mailbox import Mailbox
from ..loop._ref import ActorRef
from ..loop._step import COROUTINE
from ._ending import Register
from ._guard import StopRequest
from ._laned import Laned
from ._marks import drop_traceback
from ._messages import (
    ExitReason,
    Ignore,
    Ignored,
    LaunchResult,
    Pending,
    Started,
    StartFailed,
)
from ._parking import Parking
from ._recorder import Recorder, default_recorder

__all__ = ["Estate"]

A = TypeVar("A", bound=pykka.Actor)

_SYSTEM_CLOCK = LoopClock()


class Estate(Laned, Generic[A]):
    """Address, mailbox and history of one child, across its incarnations. It is its own mailbox.

    Args:
        actor_class: A guarded :class:`Actor`.
        args, kwargs: For the constructor of each incarnation.
        path: Address in the tree, like ``/sessions/ada``.
        kind: "worker" or "supervisor".
        parent: Gets Started, StartFailed, Ignored and Exited on its control lane.
        child_id: How the parent calls it; stands in those messages.
        clock: Where time comes from; by default the loop's.
        directory: Entered by the first launch, left at :meth:`close`.
        recorder: Gets what must not vanish; by default the process's own ring.
        loop: Where it runs; by default the running loop, else the process's background loop.
        capacity: Messages that may wait.
        dispatcher: That of *loop*, for who has it at hand.
    """

    __slots__ = ("args", "kwargs")

    def __init__(
        self,
        actor_class: type[A],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        path: str = "/x",
        kind: str = "worker",
        parent: ActorRef[Any] | None = None,
        child_id: str | None = None,
        clock: Clock | None = None,
        directory: Register | None = None,
        recorder: Recorder | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
        capacity: int = 10_000,
        dispatcher: Dispatcher | None = None,
    ) -> None:
        if clock is None:
            clock = _SYSTEM_CLOCK
        super().__init__(path, capacity, clock.now)
        self.clock = clock
        self.actor_class = actor_class
        self.args = args
        self.kwargs: Mapping[str, Any] = {} if kwargs is None else kwargs
        self.kind = kind
        self.parent = parent
        self.child_id = child_id
        self.directory = directory
        self.recorder = default_recorder if recorder is None else recorder
        if dispatcher is None:
            dispatcher = Dispatcher.of(actor_loop() if loop is None else loop)
        self.dispatcher = dispatcher
        self.generation = 0
        self.incarnation = 0
        self.handled = False
        """Whether this incarnation has handled a message, or done what it was woken for."""
        self.rung = 0
        """How much of what outlived the incarnation before this one is to throw away: 0 for the first, 1 nothing."""
        self.state = "idle"
        self.last_failure = None
        self.started_at = 0.0
        self.identity = None
        self.ref = ActorRef(self)
        self._actor: Any = None
        self.context = None
        self._reply = None
        self._task = None
        self._busy = False
        self._job = None
        self.lease = None
        self._lane = None
        self._waking_turn = False
        self._watchers = None
        self._starter = None
        self._parked = None

    @property
    def mailbox(self) -> Mailbox:
        """The mailbox: the estate itself."""
        return self

    @property
    def parked(self) -> str | None:
        """Why it is parked, or None."""
        return None if self._parked is None else self._parked.reason

    @property
    def parking(self) -> Parking | None:
        """Why it is parked and when it is tried again, or None."""
        return self._parked

    @property
    def uptime(self) -> float:
        """Seconds since the running incarnation was launched; 0.0 if none runs."""
        return 0.0 if self._actor is None else self._now() - self.started_at

    @property
    def vacant(self) -> bool:
        """Whether no incarnation is there now."""
        return self._actor is None

    def __repr__(self) -> str:
        return f"<Estate {self.path} {self.state}, incarnation {self.incarnation}>"

    @property
    def standing(self) -> str:
        """How its actor is, and where it stands, for people to read."""
        return f"{self.state if self.parked is None else 'parked'} at {self.path or '/'}"

    # Starting

    def launch(self) -> LaunchResult:
        """Build a new incarnation over this estate. Never raises what the incarnation raises.

        Returns:
            Started, StartFailed or Ignored; or Pending if ``on_start`` is a coroutine: one of the three follows then
            on the parent's control lane. ``AlreadyPresent``, if another estate has its path in the directory, is a
            failed start, too.

        Raises:
            StillRunning: If an incarnation is there that is neither gone nor fenced.
            ActorDied: If the estate is closed, with its loop for one; or parked and not reopened.
        """
        if self._actor is not None:
            raise StillRunning(child_id=self.child_id or self.path)
        if self.incarnation == 0 and self._barred is None:
            self.dispatcher.add(self)
        if self._barred is not None:
            raise self._obituary()
        self.generation += 1
        self.incarnation += 1
        self.handled = False
        self.started_at = self._now()
        self.state = "starting"
        try:
            if self.directory is not None:
                self.directory.add(self)
        except AlreadyPresent as error:
            return self._start_failed(error, "init")
        return self._begin()

    def _begin(self) -> LaunchResult:
        cls: Any = self.actor_class
        operation = "init"
        try:
            self._settle_in(cls)
            if self._lane is not None:
                actor = self._embody()
                return self._start_later(self._at_home().run(self._first_call, actor))
            self._build_in_cradle()
            if cls._plain_on_start:
                return self._started()
            operation = "on_start"
            actor = self._actor
            result = self._at_home().run(actor.on_start)
        except BaseException as exception:
            return self._start_failed(exception, operation)
        if type(result) is COROUTINE:
            return self._start_later(result)
        return self._start_ended(result)

    def _start_later(self, coroutine: Coroutine[Any, Any, Any]) -> Pending:
        self._busy = True
        self._job = coroutine
        self.dispatcher.schedule(self)
        return Pending(self.child_id, self.incarnation)

    def _build(self) -> None:
        self._embody().__init__(*self.args, **self.kwargs)

    def _embody(self) -> Any:
        cls: Any = self.actor_class
        actor = cls.__new__(cls, *self.args, **self.kwargs)
        actor._slot = self
        actor.incarnation = self.incarnation
        self._actor = actor
        return actor

    def _first_call(self, actor: Any) -> Any:
        """In a lane the constructor may block, too."""
        actor.__init__(*self.args, **self.kwargs)
        actor._is_built = True
        return None if actor._plain_on_start else actor.on_start()

    async def _start_slowly(self, actor: Any, coroutine: Coroutine[Any, Any, Any]) -> None:
        if self._too_late(actor, coroutine):
            return
        result: LaunchResult
        try:
            returned = await self._drive(coroutine)
        except BaseException as exception:
            if self._actor is actor:
                self._announce(self._start_failed(exception, "on_start" if actor._is_built else "init"))
            elif not isinstance(exception, asyncio.CancelledError | GeneratorExit):
                self.fence("result", actor)
            if isinstance(exception, GeneratorExit):
                raise
            return
        if self._actor is not actor:
            self.fence("result", actor)
            return
        self._settle()
        result = self._start_ended(returned)
        self._announce(result)

    def _start_ended(self, returned: Any) -> LaunchResult:
        if returned is Ignore or isinstance(returned, Ignore):
            self._vacate()
            return Ignored(self.child_id, self.incarnation)
        return self._started()

    def _started(self) -> Started:
        self.state = "running"
        self._kick()
        return Started(self.child_id, self.incarnation)

    def _start_failed(self, exception: BaseException, operation: str) -> StartFailed:
        failure = self.capture(exception, operation)
        drop_traceback(exception)
        self.last_failure = failure
        self._vacate(failure)
        return StartFailed(self.child_id, self.incarnation, failure)

    def _announce(self, result: LaunchResult) -> None:
        if self._starter is not None:
            self._starter.set(result)
            self._starter = None
        elif self.parent is not None:
            self.parent.control(result)

    # Stopping

    def request_stop(self, reason: ExitReason = "shutdown") -> None:
        """Ask the incarnation to stop, ahead of its backlog. Exited follows; nothing does if none runs."""
        if self._actor is not None:
            self.push_control(StopRequest(self.generation, reason))

    def abandon(self) -> None:
        """Fence the incarnation and cancel its running handler. It counts as gone, and no Exited follows."""
        if self._actor is not None:
            incarnation = self.incarnation
            self.cut_off("abandoned")
            self.recorder.note("abandoned", path=self.path, incarnation=incarnation)

    def cut_off(self, reason: str) -> None:
        """Do what :meth:`abandon` does, and write nothing down: the caller records why."""
        if self._actor is not None:
            self._fence_off(reason)

    def resume_mailbox(self) -> None:
        """Let messages through again after :meth:`suspend`."""
        self.resume()
