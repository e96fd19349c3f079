"""Fingerprint: which failures are the same one again, whatever their message and line numbers."""

from __future__ import annotations

import hashlib
import os
import sys
import sysconfig
from collections.abc import Hashable, Iterator
from pathlib import Path

from stentor.actors import Failure
from stentor.protocol.errors import StentorError

from ._codes import type_name

__all__ = ["fingerprint"]

_IN_APP = 5
_KEYED_FRAMES = 64
_CACHE_LIMIT = 4096
_cache: dict[Hashable, str] = {}


def _floor(cls: type) -> str:
    return str(Path(sys.modules[cls.__module__].__file__ or "").resolve().parents[1]) + os.sep


_FOREIGN = (
    "<",
    *(sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib")),
    str(Path(__file__).resolve().parents[1]) + os.sep,
    _floor(Failure),
    _floor(StentorError),
)
_PACKAGES = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


def fingerprint(failure: Failure) -> str:
    """Return 16 hexadecimal digits: the types of the chain and the last five frames of the user's own code."""
    frames = failure.frames
    if len(frames) > _KEYED_FRAMES:
        return _compute(failure)
    key = (type(failure.exception), frames, *((how, type(link)) for how, link, _ in failure.chain))
    found = _cache.get(key)
    if found is None:
        if len(_cache) >= _CACHE_LIMIT:
            _cache.clear()
        found = _cache[key] = _compute(failure)
    return found


def _compute(failure: Failure) -> str:
    return hashlib.blake2b("\n".join(_parts(failure)).encode("utf-8", "replace"), digest_size=8).hexdigest()


def _parts(failure: Failure) -> Iterator[str]:
    yield f"raised {type_name(failure.exception)}"
    for how, link, _ in failure.chain:
        yield f"{how} {type_name(link)}"
    own = [frame for frame in failure.frames if is_in_app(frame[0])]
    # A failure within a library, or within stentor, has no frames of the user's: then all of them count.
    for file, _, function in (own or failure.frames)[-_IN_APP:]:
        yield f"{short_file(file)} {function}"


def is_in_app(file: str) -> bool:
    """Whether *file* is the user's own code: not Python's, not a package's, not stentor's."""
    return not file.startswith(_FOREIGN) and not any(part in file for part in _PACKAGES)


def short_file(file: str) -> str:
    """Return *file* without the folder that it was imported from, so that it is the same on every machine."""
    roots = [
        root.rstrip(os.sep) + os.sep for root in sys.path if root and file.startswith(root.rstrip(os.sep) + os.sep)
    ]
    if roots:
        return file[len(max(roots, key=len)) :]
    return os.sep.join(file.split(os.sep)[-2:])
