"""Simulate: what a supervisor with a policy would do if this happened to its children."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any, get_args

from stentor.protocol.errors import BadUsage

from ..core._events import Boot, Event, StartChild
from ..core._machine import SupervisorMachine
from ..policy._checks import is_seconds
from ..policy._policy import RestartPolicy
from ..policy._spec import ChildSpec, derive
from ._timeline import Timeline
from ._trace import Happening, children_of, faults_of
from ._world import World

__all__ = ["on_paper", "simulate"]

_MOST = 100_000
"""Decisions after which a simulation is cut off."""
_HAPPENINGS = tuple(kind.__name__ for kind in get_args(Happening))


class _Paper:
    """Stands where an actor's class would."""

    def on_start(self) -> None:
        """Nothing to do."""


def simulate(
    policy: RestartPolicy,
    trace: Sequence[Happening],
    *,
    children: Sequence[str | ChildSpec] | None = None,
    dynamic: bool = False,
    seconds: float = 60.0,
    chance: float = 0.5,
    seed: int | None = None,
) -> Timeline:
    """Return what the supervisor would decide. Its own machine decides; only children and time are made up.

    Args:
        policy: The policy to try.
        trace: What happens to the children.
        children: The children in order of their start, by name or by spec; by default those that *trace* names.
        dynamic: Whether it is a dynamic supervisor.
        seconds: How long to simulate.
        chance: The draw behind each jitter, from 0 up to, not including, 1; 0.5 gives the middle.
        seed: Draws by chance instead, the same ones for the same number.

    Raises:
        BadUsage: If an argument can not be meant so; ``errors`` has all faults.
        BadSpec: If the children can not be put under this policy.
    """
    strange = [*_strange(policy, trace, children, seconds)]
    # Whom a trace speaks of is known only where it is one.
    named = [] if strange else children_of(trace)
    specs = [
        child if isinstance(child, ChildSpec) else on_paper(child) if dynamic else ChildSpec(child, _Paper)
        for child in (named if children is None or strange else children)
    ]
    known = {spec.id for spec in specs}
    unknown = [f"the trace speaks of {name!r}, which is no child" for name in named if name not in known]
    faults = [*strange, *_numbers(seconds, chance), *unknown]
    if faults:
        raise BadUsage(faults)
    machine = SupervisorMachine(policy, () if dynamic else specs, dynamic=dynamic)
    begin: list[Event] = [StartChild(None, spec) for spec in specs] if dynamic else [Boot()]
    draw: Any = random.Random(seed).random if seed is not None else lambda: chance
    return World(machine, trace, draw).run(begin, seconds, _MOST)


def on_paper(name: str) -> ChildSpec:
    """Return a child of that *name*, which may be one that only a dynamic supervisor gives, such as ``ada/t1``."""
    return derive(ChildSpec("child", _Paper), name, (), {})


def _strange(policy: object, trace: Any, children: Any, seconds: float) -> Iterator[str]:
    if not isinstance(policy, RestartPolicy):
        yield f"policy is {policy!r}; allowed: a RestartPolicy"
    if children is not None and not _is_list(children):
        yield f"children is {children!r}; allowed: a list of names or ChildSpecs"
    if not _is_list(trace):
        yield f"trace is {trace!r}; allowed: a list of {', '.join(_HAPPENINGS)}"
        return
    for happening in trace:
        if isinstance(happening, Happening):
            yield from faults_of(happening, seconds)
        else:
            yield f"{happening!r} is nothing that can happen; allowed: {', '.join(_HAPPENINGS)}"


def _numbers(seconds: float, chance: float) -> Iterator[str]:
    if not is_seconds(seconds, above=0):
        yield f"seconds is {seconds!r}; allowed: seconds, more than 0"
    if not is_seconds(chance) or chance >= 1:
        yield f"chance is {chance!r}; allowed: a number from 0 up to, not including, 1"


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))
