"""What is told to a user of an exception: its code, and a text that gives nothing away."""

from __future__ import annotations

from stentor.protocol.errors import StentorError

from ..ledger._codes import code_of

__all__ = ["told"]


def told(error: BaseException) -> tuple[str, str]:
    """Return code and text for the user's page: of an unknown exception the type only, its text may hold secrets."""
    if isinstance(error, StentorError):
        return error.code, str(error)
    return code_of(error), f"the agent failed ({type(error).__name__})"
