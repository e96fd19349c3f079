"""The chain of a failure: what was raised, its causes, contexts and group members, and its stack as text."""

from __future__ import annotations

import linecache
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any

from stentor.actors import Failure

from ._codes import type_name
from ._redact import clip, hide, safe_text
from ._writer import Writer

__all__ = ["chain_of", "stacktrace"]

_LINKS = 10
_FRAMES = 50
_SHOWN = 200
_MESSAGE = 512
_FILE = 512
_JOIN = {
    "cause": "The above exception was the direct cause of the following one:",
    "context": "During handling of the above exception, another one occurred:",
}
Frames = Sequence[tuple[str, int, str]]
_Item = tuple[str, int | None, BaseException, Frames]


def chain_of(failure: Failure, write: Writer) -> list[dict[str, Any]]:
    """Return the exceptions of *failure*, the raised one first, each with the index of the one it belongs to."""
    items: list[_Item] = []
    for item in _items(failure):
        if len(items) == _LINKS:
            write.truncated.add("exception.chain")
            break
        items.append(item)
    return [
        {
            "type": write.clipped("exception.chain.type", type_name(exception), 256),
            "message": write.text("exception.chain.message", exception, _MESSAGE),
            "relation": relation,
            "parent": parent,
            "frames": _frames(frames, write),
        }
        for relation, parent, exception, frames in items
    ]


def stacktrace(failure: Failure) -> str:
    """Return the stack as Python prints it: the first cause first, what was raised last; no local variables."""
    parts = [_trace(failure, failure.exception, failure.frames)]
    for relation, exception, frames in failure.chain:
        parts.insert(0, f"{_trace(failure, exception, frames)}\n\n{_JOIN.get(relation, relation)}\n")
    return "\n".join(parts)


def _items(failure: Failure) -> Iterator[_Item]:
    waiting: list[_Item] = [("raised", None, failure.exception, failure.frames)]
    for index, (relation, exception, frames) in enumerate(failure.chain):
        waiting.append((relation, index, exception, frames))
    seen: set[int] = set()
    index = 0
    for item in waiting:
        # A group may hold itself, or one member twice.
        if id(item[2]) in seen:
            continue
        seen.add(id(item[2]))
        yield item
        waiting.extend(("group", index, member, _captured(member.__traceback__)) for member in _members(item[2]))
        index += 1


def _members(exception: BaseException) -> tuple[BaseException, ...]:
    if not isinstance(exception, BaseExceptionGroup):
        return ()
    # Past whatever a subclass makes of the attribute: the tuple that Python itself keeps.
    kept: Any = BaseExceptionGroup.__dict__["exceptions"]
    members: tuple[BaseException, ...] = kept.__get__(exception)
    return members[:_LINKS]


def _captured(traceback: TracebackType | None) -> Frames:
    frames: list[tuple[str, int, str]] = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        frames.append((code.co_filename, traceback.tb_lineno, code.co_name))
        traceback = traceback.tb_next
    return frames


def _frames(frames: Frames, write: Writer) -> list[dict[str, Any]]:
    if len(frames) > _FRAMES:
        write.truncated.add("exception.chain.frames")
    return [
        {
            "file": write.text("exception.chain.frames", file, _FILE),
            "line": line,
            "function": write.text("exception.chain.frames", function, 256),
        }
        for file, line, function in frames[-_FRAMES:]
    ]


def _trace(failure: Failure, exception: BaseException, frames: Frames) -> str:
    lines = ["Traceback (most recent call last):"] if frames else []
    if len(frames) > _SHOWN:
        lines += [*_shown(frames[: _SHOWN // 2]), f"  … {len(frames) - _SHOWN} frames …"]
        frames = frames[-(_SHOWN // 2) :]
    lines += _shown(frames)
    message = clip(hide(safe_text(exception), failure.secrets)[0], 4 * _MESSAGE)
    return "\n".join([*lines, f"{type_name(exception)}: {message}" if message else type_name(exception)])


def _shown(frames: Frames) -> Iterator[str]:
    for file, line, function in frames:
        source = _source(file, line)
        yield f'  File "{file}", line {line}, in {function}' + (f"\n    {clip(source, 300)}" if source else "")


def _source(file: str, line: int) -> str:
    # A file name is whatever compile() was given: only Python's own kind of file is looked into.
    if not file.endswith(".py"):
        return ""
    try:
        return linecache.getline(file, line).strip()
    except ValueError:
        return ""
