"""Shared causes: equal failures of different children as they add up, and the incident that they become."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from attrs import define, field

from ..policy._budget import Window
from ._child import Child

__all__ = ["Cause", "Causes", "Charge", "Incident"]

_CAUSES_KEPT = 256


@define(eq=False)
class Charge:
    """What one failure cost."""

    at: float
    payer: Window | None
    failure: Any


@define(eq=False)
class Cause:
    """Charged failures with one fingerprint that may still become an incident, by child, the oldest child first."""

    charges: OrderedDict[str, tuple[Child, list[Charge]]] = field(factory=OrderedDict[str, tuple[Child, list[Charge]]])

    def add(self, child: Child, charge: Charge, seconds: float) -> int:
        """Add one failure; return how many different children failed so within *seconds*, this one included."""
        charges = self.charges
        name = child.spec.id
        _, own = charges.pop(name, (child, []))
        since = charge.at - seconds
        # Rarely more than one or two: a child that fails so often has spent its own budget.
        own = [past for past in own if past.at >= since]
        own.append(charge)
        charges[name] = (child, own)
        while next(iter(charges.values()))[1][-1].at < since:
            charges.popitem(last=False)
        return len(charges)

    def alike(self, now: float, seconds: float) -> set[str]:
        """Return which children failed so within *seconds*, changing nothing."""
        return {name for name, (_, own) in self.charges.items() if own[-1].at >= now - seconds}


class Causes:
    """The causes by their fingerprints; those that nothing was heard of for longest are forgotten."""

    __slots__ = ("_causes",)

    def __init__(self) -> None:
        self._causes: OrderedDict[str, Cause] = OrderedDict()

    def __getitem__(self, fingerprint: str) -> Cause:
        """Return the cause *fingerprint*, a new one if there was none."""
        causes = self._causes
        cause = causes.get(fingerprint)
        if cause is None:
            if len(causes) >= _CAUSES_KEPT:
                causes.popitem(last=False)
            cause = causes[fingerprint] = Cause()
        else:
            causes.move_to_end(fingerprint)
        return cause

    def find(self, fingerprint: str) -> Cause | None:
        """Return the cause *fingerprint*, or None."""
        return self._causes.get(fingerprint)

    def newest(self) -> Iterator[tuple[str, Any]]:
        """Yield each fingerprint with a failure of it, the newest first."""
        for fingerprint, cause in reversed(self._causes.items()):
            yield fingerprint, next(reversed(cause.charges.values()))[1][-1].failure

    def drop(self, fingerprint: str) -> None:
        """Forget a cause: it has become an incident."""
        self._causes.pop(fingerprint, None)

    def clear(self) -> None:
        """Forget all of them."""
        self._causes.clear()


@define(eq=False)
class Incident:
    """Many children that failed of one cause: one of them probes, the others wait for what comes of it."""

    fingerprint: str
    first: Any
    """The failure that it began with; its id is the incident's."""
    began: float
    probe: Child | None = None
    trial_over: float | None = None
    """When the probe will have run for long enough, once it has started; a restart for a free failure moves it not."""
    waiting: OrderedDict[str, Child] = field(factory=OrderedDict[str, Child])
    probes: int = 0
    """Probes that failed; the exponent of the wait before the next one."""
    total: int = 0
    """Failures that were held."""

    @property
    def id(self) -> str:
        """The id of its first failure."""
        return str(self.first.id)
