"""Script: what a trace has in store for each start and each life of a child."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import define

from ._trace import Fails, Happening, Outage, StartFails, StartTakes

__all__ = ["Script"]


@define
class _Part:
    """One happening and how often it still may."""

    what: Fails | StartFails | StartTakes | Outage
    left: float


class Script:
    """Asked at each start; what it hands out is counted."""

    def __init__(self, trace: Sequence[Happening]) -> None:
        self._parts: dict[str, list[_Part]] = {}
        for what in trace:
            match what:
                case Fails() | StartFails():
                    self._parts.setdefault(what.child, []).append(_Part(what, what.times))
                case StartTakes():
                    self._parts.setdefault(what.child, []).append(_Part(what, 1.0))
                case Outage():
                    for name in what.children:
                        self._parts.setdefault(name, []).append(_Part(what, 1.0))
                case _:
                    pass  # It happens at its time, whatever the child does.

    def start_takes(self, child: str) -> float:
        """Return the seconds that a start of *child* takes."""
        return sum(part.what.seconds for part in self._of(child) if isinstance(part.what, StartTakes))

    def start_error(self, child: str, now: float) -> BaseException | None:
        """Return what a start of *child* that ends *now* fails with; None where it does not fail."""
        for part in self._of(child):
            what = part.what
            if isinstance(what, StartFails) and part.left > 0 and what.at <= now < what.at + what.seconds:
                part.left -= 1
                return what.exception
        return None

    def failure(self, child: str, now: float) -> tuple[float, BaseException] | None:
        """Return when, in seconds from *now*, the life of *child* that begins now fails, and with what."""
        coming: list[tuple[float, int, _Part, BaseException]] = []
        for number, part in enumerate(self._of(child)):
            what = part.what
            if not isinstance(what, (Fails, Outage)):
                continue
            after = max(what.at - now, 0.0) + what.after
            over = part.left <= 0 if isinstance(what, Fails) else now + after >= what.at + what.seconds
            if not over:
                coming.append((after, number, part, what.exception))
        if not coming:
            return None
        after, _, part, exception = min(coming)
        if isinstance(part.what, Fails):
            part.left -= 1
        return after, exception

    def _of(self, child: str) -> Iterator[_Part]:
        return iter(self._parts.get(child, ()))
