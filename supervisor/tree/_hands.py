"""The supervisor's hands: they do what the machine asks for, and tell it at once what came of it."""

from __future__ import annotations

import random
from collections import deque
from functools import partial
from typing import Any

from stentor.actors import (
    Actor,
    Clock,
    Exited,
    Ignored,
    LaunchResult,
    Pending,
    Started,
    StartFailed,
    TimerHandle,
)
from stentor.protocol.errors import Killed, Refused, Shutdown

from ..core._child import Child
from ..core._effects import (
    Abandon,
    Booted,
    CancelTimer,
    Close,
    Decided,
    Effect,
    Exit,
    Fail,
    Park,
    Reply,
    ReplyRef,
    RequestStop,
    Resume,
    SetTimer,
    Start,
)
from ..core._events import (
    ChildExited,
    ChildIgnored,
    ChildPending,
    ChildStarted,
    ChildStartFailed,
    Event,
    SetPolicy,
)
from ..core._machine import SupervisorMachine
from ..ledger._entry import Entry
from ..ledger._redact import safe_text
from ._broken import SupervisorBroken
from ._entries import Ledger
from ._port import Port
from ._slots import Slots

__all__ = ["Hands"]

_BEFORE_A_START = ("restart", "hold")


class Hands:
    """Carries out the machine's effects over real estates.

    Args:
        actor: The supervisor.
        machine: Its machine.
        clock: Where time comes from, for the children too.
    """

    def __init__(self, actor: Actor, machine: SupervisorMachine, clock: Clock) -> None:
        self.machine = machine
        self.clock = clock
        self._now = clock.now
        self.port = Port(actor.actor_ref)
        self.path = actor.path
        self.ledger = Ledger(actor.estate.recorder, clock, actor.path)
        self.booted = False
        self.exit: Exit | None = None
        self._timers: dict[int, TimerHandle] = {}
        self._entries: dict[str, Entry] = {}
        self._parks: dict[str, Decided] = {}
        """Why children are being parked that are not yet."""
        self._queue: deque[Event] = deque()
        self._feeding = False
        resumes = "resume" in machine.policy.decide.values()
        self._slots = Slots(actor.estate, self.port, self.ledger.record, clock, resumes=resumes)

    def set_policy(self, event: SetPolicy) -> None:
        """Let a policy be in force; whatever has been reported by now was decided by the one before it."""
        self.drain(len(self.port))
        if "resume" in event.policy.decide.values():
            self._slots.let_resume(self.machine.children.values())
        self.feed(event)

    def feed(self, event: Event) -> None:
        """Let the machine take *event* in, and do what it asks for, and so on until nothing is left to do.

        Raises:
            SupervisorBroken: If that met a refusal or a planned end, which would be taken for the supervisor's own.
            Exception: Whatever else doing it raised. The children are fenced then, and nothing is heard any more.
        """
        self._queue.append(event)
        if self._feeding:
            return
        self._feeding = True
        queue, step, carry_out, now, chance = self._queue, self.machine.step, self._carry_out, self._now, random.random
        try:
            while queue:
                for effect in step(queue.popleft(), now(), chance()):
                    carry_out(effect)
        except BaseException as error:
            # The machine believes in what was not done: it can not go on, and its children not without it.
            queue.clear()
            self.abandon_all()
            if isinstance(error, Refused | Shutdown):
                raise SupervisorBroken(
                    supervisor=self.path, reason=f"{type(error).__name__}: {safe_text(error)}"
                ) from error
            raise
        finally:
            self._feeding = False

    def drain(self, limit: int) -> None:
        """Feed up to *limit* of the reports that have arrived."""
        while limit and (taken := self.port.take()) is not None:
            limit -= 1
            estate, report = taken
            if estate is not None:
                self._report(estate, report)
            else:
                self._timers.pop(report.serial, None)
                self.feed(report)

    def close(self) -> None:
        """Nothing is heard any more."""
        self.port.closed = True
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def abandon_all(self) -> None:
        """The supervisor itself goes without having stopped its children: fence them, theirs included."""
        self.close()
        for child in list(self.machine.children.values()):
            if child.handle is not None:
                self._slots.abandon(child)
                self._slots.close(child, "supervisor_gone")
        self.machine.children.clear()

    def _report(self, estate: Any, report: Any) -> None:
        child = self.machine.children.get(estate.child_id)
        # What an incarnation said that was fenced meanwhile is about nobody; nor is what a slot did that was closed,
        # though another child has its id by now, or the same one a new slot.
        if child is None or child.handle is not estate or report.incarnation != estate.incarnation:
            return
        if type(report) is not Exited:
            self._launched(child, report)
            return
        failure = report.failure
        exception = None if failure is None else failure.exception
        if exception is None and report.reason == "killed":
            exception = Killed("its incarnation was ended on purpose")
        # A session that only starts and fails is not well, however long it stood there.
        healthy = child.spec.kind != "session" or child.handle.handled
        resumable = not self._slots.resumes or child.handle.resumable
        self.feed(ChildExited(child.spec.id, child.life, report.reason, exception, failure, healthy, resumable))

    def _launched(self, child: Child, result: LaunchResult) -> None:
        name, life = child.spec.id, child.life
        match result:
            case Started():
                self._settle(child, "restarted")
                self.feed(ChildStarted(name, life))
            case StartFailed(failure=failure):
                self._settle(child, "failed")
                self.feed(ChildStartFailed(name, life, failure.exception, failure))
            case Pending():
                self.feed(ChildPending(name, life))
            case Ignored():
                self._settle(child, "ignored")
                self.feed(ChildIgnored(name, life))
            case _:  # pyright: ignore[reportUnnecessaryComparison]
                raise TypeError(f"a start does not end with {result!r}")

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Decided():
                self._write(effect)
            case Start(child=child, rung=rung):
                self._launched(child, self._slots.launch(child, rung))
            case ReplyRef(call=call, child=child):
                call.set(child.ref)
            case SetTimer(child=child, serial=serial, delay=delay):
                name = None if child is None else child.spec.id
                self._timers[serial] = self.clock.call_later(delay, partial(self.port.timer, name, serial))
            case CancelTimer(serial=serial):
                timer = self._timers.pop(serial, None)
                if timer is not None:
                    timer.cancel()
            case Reply(call=call, value=value):
                call.set(value)
            case Fail(call=call, exception=exception):
                call.fail(exception)
            case RequestStop(child=child):
                child.handle.request_stop("shutdown")
            case Close(child=child, reason=reason):
                self._close(child, reason)
            case Park(child=child):
                self._slots.park(child, self._parks.pop(child.spec.id, None))
            case Resume(child=child):
                child.handle.resume_actor()
            case Abandon(child=child, why=why):
                self._abandon(child, why)
            case Booted():
                self.booted = True
            case Exit():
                self.exit = effect
                # Whatever it was that brought this about: the supervisor looks, and ends.
                self.port.ref.wake()
            case _:  # pyright: ignore[reportUnnecessaryComparison]
                raise TypeError(f"a supervisor has no hands for {effect!r}")

    def _abandon(self, child: Child, why: str) -> None:
        if why == "start_timeout":
            error, failure = self._slots.overdue(child)
            self.feed(ChildStartFailed(child.spec.id, child.life, error, failure))
        else:
            self._slots.cut_off(child)

    def _close(self, child: Child, reason: str) -> None:
        self._entries.pop(child.spec.id, None)
        self._parks.pop(child.spec.id, None)
        self._slots.close(child, reason)

    def _write(self, decided: Decided) -> None:
        entry = self.ledger.write(decided, self.machine.revision.revision)
        child = decided.child
        if child is not None and decided.decision in _BEFORE_A_START:
            self._entries[child.spec.id] = entry
        if child is not None and decided.kind == "park":
            self._parks[child.spec.id] = decided

    def _settle(self, child: Child, outcome: str) -> None:
        entry = self._entries.pop(child.spec.id, None)
        if entry is not None:
            self.ledger.outcome(entry, outcome)
