"""Ending: who is told, and who is answered, when an incarnation or its whole estate ends."""

# pyright: reportPrivateUsage=false
from __future__ import annotations

import asyncio
from typing import Any, Protocol

from pykka.messages import _ActorStop
from stentor.protocol.errors import ActorDied

from ..loop._future import LoopFuture
from ..loop._ref import ActorRef
from ._failure import Failure
from ._guard import NO_MESSAGE
from ._leaving import Leaving
from ._marks import drop_traceback, mark_failure
from ._messages import Exited, ExitReason, LaunchResult, Terminated
from ._parking import Parking

__all__ = ["Ending", "Register"]


class Register(Protocol):
    """Where estates are entered under their paths; see :class:`Directory`."""

    def add(self, estate: Any) -> None:
        """Enter *estate*.

        Raises:
            AlreadyPresent: If another estate stands at its path.
        """

    def remove(self, estate: Any) -> None:
        """Take *estate* out."""


class Ending(Leaving):
    """The part of an estate that closes, parks, and tells."""

    __slots__ = ("_parked", "_starter", "_watchers", "child_id", "directory", "parent")

    _parked: Parking | None
    _starter: LoopFuture[LaunchResult] | None
    _watchers: list[ActorRef[Any]] | None
    child_id: str | None
    directory: Register | None
    parent: ActorRef[Any] | None

    def close(self, reason: str) -> None:
        """End it for good: asks that wait fail, tells become dead letters, watchers get Terminated once."""
        with self._lock:
            if self.state == "closed":
                return
            self.state = "closed"
            self._barred = reason
        self._fence_off(reason)
        self._parked = None
        self.dispatcher.discard(self)
        if self.directory is not None:
            self.directory.remove(self)
        try:
            self._clear_out(reason)
        finally:
            if self._event is not None:
                self._event.set()
            with self._lock:
                watchers, self._watchers = self._watchers, None
            for watcher in watchers or ():
                self._tell_watcher(watcher, reason)

    def park(self, why: str | Parking) -> None:
        """Set it aside: asks fail with ``ActorParked``, tells become dead letters, the address is kept."""
        if self.state == "closed":
            raise self._obituary()
        self._fence_off("parked")
        self._parked = why if isinstance(why, Parking) else Parking(f"is parked: {why}")
        self._bar("parked")
        self._clear_out("parked")

    def reopen(self) -> None:
        """Take messages in again after :meth:`park`."""
        if self._parked is not None:
            self._parked = None
            self._bar(None)

    def loop_ended(self) -> None:
        """The loop is closed: close with it."""
        self.close("loop_ended")

    def watch(self, watcher: ActorRef[Any]) -> None:
        """Send *watcher* one Terminated when this is closed for good; at once if it is already."""
        with self._lock:
            closed = self.state == "closed"
            if not closed:
                if self._watchers is None:
                    self._watchers = []
                if watcher not in self._watchers:
                    self._watchers.append(watcher)
        if closed:
            watcher.control(Terminated(self.ref, self._barred or "closed"))

    def _tell_watcher(self, watcher: ActorRef[Any], reason: str) -> None:
        try:
            watcher.control(Terminated(self.ref, reason))
        except Exception as error:
            # It may live on a loop that is closed. The others are to hear of it all the same.
            self.recorder.note("watcher_failed", path=self.path, watcher=repr(watcher), exception=error)

    @property
    def watchers(self) -> tuple[ActorRef[Any], ...]:
        """Who gets Terminated."""
        with self._lock:
            return tuple(self._watchers or ())

    # Ends

    def _gone(
        self,
        actor: Any,
        reason: ExitReason,
        failure: Failure | None = None,
        message: Any = NO_MESSAGE,
        exception: BaseException | None = None,
    ) -> None:
        reply, self._reply = self._reply, None
        try:
            self._vacate(failure)
            if failure is not None and message is not NO_MESSAGE:
                self.recorder.dead_letter(self.path, message, "crash", failure.id)
            told = False
            if self.parent is not None:
                info = getattr(exception, "info", None) if reason == "planned" else None
                told = self.parent.control(Exited(self.child_id, self.incarnation, reason, failure, info)) is not False
            if not told:
                if failure is not None:
                    self.recorder.failure(failure)
                self.close(reason)
        finally:
            # After the parent was told, and whatever came of that: an asker never waits for ever.
            _answer(reply, exception, failure)

    def _vacate(self, failure: Failure | None = None) -> None:
        """No incarnation is here any more; what it promised to answer is answered."""
        with self._lock:
            lease, self.lease = self.lease, None
            self._actor = None
            self._calm = False
        self._busy = False
        self._task = None
        if self.state != "closed":
            self.state = "down"
        if lease is not None and lease.promises:
            promises, lease.promises = lease.promises, None
            for promise in promises:
                promise.die(self._obituary(failure))

    def _fence_off(self, reason: str) -> None:
        """Whatever the incarnation still does is refused from here on."""
        task, job, reply = self._task, self._job, self._reply
        self._job = self._reply = None
        if self._actor is not None:
            self.generation += 1
        self._vacate()
        if job is not None:
            job.close()
        if reply is not None:
            reply.fail(ActorDied(f"{self.path} ended before it answered: {reason}", path=self.path, reason=reason))
        if self._starter is not None:
            self._starter.fail(ActorDied(f"{self.path} ended before it had started: {reason}", path=self.path))
            self._starter = None
        loop = self.dispatcher.loop
        if task is not None and loop is not None and not loop.is_closed():
            if asyncio._get_running_loop() is loop:
                task.cancel()
                return
            try:
                loop.call_soon_threadsafe(task.cancel)
            except RuntimeError:
                # The loop was closed in between, and its tasks with it.
                return

    def _clear_out(self, reason: str) -> None:
        waiting = self._drain()
        # Whoever waits is answered before anything is recorded.
        for message, reply, _ in waiting:
            if reply is not None:
                if isinstance(message, _ActorStop):
                    reply.set(None)
                else:
                    reply.fail(self._obituary())
        failure_id = None if self.last_failure is None else self.last_failure.id
        for message, reply, _ in waiting:
            if reply is None and not isinstance(message, _ActorStop):
                self.recorder.dead_letter(self.path, message, reason, failure_id)

    def _obituary(self, failure: Failure | None = None) -> ActorDied:
        if self._parked is not None:
            error: ActorDied = self._parked.error(self.path, self._now())
        else:
            reason = self._barred or self.state
            error = ActorDied(f"{self.path} is gone ({reason}) and did not answer", path=self.path, reason=reason)
        known = failure or self.last_failure
        error.failure_id = None if known is None else known.id
        return error

    def _bounce(self, message: Any, reply: LoopFuture[Any] | None) -> None:
        error = self._obituary()
        if reply is not None:
            reply.fail(error)
        elif self._parked is not None:
            self.recorder.dead_letter(self.path, message, "parked", error.failure_id)
        else:
            raise error


def _answer(reply: LoopFuture[Any] | None, exception: BaseException | None, failure: Failure | None) -> None:
    """Answer who asked for what ended an incarnation."""
    if reply is None:
        if exception is not None:
            # Its frames are kept as plain tuples: the traceback would pin the dead incarnation.
            drop_traceback(exception)
    elif exception is None:
        reply.set(None)
    else:
        if failure is not None:
            mark_failure(exception, failure.id)
        reply.fail(exception)
