"""What goes wrong in these tests: a step, a store's answer, a hint."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from stentor.protocol.errors import OutcomeUnknown, StoreUnavailable

__all__ = ["POINTS", "STORE_POINTS", "BadHints", "Nth", "broken_store", "doubled_and_late", "lost", "natural"]

PORTS = {
    "log": ("append", "read", "ack", "fail", "outcomes", "expire", "forget"),
    "ownership": ("claim", "attach", "verify", "owner", "release"),
    "inbox": ("accept", "answer"),
}
POINTS = ["before_step", "inside_step", "append", "send"]
STORE_POINTS = [
    f"{operation} {how}"
    for operations in PORTS.values()
    for operation in operations
    for how in ("refused", "unanswered")
    if (operation, how) != ("forget", "unanswered")  # Its answer is the last that is ever known of a session.
]


def natural(point: str) -> Exception:
    """Return what would really be raised at *point*."""
    if point == "append" or point.endswith(" refused"):
        return StoreUnavailable(cause=point)
    if point.endswith(" unanswered"):
        return OutcomeUnknown(cause=point)
    if point == "send":
        return OSError("broken pipe")
    return RuntimeError(f"a bug at {point}")


class Nth:
    """Fault points that raise at the given hits of one kind, counted from 1."""

    def __init__(
        self, points: Collection[str] = (), at: Collection[int] = (), make: Callable[[str], Exception] = natural
    ) -> None:
        self.points = points
        self.at = at
        self.make = make
        self.count = 0
        self.struck: list[str] = []
        self.on = True

    def hit(self, point: str, where: str) -> None:
        """Raise if this is the hit that is to raise."""
        if self.on and point in self.points:
            self.count += 1
            if self.count in self.at:
                self.struck.append(point)
                raise self.make(point)


class _Port:
    """A port whose operations can fail: before they were done, or with their answer lost."""

    def __init__(self, port: Any, operations: Collection[str], faults: Nth) -> None:
        self._port = port
        self._operations = operations
        self._faults = faults

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if name not in self._operations:
            return found

        def call(*args: Any) -> Any:
            self._faults.hit(f"{name} refused", "store")
            answer = found(*args)
            self._faults.hit(f"{name} unanswered", "store")
            return answer

        return call


def broken_store(store: Any, faults: Nth) -> None:
    """Let the operations of *store* hit *faults*."""
    for port, operations in PORTS.items():
        setattr(store, port, _Port(getattr(store, port), operations, faults))


class BadHints:
    """Hints between runtimes that wait until a test lets one through, twice, late, or never."""

    def __init__(self, fate: Callable[[BadHints], None] | None = None) -> None:
        self.waiting: list[tuple[str, str, int]] = []
        self.published = 0
        self._callbacks: dict[str, Callable[[str, int], None]] = {}
        self._fate = fate

    def publish(self, node: str, heads: Sequence[tuple[str, int]]) -> None:
        """Keep the hints back."""
        for session, head in heads:
            self.published += 1
            self.waiting.append((node, session, head))
            if self._fate is not None:
                self._fate(self)

    def subscribe(self, node: str, callback: Callable[[str, int], None]) -> Callable[[], None]:
        """Remember who wants them."""
        self._callbacks[node] = callback
        return lambda: None

    def deliver(self, at: int, *, again: bool = False) -> None:
        """Let one through; *again*: and keep it, to come once more."""
        if self.waiting:
            node, session, head = self.waiting[at % len(self.waiting)]
            if not again:
                del self.waiting[at % len(self.waiting)]
            self._callbacks[node](session, head)

    def drop(self, at: int) -> None:
        """Lose one."""
        if self.waiting:
            del self.waiting[at % len(self.waiting)]


def lost(hints: BadHints) -> None:
    """Fate: every hint is lost."""
    hints.waiting.clear()


def doubled_and_late(hints: BadHints) -> None:
    """Fate: hints come twice, and the newest before the older one."""
    if len(hints.waiting) >= 2:
        for at in (-1, -1, 0, 0):
            hints.deliver(at, again=True)
        hints.waiting.clear()
