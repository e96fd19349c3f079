"""The folder of text and Markdown files that the agent answers from."""

from __future__ import annotations

import os
from pathlib import Path

from attrs import frozen

SUFFIXES = frozenset({".md", ".markdown", ".txt", ".text", ".rst"})
LARGEST = 2 * 1024 * 1024
"""Bytes; a bigger file is left out, it is data and not prose."""

Fingerprint = tuple[tuple[str, int, int], ...]
"""(name, time of change, size) of every file: equal as long as nothing changed."""


class NoDocuments(Exception):
    """The folder is missing, unreadable or holds no text: the message says which."""


@frozen
class Document:
    """One file: *name* is its path below the folder, *lines* its text without line ends."""

    name: str
    lines: tuple[str, ...]


@frozen
class Corpus:
    """All files below *root*. Hidden folders and links that lead outside are left out."""

    root: Path

    def fingerprint(self) -> Fingerprint:
        """Say what is there now, without reading it.

        Raises:
            NoDocuments: If there is no folder, or no text in it.
        """
        if not self.root.is_dir():
            raise NoDocuments(f"there is no folder {str(self.root)!r}")
        found = [(path.relative_to(self.root).as_posix(), path.stat()) for path in _files(self.root)]
        if not found:
            raise NoDocuments(f"the folder {str(self.root)!r} holds no {', '.join(sorted(SUFFIXES))} file")
        return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in found)

    def read(self) -> list[Document]:
        """Read every file, ordered by name; bytes that are no UTF-8 become U+FFFD."""
        names = [name for name, _, _ in self.fingerprint()]
        return [Document(name, tuple(self._text(name).splitlines())) for name in names]

    def _text(self, name: str) -> str:
        return (self.root / name).read_text(encoding="utf-8", errors="replace")


def _files(root: Path) -> list[Path]:
    found: list[Path] = []
    for folder, below, names in os.walk(root):
        below[:] = sorted(name for name in below if not name.startswith("."))
        found += [Path(folder, name) for name in names if Path(name).suffix.lower() in SUFFIXES]
    inside = root.resolve()
    return sorted(path for path in found if _wanted(path, inside))


def _wanted(path: Path, inside: Path) -> bool:
    return (
        not path.name.startswith(".")
        and path.is_file()
        and path.resolve().is_relative_to(inside)
        and path.stat().st_size <= LARGEST
    )
