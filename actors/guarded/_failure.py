"""A failure as it was caught: frames as plain tuples, nothing formatted until somebody reads it."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias

from attrs import field, frozen

__all__ = ["Failure", "Frame", "Link", "capture_frames", "number_of", "promise_id"]

Frame: TypeAlias = tuple[str, int, str]
"""File, line (from 1), function."""

Link: TypeAlias = tuple[str, BaseException, tuple[Frame, ...]]
"""One step of an exception's chain: "cause" or "context", the exception, its frames."""

_OWN = str(Path(__file__).parents[1]) + os.sep
_CHAIN_LIMIT = 16
_PROMISED = "_stentor_failure_number"
_serial = count(1)


class _Process:
    """The half of a failure's id that tells one process from another."""

    prefix = os.urandom(8).hex()

    @classmethod
    def renew(cls) -> None:
        cls.prefix = os.urandom(8).hex()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_Process.renew)


@frozen(eq=False)
class Failure:
    """One crash of one incarnation, or one failed start.

    Attributes:
        exception: What was raised.
        frames: Where, outermost first; the dispatcher's own frames are left out.
        chain: Its causes and contexts, nearest first, at most 16.
        path, kind: Whose failure it is: address, and "worker" or "supervisor".
        incarnation: Which life of that actor, from 1.
        uptime: Seconds since that incarnation was launched.
        mailbox_depth: Messages that wait.
        operation: "init", "on_start", "handle", "control", "on_wake", "on_failure" or "on_stop".
        message_type: Name of the message's class, or None.
        at: Monotonic seconds. ``wall``: Unix seconds.
        context: user_id, session_id, thread_id, run_id, as far as the estate knows them.
        parent_id: Id of the failure that this one passes on, or None.
        secrets: Values that its texts may quote and no reader may see.
    """

    exception: BaseException
    frames: tuple[Frame, ...]
    chain: tuple[Link, ...]
    path: str
    kind: str
    incarnation: int
    uptime: float
    mailbox_depth: int
    operation: str
    message_type: str | None
    at: float
    wall: float
    context: dict[str, Any]
    parent_id: str | None = None
    number: int = field(factory=_serial.__next__)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def id(self) -> str:
        """32 hexadecimal digits; the same on every reading."""
        return f"{_Process.prefix}{self.number:016x}"


def promise_id(exception: BaseException) -> str:
    """Return the id that the next failure of *exception* will have: a user may be told of it before it is recorded."""
    number = exception.__dict__.setdefault(_PROMISED, None) or next(_serial)
    exception.__dict__[_PROMISED] = number
    return f"{_Process.prefix}{number:016x}"


def number_of(exception: BaseException) -> int:
    """Return the number for a failure of *exception*: the promised one, once, else a new one."""
    return exception.__dict__.pop(_PROMISED, None) or next(_serial)


def capture_frames(traceback: TracebackType | None) -> tuple[Frame, ...]:
    """Return the frames of *traceback*, outermost first, without the leading ones of this package."""
    frames: list[Frame] = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if frames or not code.co_filename.startswith(_OWN):
            frames.append((code.co_filename, traceback.tb_lineno, code.co_name))
        traceback = traceback.tb_next
    return tuple(frames)


def capture_chain(exception: BaseException) -> tuple[Link, ...]:
    """Return what led to *exception*: explicit causes first, else the contexts that were not suppressed."""
    links: list[Link] = []
    seen = {id(exception)}
    current = exception
    while len(links) < _CHAIN_LIMIT:
        cause = current.__cause__
        context = None if current.__suppress_context__ else current.__context__
        following = cause if cause is not None else context
        if following is None or id(following) in seen:
            break
        seen.add(id(following))
        links.append(("cause" if cause is not None else "context", following, capture_frames(following.__traceback__)))
        current = following
    return tuple(links)
