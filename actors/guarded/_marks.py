"""Marks: what a guard writes onto an exception, be it one that refuses every assignment."""

from __future__ import annotations

__all__ = ["drop_traceback", "failure_mark", "mark_failure"]

# Frozen classes, and those with a __setattr__ of their own, may refuse an assignment or answer it as they like. An
# exception always has a __dict__, and what BaseException itself does can not be refused.


def mark_failure(exception: BaseException, failure_id: str | None) -> None:
    """Let *exception* carry the id of its failure, as ``failure_id``."""
    exception.__dict__["failure_id"] = failure_id


def failure_mark(exception: BaseException) -> str | None:
    """Return the id that *exception* carries, or None."""
    return exception.__dict__.get("failure_id")


def drop_traceback(exception: BaseException) -> None:
    """Let go of the frames of *exception*, and of every local variable in them."""
    BaseException.with_traceback(exception, None)
