"""Dead letters whose line waits: a crash leaves its letter before its supervisor has written the failure down."""

from __future__ import annotations

from ._entry import Entry

__all__ = ["HeldLetters"]

_HELD = 1000


class HeldLetters:
    """Letters by the failure that made them; not more than a bound. Whoever finds it full writes at once."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[float, Entry]] = {}

    def __len__(self) -> int:
        return len(self._held)

    def hold(self, letter: Entry, now: float) -> bool:
        """Keep *letter* until its cause is told; say no if it need not wait."""
        cause = letter.parent_id
        # Any other reason is given to letters that come after the end of their reader was told.
        if cause is None or (letter.facts or {}).get("reason") != "crash":
            return False
        if len(self._held) >= _HELD or cause in self._held:
            return False
        self._held[cause] = (now, letter)
        return True

    def take(self, cause: str) -> list[Entry]:
        """Return the letter that the failure *cause* made, if there is one, and keep it no longer."""
        found = self._held.pop(cause, None)
        return [] if found is None else [found[1]]

    def take_all(self, until: float) -> list[Entry]:
        """Return those that are held since *until* or before, and keep them no longer."""
        causes = [cause for cause, (since, _) in self._held.items() if since <= until]
        return [self._held.pop(cause)[1] for cause in causes]
