"""Backoff: how long a restart waits, as a pure function of the attempt and of chance."""

from __future__ import annotations

from typing import Never

from attrs import frozen
from stentor.protocol.errors import BadPolicy

from ._checks import Faults, assign, is_seconds

__all__ = ["Backoff"]

_KNOWN = ("initial", "factor", "maximum", "jitter", "reset_after")


@frozen(init=False)
class Backoff:
    """The wait before each attempt: it grows from *initial* by *factor* up to *maximum*.

    Args:
        initial: Seconds before the first attempt.
        factor: By how much each wait is longer than the one before; 1 or more.
        maximum: Seconds that no wait exceeds, jitter included.
        jitter: Share by which a wait is drawn shorter or longer, 0 to 1, so that many children do not return as one.
        reset_after: Seconds that a child must have been up for its count of attempts to begin anew.

    Raises:
        BadPolicy: If a value is not allowed; ``errors`` has them all.
    """

    initial: float
    factor: float
    maximum: float
    jitter: float
    reset_after: float

    def __init__(
        self,
        initial: float = 0.1,
        factor: float = 2.0,
        maximum: float = 30.0,
        jitter: float = 0.2,
        reset_after: float = 60.0,
        **unknown: Never,
    ) -> None:
        faults = Faults("backoff")
        faults.need(is_seconds(initial), "initial", initial, "seconds, 0 or more")
        faults.need(is_seconds(factor) and factor >= 1, "factor", factor, "a number, 1 or more")
        faults.need(is_seconds(maximum), "maximum", maximum, "seconds, 0 or more")
        faults.need(is_seconds(jitter) and jitter <= 1, "jitter", jitter, "a share from 0 to 1")
        faults.need(is_seconds(reset_after), "reset_after", reset_after, "seconds, 0 or more")
        if is_seconds(initial) and is_seconds(maximum):
            faults.need(maximum >= initial, "maximum", maximum, f"seconds, initial={initial} or more")
        faults.unknown(unknown, _KNOWN)
        if faults.found:
            raise BadPolicy(faults.found)
        assign(self, initial=initial, factor=factor, maximum=maximum, jitter=jitter, reset_after=reset_after)

    def delay(self, attempt: int, chance: float) -> float:
        """Return the seconds to wait before *attempt*.

        Args:
            attempt: How many attempts came before; counts from 0.
            chance: A number from 0 up to, not including, 1; 0 gives the shortest wait.
        """
        middle = self._middle(attempt)
        low = middle * (1.0 - self.jitter)
        # The range is cut before the draw; cutting the result would send half the children back together.
        high = min(self.maximum, middle * (1.0 + self.jitter))
        return low + (high - low) * chance

    def shortest(self, attempts: int) -> float:
        """Return the seconds that the first *attempts* waits take together at their shortest."""
        total = 0.0
        for attempt in range(attempts):
            middle = self._middle(attempt)
            if middle >= self.maximum or self.factor == 1.0 or middle == 0.0:
                return (total + (attempts - attempt) * middle) * (1.0 - self.jitter)
            total += middle
        return total * (1.0 - self.jitter)

    def _middle(self, attempt: int) -> float:
        try:
            return min(self.maximum, self.initial * self.factor**attempt)
        except OverflowError:  # A float has no such power; the wait has long been at its maximum.
            return self.maximum if self.initial else 0.0
