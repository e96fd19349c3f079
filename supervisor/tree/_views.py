"""What a supervisor tells about its children: values that no longer change."""

from __future__ import annotations

from typing import Any

from attrs import frozen
from stentor.actors import ActorRef, Failure

from ..core._child import Child, ChildState
from ..policy._short import Short
from ..policy._spec import ChildSpec, Kind, RestartKind

__all__ = ["ChildCounts", "ChildInfo", "count", "info"]


@frozen(eq=False, repr=False)
class ChildInfo(Short):
    """One child at one moment.

    Attributes:
        id, path: Its name within the supervisor, and its address.
        state: starting, running, stopping, restarting, stopped or parked.
        kind, restart: As its spec says.
        incarnation: Which life it is, from 1; 0 before the first.
        restarts: Automatic restarts so far.
        attempts: Attempts since it last was well.
        ref: Its address; None before its first start.
        next_attempt_in: Seconds until it is tried again; None unless it waits for that.
        last_failure: Its last failure, or None.
        held: Id of the incident that it is part of, or None: it probes, or waits for what comes of that.
        policy_rev: Revision of the policy by which its supervisor decides.
    """

    id: str
    path: str
    state: ChildState
    kind: Kind
    restart: RestartKind
    incarnation: int
    restarts: int
    attempts: int
    ref: ActorRef[Any] | None
    next_attempt_in: float | None
    last_failure: Failure | None
    held: str | None = None
    policy_rev: int = 1


@frozen
class ChildCounts:
    """How many children there are.

    Attributes:
        specs: All of them.
        active: Those that have an incarnation; not the restarting, stopped and parked ones.
        supervisors, workers: All of them, by their kind; whatever is no supervisor is a worker.
        restarting, parked: Those that wait for a restart, and those that are set aside.
    """

    specs: int
    active: int
    supervisors: int
    workers: int
    restarting: int
    parked: int


def info(child: Child, path: str, now: float, policy_rev: int = 1) -> ChildInfo:
    """Return what is known of *child* of the supervisor at *path*."""
    spec: ChildSpec = child.spec
    waits = child.state in ("restarting", "parked") and child.timer != 0
    return ChildInfo(
        id=spec.id,
        path=f"{path}/{spec.id}",
        state=child.state,
        kind=spec.kind,
        restart=spec.restart,
        incarnation=child.incarnation,
        restarts=child.restarts,
        attempts=child.attempts,
        ref=child.ref,
        next_attempt_in=max(0.0, child.due - now) if waits else None,
        last_failure=child.last_failure,
        held=None if child.held is None else child.held.id,
        policy_rev=policy_rev,
    )


def count(children: list[Child]) -> ChildCounts:
    """Return how many of each sort there are."""
    supervisors = sum(child.spec.kind == "supervisor" for child in children)
    return ChildCounts(
        specs=len(children),
        active=sum(child.live for child in children),
        supervisors=supervisors,
        workers=len(children) - supervisors,
        restarting=sum(child.state == "restarting" for child in children),
        parked=sum(child.state == "parked" for child in children),
    )
