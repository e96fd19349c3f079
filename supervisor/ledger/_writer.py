"""The writer of a failure dict: each text safe, redacted and within its limit, and what was cut is told."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stentor.protocol import session_id

from ._redact import MARK, clip, clip_middle, hide, redact, safe_text

__all__ = ["Writer"]

_LARGEST = 2**63 - 1


class Writer:
    """Makes values of one failure dict.

    Args:
        user: Id of the user that is to be veiled wherever it stands, raw or percent-encoded; empty for none.
        veil: What is to stand there instead.
        secrets: Values that are to stand nowhere.
    """

    def __init__(self, user: str = "", veil: str = "", secrets: Sequence[str] = ()) -> None:
        self.truncated: set[str] = set()
        self.redactions = 0
        self._veil = veil
        self._secrets = secrets
        self._user: re.Pattern[str] | None = None
        if user:
            encoded = session_id(user, "x").rpartition("/")[0]
            either = "|".join(sorted({re.escape(user), re.escape(encoded)}, key=len, reverse=True))
            self._user = re.compile(rf"(?<![\w%-])(?:{either})(?![\w%-])")

    def text(self, name: str, value: object, limit: int) -> str:
        """Return the text of *value*: cut to four times *limit*, redacted, cut to *limit*."""
        return self.clipped(
            name, self._clean(self.clipped(name, self._bounded_text(value, 4 * limit), 4 * limit)), limit
        )

    def middle(self, name: str, text: str, limit: int) -> str:
        """Return *text* likewise, with its head and its tail kept."""
        cleaned = self._clean(clip_middle(self._hidden(text), 4 * limit))
        if len(text) > 4 * limit or len(cleaned) > limit:
            self.truncated.add(name)
        return clip_middle(cleaned, limit)

    def clipped(self, name: str, text: str, limit: int) -> str:
        """Return *text* within *limit*, and note it under *name* if it was cut."""
        if len(text) > limit:
            self.truncated.add(name)
        return clip(text, limit)

    def optional(self, name: str, value: object, limit: int) -> str | None:
        """Return the text of *value*, or None for None."""
        return None if value is None else self.text(name, value, limit)

    def value(self, name: str, value: object, limit: int) -> str | int | float | bool | None:
        """Return *value* where JSON has its like, else its text."""
        if value is None or type(value) is bool:
            return value
        if type(value) is int and abs(value) <= _LARGEST:
            return value
        if type(value) is float and value - value == 0.0:
            return value
        return self.text(name, value, limit)

    def blotted(self) -> str:
        """Return what stands in the place of a secret."""
        self.redactions += 1
        return MARK

    def _clean(self, text: str) -> str:
        text, found = redact(text)
        self.redactions += found
        return text if self._user is None else self._user.sub(lambda _: self._veil, text)

    def _bounded_text(self, value: object, limit: int) -> str:
        """Return the text of *value*; of a huge text only the part that can matter is looked at."""
        if self._secrets:
            return self._hidden(value)
        if type(value) is str and len(value) > limit:
            value = value[: limit + 1]
        return safe_text(value)

    def _hidden(self, value: object) -> str:
        text, found = hide(safe_text(value), self._secrets)
        self.redactions += found
        return text
