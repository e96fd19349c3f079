"""What an event may hold: plain JSON values that arrive as they were sent. Anything else names its field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

__all__ = ["first_fault"]

_DEEPEST = 64
_EXACT = 2**53
"""Integers beyond it lose digits in a client that counts with doubles, as JavaScript does."""


def first_fault(value: Any, where: str) -> tuple[str, str] | None:
    """Return (field, what it holds) of the first thing in *value* that JSON can not carry unchanged, or None.

    A set would arrive as a list, bytes as base64, a date as text, and the key 1 as "1": each is refused, because
    the one who reads the event would get something else than was sent.
    """
    return _fault(value, where, 0)


def _fault(value: Any, where: str, depth: int) -> tuple[str, str] | None:
    kind = cast("type[Any]", type(value))
    if value is None or kind is bool:
        return None
    if kind is str:
        return _text(value, where)
    if kind is int:
        return None if -_EXACT < value < _EXACT else (where, "an integer beyond ±2^53, which not every client can hold")
    if kind is float:
        return None if value - value == 0.0 else (where, "a number that is not finite, which JSON does not know")
    if depth == _DEEPEST:
        return where[:200], f"values more than {_DEEPEST} levels deep"
    if isinstance(value, Mapping):
        return _mapping(cast("Mapping[Any, Any]", value), where, depth)
    if isinstance(value, (list, tuple)):
        return _first(enumerate(cast("Iterable[Any]", value)), where, depth)
    return where, f"an object of type {kind.__name__}"


def _mapping(value: Mapping[Any, Any], where: str, depth: int) -> tuple[str, str] | None:
    for key in value:
        if type(key) is not str:
            return where, f"the key {key!r:.40}, which is no text"
        if fault := _text(key, where):
            return fault
    return _first(value.items(), where, depth)


def _first(items: Iterable[tuple[Any, Any]], where: str, depth: int) -> tuple[str, str] | None:
    for key, item in items:
        if fault := _fault(item, f"{where}.{key}", depth + 1):
            return fault
    return None


def _text(value: str, where: str) -> tuple[str, str] | None:
    # isascii is a flag of the object, so the common case costs nothing.
    if value.isascii():
        return None
    try:
        value.encode()
    except UnicodeEncodeError:
        return where, "text with half a surrogate pair, which UTF-8 can not carry"
    return None
