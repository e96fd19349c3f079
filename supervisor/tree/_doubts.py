"""What a supervisor can not be made of, and what it is hardly meant to be made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from ..policy._budget import Budget
from ..policy._checks import Faults
from ..policy._policy import RestartPolicy
from ..policy._spec import ChildSpec

__all__ = ["doubtful", "misused", "strange"]

_ARGUMENTS = (
    "policy",
    "children",
    "dynamic",
    "template",
    "max_children",
    "clock",
    "path",
    "directory",
    "recorder",
)


def misused(policy: Any, children: Any, *, dynamic: bool, template: object, max_children: object) -> list[str]:
    """Return why a supervisor can not be made of this, one text for each fault."""
    faults: list[str] = []
    if not isinstance(policy, RestartPolicy):
        faults.append(f"policy is {policy!r}; allowed: a RestartPolicy | None")
    if not isinstance(children, Sequence):
        return [*faults, f"children is {children!r}; allowed: a list of ChildSpecs"]
    for at, spec in enumerate(cast("Sequence[object]", children)):
        if not isinstance(spec, ChildSpec):
            faults.append(f"children[{at}] is {spec!r}; allowed: a ChildSpec")
    if template is not None and not (dynamic and isinstance(template, ChildSpec)):
        faults.append(f"template is {template!r}; allowed: a ChildSpec, for a dynamic supervisor | None")
    is_count = isinstance(max_children, int) and not isinstance(max_children, bool) and max_children >= 1
    if max_children is not None and not (dynamic and is_count):
        faults.append(f"max_children is {max_children!r}; allowed: 1 or more, for a dynamic supervisor | None")
    return faults


def strange(unknown: Mapping[str, object]) -> list[str]:
    """Return a text for each argument that no supervisor takes, with the one that was probably meant."""
    faults = Faults("supervisor")
    faults.unknown(unknown, _ARGUMENTS)
    return faults.found


def doubtful(policy: RestartPolicy, children: Sequence[ChildSpec]) -> list[str]:
    """Return what is allowed and hardly meant so: a warning for each, with its reason."""
    return [*_multiplied(policy, children), *_ending(policy, children)]


def _ending(policy: RestartPolicy, children: Sequence[ChildSpec]) -> Iterator[str]:
    for spec in children:
        inner = spec.kwargs.get("policy") if spec.kind == "supervisor" else None
        ends = isinstance(inner, RestartPolicy) and inner.auto_shutdown != "never"
        if ends and spec.restart == "permanent":
            yield (
                f"{spec.id} shuts itself down when its significant children have ended, and is started again each "
                "time, for it is permanent; make it transient or temporary"
            )
        if spec.significant and spec.restart == "temporary" and policy.strategy != "one_for_one":
            yield (
                f"{spec.id} is significant and temporary under {policy.strategy}: a sibling's restart drops it, and "
                "its end never counts then; make it transient"
            )


def _multiplied(policy: RestartPolicy, children: Sequence[ChildSpec]) -> list[str]:
    """Budgets of nested supervisors multiply."""
    texts: list[str] = []
    for spec in children:
        inner = spec.kwargs.get("policy") if spec.kind == "supervisor" else None
        if isinstance(inner, RestartPolicy) and isinstance(inner.budget, Budget) and isinstance(policy.budget, Budget):
            outer, own = policy.budget.max_restarts, inner.budget.max_restarts
            texts.append(
                f"{spec.id} may give up {outer + 1} times before this supervisor does, each time after {own + 1} "
                f"failures: {(outer + 1) * (own + 1)} starts in all"
            )
    return texts
