"""Our supervisor: the machine itself, with children that do what the trace says, and a mailbox before it."""

from __future__ import annotations

from collections import deque
from typing import Any

from attrs import frozen
from stentor.protocol.errors import AlreadyPresent, AlreadyStarted, NotFound, StillRestarting, StillRunning
from stentor.supervisor.core._effects import (
    Abandon,
    Booted,
    CancelTimer,
    Close,
    Decided,
    Effect,
    Exit,
    Fail,
    Reply,
    ReplyRef,
    RequestStop,
    SetTimer,
    Start,
)
from stentor.supervisor.core._events import (
    Boot,
    ChildExited,
    ChildIgnored,
    ChildStarted,
    ChildStartFailed,
    DeleteChild,
    Event,
    ExitClass,
    RestartChild,
    StartChild,
    StopAll,
    TerminateChild,
    TimerFired,
)
from stentor.supervisor.core._machine import SupervisorMachine
from stentor.supervisor.policy._backoff import Backoff
from stentor.supervisor.policy._budget import Budget
from stentor.supervisor.policy._policy import RestartPolicy
from stentor.supervisor.policy._spec import ChildSpec
from stentor.supervisor.tree._views import count

from .trace import Kid, Seen, Step, Trace

__all__ = ["run_ours"]

_CALLS: dict[str, type[TerminateChild] | type[RestartChild] | type[DeleteChild]] = {
    "terminate_child": TerminateChild,
    "restart_child": RestartChild,
    "delete_child": DeleteChild,
}
_TRIED = {"ok": "start", "error": "failed", "ignore": "declined"}
_REFUSALS: dict[type[BaseException], str] = {
    AlreadyStarted: "already_started",
    AlreadyPresent: "already_present",
    StillRunning: "running",
    StillRestarting: "restarting",
    NotFound: "not_found",
}


class Scripted(Exception):
    """A child fails, or fails to start, because the trace says so."""


class Broken(Exception):
    """The machine asks for what can not be."""


class Behaviour:
    """Stands where an actor's class would."""

    def on_start(self) -> None:
        """Nothing to do."""


@frozen
class Fault:
    """Stands where a captured failure would."""

    exception: BaseException


@frozen
class Count:
    """The question how many children there are; it waits in the mailbox like every call."""

    call: int


def run_ours(trace: Trace) -> list[Seen]:
    """Return what was seen after the start and after each step, up to the end of the supervisor."""
    world = World(trace)
    for step in trace.before:
        world.act(step)
    world.mailbox.append(Boot())
    seen = [world.settle(0)]
    for step in trace.steps:
        if seen[-1].end != "alive":
            break
        burst = step.burst if step.what == "burst" else (step,)
        seen.append(world.settle(sum(world.act(one) for one in burst)))
    return seen


class World:
    """The machine under the strict settings, its children, and what waits for it."""

    def __init__(self, trace: Trace) -> None:
        policy = RestartPolicy(
            strategy=trace.strategy,
            budget=Budget(trace.intensity, float(trace.period)),
            backoff=Backoff(initial=0.0, jitter=0.0),
            auto_shutdown=trace.auto_shutdown,
        )
        self.dynamic = trace.dynamic
        specs = [] if trace.dynamic else [_spec(kid) for kid in trace.kids]
        self.machine = SupervisorMachine(policy, specs, dynamic=trace.dynamic)
        self.now = 0.0
        self.mailbox: deque[Event | Count] = deque()
        self.script: dict[str, list[str]] = {}
        self.stops: dict[str, ExitClass] = {}
        self.alive: dict[str, int] = {}
        self.log: list[tuple[str, str]] = []
        self.timers: dict[int, TimerFired] = {}
        self.calls: list[str] = []
        self.answers: dict[int, str] = {}
        self.end = "alive"

    def act(self, step: Step) -> int:
        """Do what *step* says; return how many calls that makes."""
        match step.what, step.subject, step.detail:
            case "script", str(name), tuple(outcomes):
                self.script[name] = list(outcomes)
            case "stops", str(name), str(how):
                self.stops[name] = how  # type: ignore[assignment]
            case "advance", int(seconds), _:
                self.now += seconds
            case "exit", str(name), str(how):
                if name in self.alive:
                    self.mailbox.append(self.leave(name, how))  # type: ignore[arg-type]
            case "stop", _, _:
                self.mailbox.append(StopAll())
            case what, subject, _:
                self.mailbox.append(self.call(what, subject))
                return 1
        return 0

    def call(self, what: str, subject: Any) -> Event | Count:
        """Return the call as it waits in the mailbox."""
        call = len(self.calls)
        self.calls.append(what)
        match what, subject:
            case "count_children", None:
                return Count(call)
            case "start_child", Kid():
                return StartChild(call, _spec(subject))
            case _:
                return _CALLS[what](call, subject)

    def settle(self, calls: int) -> Seen:
        """Let the machine take in all that waits; return what is then to be seen."""
        try:
            while self.mailbox and self.end == "alive":
                self.take(self.mailbox.popleft())
            if self.end == "alive":
                self.check()
        except Broken as broken:
            self.end = str(broken)
        alive = self.end == "alive"
        # Who calls a supervisor that ends before it answers learns that it is dead.
        unanswered = "no answer" if alive else "dead"
        answers = [self.answers.get(len(self.calls) - calls + one, unanswered) for one in range(calls)]
        log, self.log = self.log, []
        return Seen(tuple(log), self.children() if alive else (), tuple(answers), self.end)

    def check(self) -> None:
        """At rest, nothing is to come, and the machine believes of its children what is the case."""
        believed = {child.id for child in self.machine.children.values() if child.live}
        if self.timers or believed != set(self.alive):
            raise Broken(f"at rest, waits for {self.timers}, believes in {believed}, alive are {set(self.alive)}")

    def children(self) -> tuple[tuple[str, str], ...]:
        """Return who is there, and how."""
        found = [(child.id, child.state) for child in self.machine.children.values()]
        return tuple(sorted(found) if self.dynamic else found)

    def take(self, event: Event | Count) -> None:
        """Let the machine take in one event, and what comes at once of its effects."""
        if isinstance(event, Count):
            n = count(list(self.machine.children.values()))
            text = f"{n.specs} specs, {n.active} active, {n.supervisors} supervisors, {n.workers} workers"
            self.answers[event.call] = text
            return
        if isinstance(event, TimerFired):
            del self.timers[event.serial]
        queue = deque([event])
        while queue:
            for effect in self.machine.step(queue.popleft(), self.now):
                follows = self.carry_out(effect)
                if follows is not None:
                    queue.append(follows)

    def carry_out(self, effect: Effect) -> Event | None:
        """Do what the machine asks for; return what comes of it at once."""
        match effect:
            case Start(child):
                return self.launch(child.id, child.life)
            case RequestStop(child):
                if child.id not in self.alive:
                    return self.ended(child.id, child.life)
                self.log.append(("stop", child.id))
                return self.leave(child.id, self.stops.get(child.id, "shutdown"))
            case Abandon(child, "brutal_kill"):
                if child.id in self.alive:
                    self.log.append(("kill", child.id))
                    del self.alive[child.id]
            case SetTimer(child, serial, delay):
                fired = self.timers[serial] = TimerFired(None if child is None else child.id, serial)
                if delay == 0:
                    self.mailbox.append(fired)
            case CancelTimer(_, serial):
                fired = self.timers.pop(serial)
                if fired in self.mailbox:
                    self.mailbox.remove(fired)
            case Reply(call, _):
                self.answers[call] = "ignored" if self.calls[call] in ("start_child", "restart_child") else "ok"
            case ReplyRef(call, _):
                self.answers[call] = "ok"
            case Fail(call, exception):
                self.answers[call] = _refusal(exception)
            case Exit(why, child):
                self.end = f"{why} {child.id}" if why == "start_failed" and child is not None else why
            case Decided() | Close() | Booted():
                pass
            case _:
                raise TypeError(f"under the strict settings there is no {effect!r}")
        return None

    def launch(self, name: str, life: int) -> Event:
        """Start one incarnation, as its script says."""
        if name in self.alive:
            raise Broken(f"two incarnations of {name} would live")
        outcomes = self.script.get(name)
        outcome = outcomes.pop(0) if outcomes else "ok"
        self.log.append((_TRIED[outcome], name))
        match outcome:
            case "ok":
                self.alive[name] = life
                return ChildStarted(name, life)
            case "ignore":
                return ChildIgnored(name, life)
            case "error":
                return ChildStartFailed(name, life, Scripted(), Fault(Scripted()))
            case _:
                raise TypeError(outcome)

    def leave(self, name: str, how: ExitClass) -> ChildExited:
        """End the living incarnation of *name*."""
        error = Scripted() if how in ("crash", "killed") else None
        return ChildExited(name, self.alive.pop(name), how, error, None if error is None else Fault(error))

    def ended(self, name: str, life: int) -> ChildExited:
        """Take the end of one that is dead already out of the mailbox, ahead of its turn, as OTP does."""
        for event in self.mailbox:
            if isinstance(event, ChildExited) and (event.child_id, event.life) == (name, life):
                self.mailbox.remove(event)
                return event
        raise Broken(f"{name} is asked to stop, but has no life {life}")


def _spec(kid: Kid) -> ChildSpec:
    return ChildSpec(
        id=kid.name,
        actor=Behaviour,
        restart=kid.restart,
        shutdown=kid.shutdown,
        kind=kid.kind,
        significant=kid.significant,
    )


def _refusal(error: BaseException) -> str:
    if isinstance(error, Scripted):
        return "start_error"
    return _REFUSALS.get(type(error), "dead")
