"""Hold: when many children fail of one cause, they are one incident."""

from __future__ import annotations

from typing import Never

from attrs import frozen
from stentor.protocol.errors import BadPolicy

from ._checks import Faults, assign, is_count, is_seconds

__all__ = ["Hold"]


@frozen(init=False)
class Hold:
    """*children* different children that fail of one cause within *seconds* are one incident.

    A policy may hold it; this version refuses to start a supervisor with one, for it decides each failure for itself.

    Raises:
        BadPolicy: If a value is not allowed; ``errors`` has them all.
    """

    children: int
    seconds: float

    def __init__(self, children: int = 20, seconds: float = 5.0, **unknown: Never) -> None:
        faults = Faults("hold")
        faults.need(is_count(children) and children >= 2, "children", children, "a whole number, 2 or more")
        faults.need(is_seconds(seconds, above=0), "seconds", seconds, "seconds, more than 0")
        faults.unknown(unknown, ("children", "seconds"))
        if faults.found:
            raise BadPolicy(faults.found)
        assign(self, children=children, seconds=seconds)
