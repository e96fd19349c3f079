"""Lapse: one failure of a ledger, as far as a policy is concerned, and the file that they are read from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from attrs import frozen
from stentor.protocol.errors import BadUsage, Killed

__all__ = ["Lapse", "read_ledger"]

_FAILURE = "stentor.failure/1"
_ENTRY = "stentor.entry/1"
_DECISIONS = ("restart", "resume", "hold", "park", "give_up", "escalate")
_KILLED = f"{Killed.__module__.rpartition('.')[0]}.{Killed.__qualname__}"
_FREE = "info"
"""Severity of a failure that cost nothing."""


@frozen
class Lapse:
    """One failure.

    Attributes:
        at: Unix seconds.
        supervisor: Path of the supervisor that decided.
        child: Path of the actor that failed.
        kind: Its kind, such as ``session``.
        template: Its path without whose it is.
        fingerprint: Which failures are the same one again.
        exception: Name of the exception's type.
        uptime: Seconds that this life of the actor had lasted.
        starting: Whether its start failed.
        charged: Whether it cost a unit of a budget.
        parked: Whether the child was parked, or the supervisor gave up, because of it.
    """

    at: float
    supervisor: str
    child: str
    kind: str
    template: str
    fingerprint: str
    exception: str
    uptime: float
    starting: bool
    charged: bool
    parked: bool


class _Exception(msgspec.Struct):
    type: str


class _Actor(msgspec.Struct):
    path: str
    path_template: str
    kind: str
    uptime_s: float | None = None


class _Supervision(msgspec.Struct):
    supervisor: str | None = None
    decision: str | None = None


class _Context(msgspec.Struct):
    operation: str | None = None


class _Line(msgspec.Struct):
    time_unix_nano: int
    severity: str
    exception: _Exception
    fingerprint: str
    actor: _Actor
    supervision: _Supervision
    context: _Context


def read_ledger(lines: Iterable[str | bytes], name: str = "ledger") -> list[Lapse]:
    """Return the failures in *lines* as ``runtime.failures().export()`` writes them, oldest first.

    Entries that are about no failure are left out, and so are failures after which nobody asked for a restart, and what
    an operator killed, which says nothing about the child.

    Raises:
        BadUsage: At the first line that is none of a ledger; ``line`` is its number, from 1.
    """
    found: list[Lapse] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            lapse = _lapse(line)
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as wrong:
            raise BadUsage(
                f"{name}:{number}: is no line of a ledger: {wrong}; runtime.failures().export() writes them",
                line=number,
                file=name,
            ) from wrong
        if lapse is not None:
            found.append(lapse)
    return sorted(found, key=lambda lapse: lapse.at)


def _lapse(text: str | bytes) -> Lapse | None:
    raw: Any = msgspec.json.decode(text)
    schema = raw.get("schema") if isinstance(raw, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    if schema == _ENTRY:
        return None
    if schema != _FAILURE:
        raise msgspec.ValidationError(f"schema is {schema!r}; allowed: {_FAILURE}, {_ENTRY}")
    line = msgspec.convert(raw, _Line)
    decision = line.supervision.decision
    if line.supervision.supervisor is None or decision not in _DECISIONS or line.exception.type == _KILLED:
        return None
    return Lapse(
        at=line.time_unix_nano / 1e9,
        # The root's own path is empty.
        supervisor=line.supervision.supervisor or "/",
        child=line.actor.path,
        kind=line.actor.kind,
        template=line.actor.path_template,
        fingerprint=line.fingerprint,
        exception=line.exception.type,
        uptime=max(0.0, line.actor.uptime_s or 0.0),
        starting=line.context.operation in ("init", "on_start"),
        charged=line.severity != _FREE,
        parked=decision in ("park", "give_up", "escalate"),
    )
