"""World: children that exist on paper only, under the supervisor's real machine and a clock that is a number."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from typing import Any, Literal

from attrs import field, frozen
from stentor.protocol.errors import ChildStartError

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
from ..core._events import ChildExited, ChildPending, ChildStarted, ChildStartFailed, Event, TimerFired
from ..core._machine import SupervisorMachine
from ._script import Script
from ._timeline import Decision, Ended, Timeline
from ._trace import Crash, Exits, Happening

__all__ = ["World"]

_serial = count(1)
_ENDS = {
    "gave_up": "gave up, its budget is spent",
    "escalated": "escalated",
    "start_failed": "a first start failed",
    "stopped": "stopped",
    "auto_shutdown": "auto-shutdown",
}


@frozen(eq=False)
class PaperFailure:
    """Stands where a captured failure would."""

    exception: BaseException
    id: str = field(factory=lambda: f"{next(_serial):032x}")
    parent_id: str | None = None


class World:
    """Carries out the machine's effects on paper.

    Args:
        machine: The supervisor.
        trace: What happens to its children.
        chance: Called for the chance of each step.
    """

    def __init__(self, machine: SupervisorMachine, trace: Sequence[Happening], chance: Callable[[], float]) -> None:
        self.now = 0.0
        self._machine = machine
        self._script = Script(trace)
        self._chance = chance
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._timers: set[int] = set()
        self._events: deque[Event] = deque()
        self._feeding = False
        self._up: dict[str, float] = {}
        self._ran: dict[str, float] = {}
        self._entries: list[Decision] = []
        self._ended: Ended | None = None
        for what in trace:
            if isinstance(what, Crash):
                self._at(what.at, partial(self._happens, what.child, "crash", what.exception))
            elif isinstance(what, Exits):
                self._at(what.at, partial(self._happens, what.child, what.reason, None))

    def run(self, begin: Sequence[Event], seconds: float, most: int) -> Timeline:
        """Take in *begin*, then let *seconds* pass; stop short after *most* decisions."""
        for event in begin:
            self._feed(event)
        while self._heap and self._heap[0][0] <= seconds and self._ended is None:
            self.now, _, action = heapq.heappop(self._heap)
            action()
            if len(self._entries) >= most and self._ended is None:
                self._ended = Ended(self.now, f"the simulation was cut off after {most} decisions")
        end = seconds if self._ended is None else self._ended.at
        for name in list(self._up):
            self._down(name, end)
        return Timeline(tuple(self._entries), seconds, self._ended, dict(self._ran))

    def _at(self, when: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._heap, (when, next(self._order), action))

    def _feed(self, event: Event) -> None:
        self._events.append(event)
        if self._feeding:
            return
        self._feeding = True
        while self._events:
            event = self._events.popleft()
            self._mark(event)
            for effect in self._machine.step(event, self.now, self._chance()):
                self._carry_out(effect)
        self._feeding = False

    def _mark(self, event: Event) -> None:
        if isinstance(event, ChildExited):
            self._down(event.child_id, self.now)

    def _down(self, name: str, when: float) -> None:
        since = self._up.pop(name, None)
        if since is not None:
            self._ran[name] = self._ran.get(name, 0.0) + when - since

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Decided():
                self._entries.append(_decision(effect, self.now))
            case Start(child=child):
                self._start(child)
            case Resume(child=child):
                self._lives(child.id, child.life)
            case RequestStop(child=child):
                self._feed(ChildExited(child.id, child.life, "shutdown"))
            case Abandon(child=child, why=why):
                self._down(child.id, self.now)
                if why == "start_timeout":
                    error = ChildStartError(
                        child_id=child.id, reason=f"no answer within {child.spec.start_timeout:g} s"
                    )
                    self._feed(ChildStartFailed(child.id, child.life, error, PaperFailure(error)))
            case SetTimer(child=child, serial=serial, delay=delay):
                self._timers.add(serial)
                self._at(self.now + delay, partial(self._timer, None if child is None else child.id, serial))
            case CancelTimer(serial=serial):
                self._timers.discard(serial)
            case Exit(why=why, child=child):
                self._ended = Ended(self.now, _ENDS[why], None if child is None else child.id)
            case Park() | Close() | Reply() | ReplyRef() | Fail() | Booted():
                pass  # On paper nobody waits for an answer, and nothing has to be put away.
            case _:  # pyright: ignore[reportUnnecessaryComparison]
                raise TypeError(f"a world on paper has no hands for {effect!r}")

    def _start(self, child: Child) -> None:
        name, life = child.id, child.life
        self._ran.setdefault(name, 0.0)
        takes = self._script.start_takes(name)
        if takes > 0:
            self._feed(ChildPending(name, life))
            self._at(self.now + takes, partial(self._start_ends, name, life))
        else:
            self._start_ends(name, life)

    def _start_ends(self, name: str, life: int) -> None:
        child = self._machine.children.get(name)
        if child is None or child.life != life or child.state != "starting":
            return
        error = self._script.start_error(name, self.now)
        if error is None:
            self._feed(ChildStarted(name, life))
            self._lives(name, life)
        else:
            self._feed(ChildStartFailed(name, life, error, PaperFailure(error)))

    def _lives(self, name: str, life: int) -> None:
        self._up.setdefault(name, self.now)
        coming = self._script.failure(name, self.now)
        if coming is not None:
            after, exception = coming
            self._at(self.now + after, partial(self._ends, name, life, "crash", exception))

    def _happens(
        self, name: str, reason: Literal["crash", "normal", "planned"], exception: BaseException | None
    ) -> None:
        child = self._machine.children.get(name)
        if child is None or child.state != "running":
            what = reason if exception is None else type(exception).__name__
            self._entries.append(Decision(at=self.now, child=name, what=what, decision="none", rule="it does not run"))
            return
        self._ends(name, child.life, reason, exception)

    def _ends(
        self,
        name: str,
        life: int,
        reason: Literal["crash", "normal", "planned"],
        exception: BaseException | None,
    ) -> None:
        child = self._machine.children.get(name)
        if child is None or child.life != life or child.state != "running":
            return
        failure = None if exception is None else PaperFailure(exception)
        self._feed(ChildExited(name, life, reason, exception, failure))

    def _timer(self, name: str | None, serial: int) -> None:
        if serial in self._timers:
            self._timers.discard(serial)
            self._feed(TimerFired(name, serial))


def _decision(decided: Decided, now: float) -> Decision:
    failure: Any = decided.failure
    left = None
    if decided.in_window is not None and decided.max_restarts is not None:
        left = max(0, decided.max_restarts - decided.in_window)
    return Decision(
        at=now,
        child=None if decided.child is None else decided.child.id,
        what=decided.kind if failure is None else type(failure.exception).__name__,
        decision=decided.decision,
        rule=decided.rule,
        wait=decided.delay,
        charged=decided.charged,
        left=left,
        max_restarts=decided.max_restarts,
        window_s=decided.window_s,
        attempt=decided.attempt,
        rung=decided.rung,
    )
