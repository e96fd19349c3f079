"""Directory: which estate stands at which path."""

from __future__ import annotations

import threading
from typing import Any

from stentor.protocol.errors import AlreadyPresent

from ._estate import Estate

__all__ = ["Directory"]


class Directory:
    """Estates by path. Thread-safe; adding, finding and removing one cost the same however many there are."""

    def __init__(self) -> None:
        self._estates: dict[str, Estate[Any]] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._estates)

    def __contains__(self, path: object) -> bool:
        return path in self._estates

    def get(self, path: str) -> Estate[Any] | None:
        """Return the estate at *path*, or None."""
        return self._estates.get(path)

    def add(self, estate: Estate[Any]) -> None:
        """Enter *estate* under its path.

        Raises:
            AlreadyPresent: If another estate stands there.
        """
        if self._estates.setdefault(estate.path, estate) is not estate:
            raise AlreadyPresent(child_id=estate.path)

    def remove(self, estate: Estate[Any]) -> None:
        """Take *estate* out; harmless when it is not there, or another has its path."""
        with self._lock:
            if self._estates.get(estate.path) is estate:
                del self._estates[estate.path]

    def paths(self) -> list[str]:
        """Return all paths, in the order in which they were entered."""
        return list(self._estates)

    def snapshot(self) -> dict[str, Estate[Any]]:
        """Return a copy: path to estate."""
        return self._estates.copy()
