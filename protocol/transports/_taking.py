"""Whether a peer takes the bytes that wait for it."""

from __future__ import annotations

__all__ = ["Taking"]


class Taking:
    """One who looks, now and then, and compares with what it saw the last time.

    Where nothing waits there is nothing to be seen: the system takes a first few hundred kilobytes for a dead peer
    as well.
    """

    __slots__ = ("_taken", "_waited")

    def __init__(self) -> None:
        self._taken = 0
        self._waited = False

    def look(self, written: int, pending: int) -> bool:
        """Return whether bytes waited at the last look, and some were taken since.

        Args:
            written: Bytes that were given to the connection, ever. It may be a little too low.
            pending: Those of them that wait.
        """
        taken = written - pending
        progress = self._waited and taken > self._taken
        self._taken, self._waited = taken, pending > 0
        return progress
