"""A world for the machine: it carries out effects at once, keeps the timers, and watches what must never happen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import define, field
from stentor.supervisor.core._effects import (
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
from stentor.supervisor.core._events import (
    Boot,
    ChildExited,
    ChildIgnored,
    ChildPending,
    ChildStarted,
    ChildStartFailed,
    DeleteChild,
    Event,
    ParkChild,
    RestartChild,
    SetPolicy,
    StartChild,
    StopAll,
    TerminateChild,
    TimerFired,
    UnparkChild,
)
from stentor.supervisor.core._machine import SupervisorMachine
from stentor.supervisor.policy._policy import RestartPolicy
from stentor.supervisor.policy._spec import ChildSpec


class Behaviour:
    """Stands where an actor's class would."""

    def on_start(self) -> None:
        """Nothing to do."""


@define(eq=False)
class Fault:
    """Stands where a captured failure would."""

    exception: BaseException
    id: str = "f"


@define
class World:
    """One supervisor's machine and the children that its effects bring about."""

    machine: SupervisorMachine
    now: float = 0.0
    chance: float = 0.5
    starts: dict[str, Any] = field(factory=dict)
    """What the next starts of a child do: "ok" (or nothing), "pending", "ignore", or an exception."""
    stubborn: set[str] = field(factory=set)
    """Children that do not stop when asked."""
    log: list[tuple[str, str]] = field(factory=list)
    live: dict[str, int] = field(factory=dict)
    records: list[Decided] = field(factory=list)
    answers: dict[Any, Any] = field(factory=dict)
    timers: dict[int, tuple[float, str | None]] = field(factory=dict)
    exit: Exit | None = None
    booted: bool = False
    asked: int = 0
    stopping: set[str] = field(factory=set)
    rungs: list[tuple[str, int]] = field(factory=list)
    """Which child was started, and how much it was to throw away."""

    def boot(self) -> World:
        """Start the list."""
        self.feed(Boot())
        return self

    def feed(self, event: Event) -> None:
        """Step the machine, and go on with whatever its effects answer at once."""
        queue: list[Event] = [event]
        while queue:
            for effect in self.machine.step(queue.pop(0), self.now, self.chance):
                queue.extend(self.carry_out(effect))

    def carry_out(self, effect: Effect) -> list[Event]:
        """Do what the machine asks for; return what comes of it at once."""
        assert self.exit is None, f"{effect!r} after the end"
        match effect:
            case Start(child, rung):
                self.rungs.append((child.id, rung))
                return self.launch(child.id, child.life)
            case RequestStop(child):
                assert child.id in self.live, f"{child!r} was asked to stop and does not run"
                assert child.id not in self.stopping, f"{child!r} was asked to stop twice"
                self.log.append(("stop", child.id))
                self.stopping.add(child.id)
                if child.id in self.stubborn:
                    return []
                return self.gone(child.id, "shutdown")
            case Abandon(child, why):
                life = self.live.pop(child.id)
                self.stopping.discard(child.id)
                self.log.append(("abandon", child.id))
                if why == "start_timeout":
                    return [ChildStartFailed(child.id, life, TimeoutError(), Fault(TimeoutError()))]
            case Resume(child):
                assert child.id not in self.live, f"{child!r} is resumed, but has not failed"
                self.live[child.id] = child.life
                self.log.append(("resume", child.id))
            case Park(child) | Close(child):
                assert child.id not in self.live, f"{child!r} runs, and its slot is closed"
                self.log.append((type(effect).__name__.lower(), child.id))
            case SetTimer(child, serial, delay):
                assert delay >= 0
                self.timers[serial] = (self.now + delay, None if child is None else child.id)
            case CancelTimer(_, serial):
                self.timers.pop(serial, None)
            case Decided():
                self.records.append(effect)
            case Reply(call, value):
                self.answer(call, value)
            case ReplyRef(call, child):
                self.answer(call, f"ref {child.id}")
            case Fail(call, exception):
                self.answer(call, exception)
            case Booted():
                self.booted = True
            case Exit():
                assert not self.live, f"ended with {self.live} alive"
                self.exit = effect
        return []

    def answer(self, call: Any, value: Any) -> None:
        """Keep the answer to a call; there is one only."""
        assert call not in self.answers, f"call {call} was answered twice"
        self.answers[call] = value

    def launch(self, name: str, life: int) -> list[Event]:
        """Start one incarnation, as its script says."""
        assert name not in self.live, f"two incarnations of {name} would live"
        self.log.append(("start", name))
        script = self.starts.get(name)
        result = script.pop(0) if isinstance(script, list) and script else script
        match result:
            case None | "ok" | []:
                self.live[name] = life
                return [ChildStarted(name, life)]
            case "pending":
                self.live[name] = life
                return [ChildPending(name, life)]
            case "ignore":
                return [ChildIgnored(name, life)]
            case BaseException():
                return [ChildStartFailed(name, life, result, Fault(result))]
            case _:
                raise TypeError(result)

    def gone(self, name: str, reason: Any, exception: BaseException | None = None) -> list[Event]:
        """End the living incarnation of *name*."""
        life = self.live.pop(name)
        self.stopping.discard(name)
        fault = Fault(exception) if exception is not None else None
        return [ChildExited(name, life, reason, exception, fault)]

    def crash(self, name: str, exception: BaseException | None = None) -> None:
        """Let *name* fail."""
        for event in self.gone(name, "crash", exception or ValueError(name)):
            self.feed(event)

    def exits(self, name: str, reason: str = "normal") -> None:
        """Let *name* end without a failure."""
        for event in self.gone(name, reason):
            self.feed(event)

    def started(self, name: str) -> None:
        """Let a pending start return."""
        self.feed(ChildStarted(name, self.live[name]))

    def advance(self, seconds: float) -> None:
        """Let time pass; due timers fire in their order."""
        until = self.now + seconds
        while due := sorted((at, serial) for serial, (at, _) in self.timers.items() if at <= until):
            at, serial = due[0]
            _, name = self.timers.pop(serial)
            self.now = max(self.now, at)
            self.feed(TimerFired(name, serial))
        self.now = until

    def call(self, kind: type[Any], *args: Any, **kwargs: Any) -> Any:
        """Make a call; return its answer, or None while there is none."""
        self.asked += 1
        token = self.asked
        self.feed(kind(token, *args, **kwargs))
        return self.answers.get(token)

    def start_child(self, spec: ChildSpec) -> Any:
        """Call start_child."""
        return self.call(StartChild, spec)

    def terminate(self, name: str) -> Any:
        """Call terminate_child."""
        return self.call(TerminateChild, name)

    def restart(self, name: str, now: bool = False) -> Any:
        """Call restart_child."""
        return self.call(RestartChild, name, now)

    def delete(self, name: str) -> Any:
        """Call delete_child."""
        return self.call(DeleteChild, name)

    def park(self, name: str) -> Any:
        """Call park_child."""
        return self.call(ParkChild, name)

    def unpark(self, name: str) -> Any:
        """Call unpark_child."""
        return self.call(UnparkChild, name)

    def set_policy(self, policy: RestartPolicy, reason: str = "why not", duration: float | None = None) -> Any:
        """Call set_policy."""
        return self.call(SetPolicy, policy, reason, duration)

    def stop(self) -> None:
        """Tell the supervisor to stop."""
        self.feed(StopAll())

    def state(self, name: str) -> str | None:
        """Return the state of a child, or None for one that is not there."""
        child = self.machine.children.get(name)
        return None if child is None else child.state

    def since(self, mark: int) -> list[tuple[str, str]]:
        """Return what was done from *mark* on."""
        return self.log[mark:]


def a_spec(name: str, **values: Any) -> ChildSpec:
    """Return a spec with the given values."""
    return ChildSpec(id=name, actor=Behaviour, **values)


@pytest.fixture(scope="session")
def spec() -> Callable[..., ChildSpec]:
    """A maker of specs."""
    return a_spec


def a_world(*children: str | ChildSpec, policy: RestartPolicy | None = None, **options: Any) -> World:
    """Return a world with these children, by their names or specs."""
    specs = [child if isinstance(child, ChildSpec) else a_spec(child) for child in children]
    return World(SupervisorMachine(policy or RestartPolicy(), specs, **options))


@pytest.fixture(scope="session")
def world() -> Callable[..., World]:
    """A maker of worlds: children by their names or specs."""
    return a_world
