"""Changing a policy: a whole new one, or some fields laid over the one in force, checked in one go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve
from stentor.protocol.errors import BadPolicy

from ._checks import Faults, is_seconds
from ._policy import RestartPolicy

__all__ = ["changed"]


def changed(
    present: RestartPolicy, policy: object, reason: object, duration: object, changes: Mapping[str, Any]
) -> RestartPolicy:
    """Return the policy that is wanted.

    Raises:
        BadPolicy: If anything of it is not allowed; ``errors`` has all faults.
    """
    faults = Faults("set_policy")
    faults.need(isinstance(reason, str) and reason.strip() != "", "reason", reason, "a text that says why")
    seconds = duration is None or is_seconds(duration, above=0)
    faults.need(seconds, "duration", duration, "seconds, more than 0 | None")
    whole = isinstance(policy, RestartPolicy)
    faults.need(whole or policy is None, "policy", policy, "a RestartPolicy | None")
    if policy is None or changes:
        faults.need(policy is None and bool(changes), "policy", policy, "either a RestartPolicy, or changes by field")
    wanted = policy if isinstance(policy, RestartPolicy) else present
    try:
        wanted = evolve(wanted, **changes)
    except BadPolicy as error:
        faults.found.extend(error.errors)
    if faults.found:
        raise BadPolicy(faults.found)
    return wanted
