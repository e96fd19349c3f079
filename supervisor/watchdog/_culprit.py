"""Culprit: what a blocked thread is doing, read off its stack from another thread."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any, cast

from attrs import frozen
from stentor.actors import Estate

from ..ledger._fingerprint import is_in_app, short_file

__all__ = ["Culprit", "culprit"]

_DEEPEST = 50


@frozen
class Culprit:
    """Who holds a thread, and where.

    Attributes:
        path: Address of the actor whose code runs; empty if it is no actor's.
        incarnation: Which life of that actor, though it may have been given up; 0 if it is no actor's.
        line: File and line, in the user's own code if the stack goes through it, else where the thread stands.
        function: The function of that line.
        stack: Each frame as ``file:line function``, outermost first, at most 50.
    """

    path: str
    incarnation: int
    line: str
    function: str
    stack: tuple[str, ...]


def culprit(thread_id: int) -> Culprit | None:
    """Return what the thread *thread_id* is doing at this moment; None if there is no such thread any more."""
    innermost = sys._current_frames().get(thread_id)  # pyright: ignore[reportPrivateUsage]
    if innermost is None:
        return None
    frames = list(_outwards(innermost))
    shown = next((frame for frame in frames if is_in_app(frame.f_code.co_filename)), innermost)
    path, incarnation = _whose(frames)
    return Culprit(
        path=path,
        incarnation=incarnation,
        line=f"{short_file(shown.f_code.co_filename)}:{shown.f_lineno}",
        function=shown.f_code.co_qualname,
        stack=tuple(map(_line, reversed(frames[:_DEEPEST]))),
    )


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _whose(frames: list[FrameType]) -> tuple[str, int]:
    """Return path and incarnation of the actor whose code runs: the innermost estate on the stack is its own.

    Not the one that has the turn: a supervisor launches its children within its own, and a child blocks in its start.
    """
    for frame in frames:
        holder: object = frame.f_locals.get("self")
        # By its type, not by what it says of itself: a lazy proxy would run its own code, here, in this thread.
        if issubclass(type(holder), Estate):
            estate = cast(Estate[Any], holder)
            # One that was given up may go on while its estate has the next.
            return estate.path, getattr(frame.f_locals.get("actor"), "incarnation", estate.incarnation)
    return "", 0


def _line(frame: FrameType) -> str:
    return f"{short_file(frame.f_code.co_filename)}:{frame.f_lineno} {frame.f_code.co_qualname}"
