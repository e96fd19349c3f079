"""The table: which child misbehaves how and where, under which stop; and why some of them can not exist."""

from __future__ import annotations

from itertools import product
from typing import Any

from attrs import asdict, frozen

__all__ = ["CELLS", "IMPOSSIBLE", "Cell", "why_not"]

KINDS = {
    "sync": "an actor of the loop whose hooks and handlers are plain functions",
    "async": "an actor of the loop whose hooks and handlers are coroutines",
    "thread": "a ThreadActor",
}
DEPTHS = {
    "bare": "a child of the supervisor that stops",
    "nested": "a grandchild, whose own supervisor has the shorter patience",
    "cut": "a grandchild, whose own supervisor waits for ever, and is itself given up",
}
PLACES = {
    "init": "in `__init__`",
    "on_start": "in `on_start`",
    "handler": "in the handler of a message",
    "on_stop": "in `on_stop`",
}
DEEDS = {
    "hangs": "awaits what never comes, and so ignores the stop",
    "swallows": "does the same, and swallows the CancelledError",
    "blocks": "blocks its thread",
    "raises": "fails: there, and while it is being stopped",
}
OCCASIONS = {
    "terminate": "terminate_child, under one_for_one",
    "own": "the stop of the supervisor itself",
    "group": "a group restart, under one_for_all",
}


@frozen
class Cell:
    """One line of the table."""

    depth: str
    kind: str
    place: str
    deed: str
    occasion: str

    def __str__(self) -> str:
        return f"{self.depth}-{self.kind}-{self.deed}-in-{self.place}-{self.occasion}"

    @property
    def in_its_start(self) -> bool:
        """Whether it misbehaves before it has started."""
        return self.place in ("init", "on_start")

    @property
    def call_waits(self) -> bool:
        """Whether the call that stops it has to wait for its start, which ends by itself: given up, or failed."""
        return self.depth == "bare" and self.occasion == "terminate" and self.in_its_start and self.kind != "sync"

    @property
    def stays(self) -> bool:
        """Whether it does not end by itself."""
        return self.deed != "raises"


CELLS = [Cell(*parts) for parts in product(DEPTHS, KINDS, PLACES, DEEDS, OCCASIONS)]

IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    (
        {"kind": ("sync", "async"), "deed": "blocks"},
        "it blocks the loop, its supervisor too: it can not be given up, only reported; see test_blocked_loop",
    ),
    ({"kind": "sync", "deed": ("hangs", "swallows")}, "a plain function waits for nothing, but by blocking the loop"),
    ({"kind": "thread", "deed": "hangs"}, "a thread waits by blocking: that is the line of what blocks"),
    ({"kind": "thread", "deed": "swallows"}, "no CancelledError ever comes into a thread"),
    ({"kind": "async", "place": "init"}, "a constructor is no coroutine: that is the line of the plain functions"),
    (
        {"depth": "bare", "kind": "sync", "place": "handler", "occasion": "terminate"},
        "a plain handler ends between two turns of its supervisor: it has failed before the stop, or never",
    ),
    ({"depth": "cut", "deed": "raises"}, "it ends before anybody's patience does: that is the line of the nested"),
]


def why_not(cell: Cell) -> str | None:
    """Return why there can be no such child; None if there can."""
    facts = asdict(cell)
    for match, reason in IMPOSSIBLE:
        if all(facts[name] in (value if isinstance(value, tuple) else (value,)) for name, value in match.items()):
            return reason
    return None
