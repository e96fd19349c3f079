"""How a child comes to rest: stopped, parked, or dropped."""

from __future__ import annotations

from ._child import Child
from ._effects import Close, Park
from ._holds import Holds

__all__ = ["Rests"]


class Rests(Holds):
    """Ways in which a child is left without an incarnation; whatever incident it is part of goes on without it."""

    def _drop(self, child: Child, reason: str) -> None:
        """Forget *child*; calls that waited for it are looked at again and find nothing."""
        self._leave(child)
        self._move(child, "stopped")
        self.children.pop(child.spec.id, None)
        self.out.append(Close(child, reason))
        self._release(child)

    def _rest(self, child: Child, reason: str) -> None:
        """Leave *child* without incarnation: kept where it is static, else dropped."""
        if self.dynamic or child.spec.restart == "temporary":
            self._drop(child, reason)
        else:
            self._leave(child)
            self._move(child, "stopped")
            self._closed(child, reason)
            self._release(child)

    def _set_aside(self, child: Child) -> None:
        self._leave(child)
        self._move(child, "parked")
        child.half_open = False
        child.parked_at = None
        self.out.append(Park(child))
        self._release(child)

    def _closed(self, child: Child, reason: str) -> None:
        child.fresh = True
        child.rung = 1
        self.out.append(Close(child, reason))
