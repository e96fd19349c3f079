"""Traces: what is done to a supervisor, step by step, and what is seen of it after each step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import evolve, frozen
from stentor.supervisor.policy._policy import AutoShutdown, Strategy
from stentor.supervisor.policy._spec import Kind, RestartKind, Stop

__all__ = ["Kid", "Seen", "Step", "Trace"]


@frozen
class Kid:
    """The spec of one child."""

    name: str
    restart: RestartKind = "permanent"
    shutdown: Stop = 5.0
    kind: Kind = "worker"
    significant: bool = False

    def term(self) -> str:
        """Return it in Erlang."""
        shutdown = self.shutdown if isinstance(self.shutdown, str) else int(self.shutdown * 1000)
        return f"{{{self.name},{self.restart},{shutdown},{self.kind},{str(self.significant).lower()}}}"


@frozen
class Step:
    """One thing that is done: ``exit``, a call, ``advance``, ``script``, ``stops``, ``stop``; or a ``burst`` of them.

    What stands in a burst is sent while the supervisor takes nothing in, so that it finds all of it waiting.
    """

    what: str
    subject: str | int | Kid | None = None
    detail: str | tuple[str, ...] | None = None
    burst: tuple[Step, ...] = ()

    def term(self) -> str:
        """Return it in Erlang."""
        if self.what == "burst":
            return f"{{burst,{_terms(self.burst)}}}"
        parts = [self.what]
        if self.subject is not None:
            parts.append(self.subject.term() if isinstance(self.subject, Kid) else str(self.subject))
        if self.detail is not None:
            parts.append(self.detail if isinstance(self.detail, str) else f"[{','.join(self.detail)}]")
        return f"{{{','.join(parts)}}}"


@frozen
class Trace:
    """A supervisor, its children, what is arranged before its start, and the steps."""

    strategy: Strategy
    dynamic: bool
    intensity: int
    period: int
    """Whole seconds."""
    auto_shutdown: AutoShutdown = "never"
    kids: tuple[Kid, ...] = ()
    """The children of the list; the template of a dynamic supervisor."""
    before: tuple[Step, ...] = ()
    steps: tuple[Step, ...] = ()

    def term(self, options: Sequence[str]) -> str:
        """Return it in Erlang, with the options that the world there is to heed."""
        strategy = "simple_one_for_one" if self.dynamic else self.strategy
        flags = f"strategy=>{strategy},intensity=>{self.intensity},period=>{self.period}"
        flags += f",auto_shutdown=>{self.auto_shutdown}"
        return (
            f"{{[{','.join(options)}],#{{{flags}}},{_terms(self.kids)},{_terms(self.before)},{_terms(self.steps)}}}.\n"
        )

    def smaller(self) -> list[Trace]:
        """Return the traces that lack one thing of this one, the largest cuts first."""
        steps = self.steps
        found: list[Trace] = [
            evolve(self, steps=steps[:end]) for end in (len(steps) // 2, len(steps) - 1) if 0 <= end < len(steps)
        ]
        found += [evolve(self, steps=steps[:at] + steps[at + 1 :]) for at in range(len(steps))]
        found += [evolve(self, before=self.before[:at] + self.before[at + 1 :]) for at in range(len(self.before))]
        if not self.dynamic:
            found += [evolve(self, kids=self.kids[:at] + self.kids[at + 1 :]) for at in range(len(self.kids))]
        for at, step in enumerate(steps):
            for out in range(len(step.burst)):
                less = evolve(step, burst=step.burst[:out] + step.burst[out + 1 :])
                found.append(evolve(self, steps=(*steps[:at], less, *steps[at + 1 :])))
        return found

    def lines(self) -> list[str]:
        """Return it as lines to read: the supervisor first, then one line for the start and for each step."""
        flags = f"{'dynamic' if self.dynamic else self.strategy}, {self.intensity} in {self.period} s"
        flags += f", auto_shutdown {self.auto_shutdown}"
        arranged = " ".join(step.term() for step in self.before)
        return [flags, f"start {_terms(self.kids)} {arranged}".strip(), *(step.term() for step in self.steps)]


@frozen
class Seen:
    """What is seen of a supervisor when a step has been worked off.

    Attributes:
        log: Starts, also those that failed or declined, and orders to stop or to be killed, as they came.
        children: Who is there and how, in the order of their starts.
        answers: The answers of the calls, as they were made.
        end: ``alive``, or why it ended.
    """

    log: tuple[tuple[str, str], ...] = ()
    children: tuple[tuple[str, str], ...] = ()
    answers: tuple[str, ...] = ()
    end: str = "alive"

    def lines(self) -> list[str]:
        """Return it as lines to read."""
        return [
            "did      " + (" ".join(f"{what}:{name}" for what, name in self.log) or "-"),
            "children " + (" ".join(f"{name}:{state}" for name, state in self.children) or "-"),
            "answers  " + (", ".join(self.answers) or "-"),
            "it is    " + self.end,
        ]


def _terms(parts: Sequence[Any]) -> str:
    return f"[{','.join(part.term() for part in parts)}]"
