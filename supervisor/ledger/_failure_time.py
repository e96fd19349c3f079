"""Times as records write them."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["nanoseconds", "rfc3339"]

_LATEST = 253_402_300_799.0


def rfc3339(wall: float) -> str:
    """Return Unix seconds as RFC 3339 in UTC with microseconds; what is no time becomes the epoch."""
    return datetime.fromtimestamp(_sane(wall), UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def nanoseconds(wall: float) -> int:
    """Return Unix seconds as whole nanoseconds, of which the last three digits are 0."""
    return round(_sane(wall) * 1e6) * 1000


def _sane(wall: float) -> float:
    return wall if 0.0 <= wall < _LATEST else 0.0
