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

    Their restarts wait while one of them probes. When that one has been up for *seconds*, the others follow, spread
    over as many seconds. It costs the supervisor's budget one unit, and the children nothing.

    Args:
        children: How many different children; 2 or more.
        seconds: Within how many seconds; also how long the probe must stay up, and over how long the others follow.

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
