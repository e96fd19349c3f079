"""The policy in force, and since which change."""

from __future__ import annotations

from attrs import fields, frozen

from ..policy._policy import RestartPolicy
from ..policy._short import Short

__all__ = ["PolicyRevision", "differences"]


@frozen(repr=False)
class PolicyRevision(Short):
    """A supervisor's policy at one moment.

    Attributes:
        revision: Counts from 1; one more with each change, also with one that comes by itself.
        policy: What is in force.
        reason: Why, in the words of whoever set it.
        duration: Seconds for which it is in force; None for good.
        reverts_at: When that is over, by the supervisor's monotonic clock.
    """

    revision: int
    policy: RestartPolicy
    reason: str
    duration: float | None = None
    reverts_at: float | None = None


def differences(old: RestartPolicy, new: RestartPolicy) -> dict[str, str]:
    """Return what differs, field by field, as text: ``old -> new``."""
    names = [attribute.name for attribute in fields(RestartPolicy)]
    pairs = {name: (getattr(old, name), getattr(new, name)) for name in names}
    return {name: f"{before!r} -> {after!r}" for name, (before, after) in pairs.items() if before != after}
