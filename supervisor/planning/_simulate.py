"""Simulate: what a supervisor with a policy would do if this happened to its children."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from stentor.protocol.errors import BadUsage

from ..core._events import Boot, Event, StartChild
from ..core._machine import SupervisorMachine
from ..policy._checks import is_seconds
from ..policy._policy import RestartPolicy
from ..policy._spec import ChildSpec
from ._timeline import Timeline
from ._trace import Happening, children_of
from ._world import World

__all__ = ["simulate"]

_MOST = 100_000
"""Decisions after which a simulation is cut off."""


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
    strange = [
        f"{happening!r} is nothing that can happen; allowed: Crash, Exits, Fails, StartFails, StartTakes, Outage"
        for happening in trace
        if not isinstance(happening, Happening)  # pyright: ignore[reportUnnecessaryIsInstance]
    ]
    if strange:
        raise BadUsage(strange)
    specs = [
        child if isinstance(child, ChildSpec) else ChildSpec(child, _Paper)
        for child in (children_of(trace) if children is None else children)
    ]
    faults = _faults(trace, specs, seconds, chance)
    if faults:
        raise BadUsage(faults)
    draw: Any = random.Random(seed).random if seed is not None else lambda: chance
    machine = SupervisorMachine(policy, () if dynamic else specs, dynamic=dynamic)
    begin: list[Event] = [StartChild(None, spec) for spec in specs] if dynamic else [Boot()]
    return World(machine, trace, draw).run(begin, seconds, _MOST)


def _faults(trace: Sequence[Happening], specs: Sequence[ChildSpec], seconds: float, chance: float) -> list[str]:
    found: list[str] = []
    if not is_seconds(seconds, above=0):
        found.append(f"seconds is {seconds!r}; allowed: seconds, more than 0")
    if not is_seconds(chance) or chance >= 1:
        found.append(f"chance is {chance!r}; allowed: a number from 0 up to, not including, 1")
    known = {spec.id for spec in specs}
    found += [f"the trace speaks of {name!r}, which is no child" for name in children_of(trace) if name not in known]
    return found
