"""Verdict: what the policy says to the end of one child, before any budget is asked."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from ..policy._directives import Restart, matching
from ..policy._policy import RestartPolicy
from ..policy._spec import RestartKind
from ._events import ExitClass

__all__ = ["Verdict", "judge"]


@frozen
class Verdict:
    """What to do, the rule that says so, and whether it costs.

    ``leave`` lets a child be that ended as its spec allows.
    """

    what: Literal["restart", "resume", "stop", "escalate", "leave"]
    rule: str
    charged: bool = True


_WELL = {
    "permanent": Verdict("restart", "permanent"),
    "transient": Verdict("leave", "transient"),
    "temporary": Verdict("leave", "temporary"),
}


def judge(policy: RestartPolicy, restart: RestartKind, reason: ExitClass, exception: BaseException | None) -> Verdict:
    """Return what *policy* says to an end for *reason*; *exception* is what was raised, if anything was."""
    if reason in ("normal", "shutdown", "planned"):
        return _WELL[restart]
    row, directive = matching(policy.decide, exception)
    rule = "default" if row is None else f"decide[{row.__name__}]"
    match directive:
        case "resume" | "stop" | "escalate":
            return Verdict(directive, rule)
        case _ if restart == "temporary":
            return _WELL["temporary"]
        case "restart":
            return Verdict("restart", rule)
        case Restart(charged=charged):
            return Verdict("restart", rule, charged)
        case _:  # pyright: ignore[reportUnnecessaryComparison]
            raise TypeError(f"there is no directive {directive!r}")
