"""Random traces, the same for the same seed and number."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from stentor.supervisor.policy._policy import AutoShutdown, Strategy
from stentor.supervisor.policy._spec import Kind, RestartKind, Stop

from .trace import Kid, Step, Trace

__all__ = ["a_trace"]

_STRATEGIES: tuple[Strategy, ...] = ("one_for_one", "one_for_all", "rest_for_one")
_ENDINGS: tuple[AutoShutdown, ...] = ("never", "never", "any_significant", "all_significant", "all_significant")
_NAMES = ("a", "b", "c", "d", "e")
_RESTARTS: tuple[RestartKind, ...] = ("permanent", "permanent", "transient", "temporary")
_ENDING_RESTARTS: tuple[RestartKind, ...] = ("permanent", "transient", "transient", "transient", "temporary")
_SHUTDOWNS: tuple[Stop, ...] = (5.0, 5.0, "infinity", "brutal_kill")
_ENDS = ("crash", "crash", "crash", "killed", "normal", "shutdown", "planned")
_CALLS = ("terminate_child", "restart_child", "delete_child", "start_child", "count_children")
_DYNAMIC_CALLS = (*("start_child",) * 4, "terminate_child", "terminate_child", *_CALLS)
_KINDS: tuple[Kind, ...] = ("worker", "worker", "supervisor")
_STOPS = ("shutdown", "normal", "planned", "crash")
_STEPS = (*("exit",) * 6, "call", "call", "burst", "burst", "race", "advance", "advance", "script", "stops")


def a_trace(seed: int, number: int) -> Trace:
    """Return the trace *number* of *seed*."""
    return _Draw(Random(f"{seed}/{number}")).trace()


class _Draw:
    """Draws the parts of one trace."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.one = chance.choice
        self.dynamic = chance.random() < 0.2
        self.auto: AutoShutdown = "never" if self.dynamic else self.one(_ENDINGS)
        self.period = chance.randint(1, 5)
        self.template = self.kid("t")
        self.names: tuple[str, ...] = _NAMES
        self.last = "a"
        """The name that was drawn last; often it is drawn again, so that one thing follows another at one child."""
        self.started = 0
        """Children that a dynamic supervisor was given so far; each has a name of its own."""

    def trace(self) -> Trace:
        """Return a whole trace; its last step stops what is left."""
        strategy: Strategy = "one_for_one" if self.dynamic else self.one(_STRATEGIES)
        if self.auto == "all_significant" and self.chance.random() < 0.3:
            strategy = "one_for_one"
        count = self.one((0, 1, 2, 2, 3, 3, 4, 4))
        kids = (self.template,) if self.dynamic else tuple(self.kid(name) for name in _NAMES[:count])
        self.names = _NAMES[: count + 1]
        before = (self.script(),) if self.chance.random() < 0.2 and not self.dynamic else ()
        first = [self.call("start_child") for _ in range(self.chance.randint(1, 3) if self.dynamic else 0)]
        drawn = [*first, *(self.step() for _ in range(self.chance.randint(4, 16)))]
        steps = [part for step in drawn for part in (*self.arranged(step), step)]
        return Trace(
            strategy=strategy,
            dynamic=self.dynamic,
            intensity=self.one((0, 1, 2, 3, 5)),
            period=self.period,
            auto_shutdown=self.auto,
            kids=kids,
            before=before,
            steps=(*steps, Step("stop")),
        )

    def kid(self, name: str) -> Kid:
        """Return a child's spec."""
        if name != "t" and self.dynamic:
            return Kid(name, self.template.restart, self.template.shutdown, self.template.kind)
        # Where the last significant child is waited for, most are, or there is none to wait for.
        restart = self.one(_RESTARTS if self.auto == "never" else _ENDING_RESTARTS)
        significant = self.auto != "never" and restart != "permanent" and self.chance.random() < 0.9
        return Kid(name, restart, self.one(_SHUTDOWNS), self.one(_KINDS), significant)

    def step(self) -> Step:
        """Return one step."""
        match self.one(_STEPS):
            case "burst":
                return Step("burst", burst=tuple(self.burst()))
            case "race":
                return Step("burst", burst=self.race())
            case "advance":
                # As long as the window, or a second less or more: there is where it counts.
                return Step("advance", max(0, self.period + self.one((-1, 0, 0, 1, -self.period))))
            case "script":
                return self.script()
            case "stops":
                return Step("stops", self.name(), self.one(_STOPS))
            case "call":
                return self.call(self.one(_DYNAMIC_CALLS if self.dynamic else _CALLS))
            case _:
                return self.exit()

    def burst(self) -> Iterator[Step]:
        """Yield the steps of a burst; none ends a child after the children were counted."""
        counted = False
        for _ in range(self.chance.randint(2, 6)):
            step = self.event()
            counted = counted or step.what == "count_children"
            if not (counted and step.what == "exit"):
                yield step

    def race(self) -> tuple[Step, ...]:
        """Return the ends of several children: the first fails, the others most often end alike."""
        names = [f"n{number}" for number in range(1, self.started + 1)] if self.dynamic else list(self.names[:-1])
        self.chance.shuffle(names)
        how = self.one(("normal", "normal", *_ENDS))
        others = [Step("exit", name, how if self.chance.random() < 0.8 else self.one(_ENDS)) for name in names[1:5]]
        return (Step("exit", names[0] if names else "a", "crash"), *others)

    def event(self) -> Step:
        """Return one of what may stand in a burst: what the supervisor finds in its mailbox."""
        if self.chance.random() < 0.5:
            return self.exit()
        return self.call(self.one(_DYNAMIC_CALLS if self.dynamic else _CALLS))

    def arranged(self, step: Step) -> Iterator[Step]:
        """Yield what is arranged before *step*: a new child that declines its start, or a restart that fails."""
        if self.dynamic and step.what == "start_child" and isinstance(step.subject, Kid):
            if self.chance.random() < 0.15:
                yield Step("script", step.subject.name, ("ignore",))
            return
        if len(step.burst) > 1 and {one.what for one in step.burst} == {"exit"} and self.chance.random() < 0.6:
            # Others end while one that is still wanted waits for its next try.
            yield Step("script", step.burst[0].subject, ("error", self.one(("ok", "ok", "error"))))
            return
        ending = [str(one.subject) for one in (step, *step.burst) if one.what == "exit"]
        if ending and self.chance.random() < 0.5:
            # Mostly of the first to end, so that something else comes while it is to be tried again.
            yield self.script(ending[0] if self.chance.random() < 0.7 else self.name())

    def name(self) -> str:
        """Return a child's name; not always one that is there."""
        if self.dynamic:
            return f"n{self.chance.randint(1, self.started + 1)}"
        if self.chance.random() < 0.3:
            return self.last
        self.last = self.one(self.names)
        return self.last

    def exit(self) -> Step:
        """Return the end of a child."""
        return Step("exit", self.name(), self.one(_ENDS))

    def script(self, name: str | None = None) -> Step:
        """Return what the next starts of a child come to."""
        kinds = ("error", "error", "ok") if self.dynamic else ("error", "error", "ignore", "ok")
        return Step("script", name or self.name(), tuple(self.one(kinds) for _ in range(self.chance.randint(1, 3))))

    def call(self, what: str) -> Step:
        """Return one call."""
        match what:
            case "count_children":
                return Step(what)
            case "start_child":
                self.started += 1
                return Step(what, self.kid(f"n{self.started}" if self.dynamic else self.name()))
            case _:
                return Step(what, self.name())
