"""The tree as text for a plain terminal: lines, words for states, no colour, nothing that a terminal would obey."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from ..ledger._escape import escape
from ..ledger._redact import clip
from ._actor_info import ActorInfo

__all__ = ["parent_of", "tree_text"]

_SHOWN = 20
_NAME = 48
_HEAD = ("actor", "kind", "state", "life", "waiting", "restarts", "budget left", "next try", "last failure", "policy")
_BELOW = {"": "", "├─ ": "│  ", "└─ ": "   "}
_UNITS = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min"), (1.0, "s"))


def tree_text(actors: Mapping[str, ActorInfo], root: str | None = None) -> str:
    """Return the actors as a tree, a line each; of many siblings the troubled ones, and a count of the others.

    Args:
        actors: By path, siblings in the order in which they are shown.
        root: Show this one and what is below it; None for all.
    """
    families: dict[str | None, list[str]] = {}
    for path in actors:
        families.setdefault(parent_of(path, actors), []).append(path)
    tops = families.get(None, []) if root is None else [root]
    rows = [_HEAD, *(row for top in tops for row in _rows(top, top, "", "", actors, families))]
    widths = [max(map(len, column)) for column in zip(*(row for row in rows if len(row) > 1), strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip() for row in rows
    )


def parent_of(path: str, paths: Mapping[str, object]) -> str | None:
    """Return the path of the actor right above *path*, or None; a child's own name may hold slashes."""
    while path:
        path = path.rpartition("/")[0]
        if path in paths:
            return path
    return None


def _rows(
    path: str,
    name: str,
    lead: str,
    branch: str,
    actors: Mapping[str, ActorInfo],
    families: Mapping[str | None, Sequence[str]],
) -> Iterator[tuple[str, ...]]:
    yield (lead + branch + clip(escape(name) or "/", _NAME), *_cells(actors[path]))
    lead += _BELOW[branch]
    shown, rest = _most_telling(families.get(path, ()), actors)
    for child in shown:
        turn = "└─ " if child is shown[-1] and not rest else "├─ "
        yield from _rows(child, child[len(path) + 1 :], lead, turn, actors, families)
    if rest:
        states = Counter(actors[child].state for child in rest)
        counts = ", ".join(f"{number:,} {escape(state)}" for state, number in states.most_common())
        yield (f"{lead}└─ … {len(rest):,} more: {counts}",)


def _most_telling(children: Sequence[str], actors: Mapping[str, ActorInfo]) -> tuple[list[str], list[str]]:
    """Return which children are shown and which are only counted: whatever does not run, or failed, comes first."""
    if len(children) <= _SHOWN:
        return list(children), []
    ranked = sorted(children, key=lambda path: (actors[path].state == "running", actors[path].last_failure is None))
    chosen = set(ranked[:_SHOWN])
    return [path for path in children if path in chosen], ranked[_SHOWN:]


def _cells(info: ActorInfo) -> tuple[str, ...]:
    waiting = f"{info.mailbox_depth}, {_span(info.mailbox_oldest_s)}" if info.mailbox_depth else "0"
    failure = info.last_failure
    return (
        escape(info.kind),
        escape(info.state),
        str(info.incarnation),
        waiting,
        _or_dash(info.restarts),
        "–" if info.budget_left is None else f"{info.budget_left} of {info.max_restarts} in {_span(info.window_s)}",
        "–" if info.backoff_s is None else f"in {_span(info.backoff_s)}",
        "–" if failure is None else f"{failure.code} {failure.id[-8:]}",
        _policy(info),
    )


def _policy(info: ActorInfo) -> str:
    """Return a supervisor's policy; its revision only where it was changed."""
    if info.policy is None:
        return "–"
    changed = info.policy_rev is not None and info.policy_rev > 1
    return f"{info.policy}, rev {info.policy_rev}" if changed else info.policy


def _or_dash(value: int | None) -> str:
    return "–" if value is None else str(value)


def _span(seconds: float | None) -> str:
    """Return a duration as people write it: ``0.4 s``, ``12 s``, ``3 min``."""
    if seconds is None:
        return "–"
    for size, unit in _UNITS:
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.1f} s"
