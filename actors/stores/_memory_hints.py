"""Hints within a process: a direct call."""

from __future__ import annotations

from collections.abc import Callable, Sequence

__all__ = ["MemoryHints"]


class MemoryHints:
    """Calls the subscribers of a node in the publisher's thread; a node without one misses the hint."""

    def __init__(self) -> None:
        self._callbacks: dict[str, Callable[[str, int], None]] = {}

    def publish(self, node: str, heads: Sequence[tuple[str, int]]) -> None:
        """Tell *node* the heads of sessions."""
        callback = self._callbacks.get(node)
        if callback is not None:
            for session, head in heads:
                callback(session, head)

    def subscribe(self, node: str, callback: Callable[[str, int], None]) -> Callable[[], None]:
        """Call *callback* with each hint for *node*; return what ends that."""
        self._callbacks[node] = callback

        def unsubscribe() -> None:
            if self._callbacks.get(node) is callback:
                del self._callbacks[node]

        return unsubscribe
