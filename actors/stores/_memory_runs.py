"""Open runs in memory."""

from __future__ import annotations

import threading

from attrs import define
from stentor.protocol.errors import Fenced, NotFound

from ..ports import RunState

__all__ = ["MemoryRuns"]


@define
class _Run:
    session: str
    node: str
    gen: int = 1
    cancel: bool = False


class MemoryRuns:
    """The runs that are open; a closed one is forgotten."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: dict[str, _Run] = {}

    def open(self, run: str, session: str, node: str) -> int:
        """Open *run* on *node*."""
        with self._lock:
            if run in self._runs:
                raise Fenced(self._runs[run].node, run=run)
            self._runs[run] = _Run(session, node)
            return 1

    def close(self, run: str, run_gen: int, state: RunState) -> None:
        """End *run*, if *run_gen* is still its generation."""
        with self._lock:
            found = self._runs.get(run)
            if found is None or found.gen != run_gen:
                raise Fenced(None if found is None else found.node, run=run)
            del self._runs[run]

    def request_cancel(self, run: str) -> None:
        """Ask whoever runs it to stop."""
        with self._lock:
            self._find(run).cancel = True

    def cancel_requested(self, node: str) -> list[str]:
        """Return the open runs of *node* that were asked to stop."""
        with self._lock:
            return [run for run, it in self._runs.items() if it.cancel and it.node == node]

    def reopen(self, run: str, node: str) -> int:
        """Move an open run to *node*."""
        with self._lock:
            found = self._find(run)
            found.node = node
            found.gen += 1
            return found.gen

    def _find(self, run: str) -> _Run:
        found = self._runs.get(run)
        if found is None:
            raise NotFound(f"no run {run!r} is open")
        return found
