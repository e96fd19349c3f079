"""How a question ended."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

__all__ = ["Outcome"]


@frozen
class Outcome:
    """Exit code, and for a failure its stable code and its text."""

    FAILED: ClassVar[int] = 1
    NO_HOST: ClassVar[int] = 3
    ENDED: ClassVar[int] = 4

    exit: int = 0
    code: str = "completed"
    message: str = ""
