"""Where a failure happened, and whose it is: the two things that its reader asks first."""

from __future__ import annotations

from stentor.actors import Failure
from stentor.protocol.errors import StentorError

from ._fingerprint import is_in_app, short_file
from ._redact import safe_text

__all__ = ["user_of", "where", "whose"]


def where(failure: Failure) -> str:
    """Return file, line and function of the innermost frame of the user's own code: ``own.py:6 agent``.

    Where no frame is the user's, it is the innermost of all; empty if nothing was raised anywhere.
    """
    frames = failure.frames
    own = next((frame for frame in reversed(frames) if is_in_app(frame[0])), frames[-1] if frames else None)
    return "" if own is None else f"{short_file(own[0])}:{own[1]} {own[2]}"


def whose(failure: Failure) -> str:
    """Return the session that it concerns, or else the user; empty if neither is known."""
    context = failure.context
    known = context.get("session_id") or context.get("user_id") or user_of(failure.exception)
    return "" if known is None else safe_text(known)


def user_of(exception: BaseException) -> object:
    """Return the user whom *exception* names itself, or None."""
    return exception.user_id if isinstance(exception, StentorError) else None
