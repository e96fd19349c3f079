"""Escape what a terminal would obey: paths and messages come from users."""

from __future__ import annotations

__all__ = ["escape"]


def escape(text: str) -> str:
    r"""Return *text* with whatever can not be printed written out: ``\n``, ``\x1b``, ``\u202e``."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
