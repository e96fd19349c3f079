"""Snapshot: the tree at one moment, as values; taken from any thread, without asking any actor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen
from stentor.actors import Clock, Directory, Estate, Failure, LoopClock
from stentor.protocol.errors import NotFound

from ..core._child import Child
from ..core._state import Core
from ..ledger._codes import code_of
from ..policy._brief import brief
from ..policy._budget import Budget
from ._actor_info import ActorInfo, LastFailure
from ._life import SupervisorLife
from ._tree_text import parent_of, tree_text

__all__ = ["TreeSnapshot", "snapshot", "snapshot_below"]

_CLOCK = LoopClock()


@frozen(repr=False)
class TreeSnapshot:
    """All actors at one moment, by path; the root's path is empty. It never changes.

    An actor stands before its children. Those of a supervisor's list stand in the order of their start, others in
    that of their names.

    ``wall`` is the Unix time at which it was taken.
    """

    actors: Mapping[str, ActorInfo]
    wall: float

    def __len__(self) -> int:
        return len(self.actors)

    def __iter__(self) -> Iterator[ActorInfo]:
        return iter(self.actors.values())

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and _key(path) in self.actors

    def __getitem__(self, path: str) -> ActorInfo:
        """Return the actor at *path*.

        Raises:
            NotFound: If there is none.
        """
        found = self.actors.get(_key(path))
        if found is None:
            raise NotFound(path)
        return found

    def children(self, path: str) -> list[ActorInfo]:
        """Return the actors right below *path*."""
        key = _key(path)
        return [info for info in self if parent_of(info.path, self.actors) == key]

    def text(self, root: str | None = None) -> str:
        """Return it as text; with *root* only that actor and what is below it.

        Raises:
            NotFound: If there is no actor at *root*.
        """
        return tree_text(self.actors, None if root is None else self[root].path)

    def __repr__(self) -> str:
        return self.text()


def snapshot(directory: Directory, clock: Clock | None = None) -> TreeSnapshot:
    """Return what the actors of *directory* are doing, from any thread; nothing is asked, and nobody waits.

    Args:
        directory: Where the actors stand.
        clock: Whose time their mailboxes and timers go by; the system's by default.
    """
    return _taken(directory.snapshot(), _CLOCK if clock is None else clock)


def snapshot_below(estate: Estate[Any], clock: Clock) -> TreeSnapshot:
    """Return what the supervisor of *estate* and everything below it are doing. See :func:`snapshot`."""
    return _taken(dict(_below(estate)), clock)


def _below(estate: Estate[Any]) -> Iterator[tuple[str, Estate[Any]]]:
    """Yield *estate* and those of its children and theirs, by their paths."""
    yield estate.path, estate
    actor = estate.ref._actor_weakref()  # pyright: ignore[reportPrivateUsage]
    if isinstance(actor, SupervisorLife):
        for child in list(actor._machine.children.copy().values()):  # pyright: ignore[reportPrivateUsage]
            if child.handle is not None:
                yield from _below(child.handle)


def _taken(estates: Mapping[str, Estate[Any]], clock: Clock) -> TreeSnapshot:
    now, wall = clock.now(), clock.wall()
    slots = dict(_slots(estates))
    seen = {path: _alive(estate, slots.get(path), now, wall) for path, estate in estates.items()}
    for path, (core, child) in slots.items():
        if path not in seen:
            seen[path] = _told(path, child.spec.kind, child, core, now, wall)
    return TreeSnapshot(dict(_in_order(seen, {path: core.dynamic for path, (core, _) in slots.items()})), wall)


def _in_order(seen: Mapping[str, ActorInfo], slots: Mapping[str, bool]) -> Iterator[tuple[str, ActorInfo]]:
    """Yield the actors, each before its children; *slots* are those of supervisors, in their order, dynamic or not."""
    listed = {path: number for number, (path, dynamic) in enumerate(slots.items()) if not dynamic}
    families: dict[str | None, list[str]] = {}
    for path in sorted(seen, key=lambda path: (listed.get(path, len(slots)), path)):
        families.setdefault(parent_of(path, seen), []).append(path)
    rest = families.get(None, [])[::-1]
    while rest:
        path = rest.pop()
        yield path, seen[path]
        rest += families.get(path, [])[::-1]


def _key(path: str) -> str:
    return "" if path == "/" else path


def _slots(estates: Mapping[str, Estate[Any]]) -> Iterator[tuple[str, tuple[Core, Child]]]:
    """Yield what each running supervisor knows of its children, by their paths."""
    for path, estate in estates.items():
        actor = estate.ref._actor_weakref()  # pyright: ignore[reportPrivateUsage]
        if isinstance(actor, SupervisorLife):
            core = actor._machine  # pyright: ignore[reportPrivateUsage]
            # A copy, made in one go: the supervisor may change the original meanwhile.
            for name, child in core.children.copy().items():
                yield f"{path}/{name}", (core, child)


def _alive(estate: Estate[Any], slot: tuple[Core, Child] | None, now: float, wall: float) -> ActorInfo:
    facts: dict[str, Any] = {
        "incarnation": estate.incarnation,
        "uptime_s": max(0.0, now - estate.started_at) if estate.state == "running" else 0.0,
        "mailbox_depth": estate.depth,
        "mailbox_oldest_s": estate.oldest_age(now),
        "policy": _policy(estate),
        "policy_rev": _revision(estate),
    }
    if slot is not None:
        core, child = slot
        return _told(estate.path, estate.kind, child, core, now, wall, estate.last_failure, **facts)
    state = "parked" if estate.parked is not None else estate.state
    return ActorInfo(path=estate.path, kind=estate.kind, state=state, last_failure=_last(estate.last_failure), **facts)


def _policy(estate: Estate[Any]) -> str | None:
    actor = estate.ref._actor_weakref()  # pyright: ignore[reportPrivateUsage]
    return brief(actor._machine.policy) if isinstance(actor, SupervisorLife) else None  # pyright: ignore[reportPrivateUsage]


def _told(
    path: str,
    kind: str,
    child: Child,
    core: Core,
    now: float,
    wall: float,
    last: Failure | None = None,
    **facts: Any,
) -> ActorInfo:
    """Return what the supervisor's machine knows, and *facts* of the estate besides."""
    waits = child.state == "restarting" and child.timer != 0
    backoff = max(0.0, child.due - now) if waits else None
    known: dict[str, Any] = {"incarnation": child.incarnation, **facts}
    return ActorInfo(
        path=path,
        kind=kind,
        state=child.state,
        restarts=child.restarts,
        backoff_s=backoff,
        next_attempt_at=None if backoff is None else wall + backoff,
        last_failure=_last(last or child.last_failure),
        **_budget(child, core, now),
        **known,
    )


def _revision(estate: Estate[Any]) -> int | None:
    """Return the revision of the policy by which a supervisor decides; None for anybody else."""
    actor = estate.ref._actor_weakref() if estate.kind == "supervisor" else None  # pyright: ignore[reportPrivateUsage]
    return actor._machine.revision.revision if isinstance(actor, SupervisorLife) else None  # pyright: ignore[reportPrivateUsage]


def _budget(child: Child, core: Core, now: float) -> dict[str, Any]:
    """Return what is left of the budget that pays for the restarts of *child*; nothing for an unlimited one."""
    own = core.policy.child_budget
    budget, window = (core.policy.budget, core.window) if own is None else (own, child.window)
    if not isinstance(budget, Budget):
        return {}
    spent = 0 if window is None else max(0, window.peek(now, budget.max_seconds))
    return {
        "budget_left": max(0, budget.max_restarts - spent),
        "max_restarts": budget.max_restarts,
        "window_s": budget.max_seconds,
    }


def _last(failure: Failure | None) -> LastFailure | None:
    return None if failure is None else LastFailure(failure.id, code_of(failure.exception))
