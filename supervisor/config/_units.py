"""Units of a configuration file: times such as ``"10m"`` and sizes such as ``"256MiB"``."""

from __future__ import annotations

import re

__all__ = ["SECONDS_HINT", "SIZE_HINT", "seconds", "size"]

_AMOUNT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*", re.ASCII)
_TIMES = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SIZES = {"B": 1, "kB": 1000, "MB": 1000**2, "GB": 1000**3, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
SECONDS_HINT = 'or a text such as "500ms", "30s", "10m", "2h", "1d"'
SIZE_HINT = 'or a text such as "64KiB", "256MiB", "10MB"'


def seconds(value: object) -> object:
    """Return a text such as ``"10m"`` as seconds, and anything else as it is: its field's own check judges it."""
    match = _AMOUNT.fullmatch(value) if isinstance(value, str) else None
    if match is None or match[2] not in _TIMES:
        return value
    return float(match[1]) * _TIMES[match[2]]


def size(value: object) -> object:
    """Return a text such as ``"256MiB"`` as bytes, and anything else as it is; so is one that is no whole number."""
    match = _AMOUNT.fullmatch(value) if isinstance(value, str) else None
    if match is None or match[2] not in _SIZES:
        return value
    amount = float(match[1]) * _SIZES[match[2]]
    return int(amount) if amount.is_integer() else value
