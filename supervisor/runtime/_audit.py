"""The audit: what became of every event that was ever emitted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from attrs import field, frozen
from stentor.protocol.errors import AuditError

__all__ = ["Audit", "audited"]


@frozen
class Audit:
    """Counts of events: each accepted one is exactly one of acked, buffered and failed; refused ones never counted."""

    accepted: int = 0
    acked: int = 0
    buffered: int = 0
    failed: Mapping[str, int] = field(factory=dict[str, int])
    """By code."""

    refused: Mapping[str, int] = field(factory=dict[str, int])
    """Emits that raised, by code; none of them is among the accepted."""

    sessions: int = 1
    """How many sessions it counts."""

    def __str__(self) -> str:
        lines = [
            f"{self.accepted:,} events accepted in {self.sessions:,} session{'' if self.sessions == 1 else 's'}",
            f"  {self.acked:>12,} acked",
            f"  {self.buffered:>12,} buffered",
            *(f"  {count:>12,} failed: {code}" for code, count in sorted(self.failed.items())),
            *(f"  {count:>12,} refused: {code} (not accepted)" for code, count in sorted(self.refused.items())),
        ]
        return "\n".join(lines)

    __repr__ = __str__


def audited(parts: Iterable[Audit]) -> Audit:
    """Add up *parts*, each counted on its own.

    Raises:
        AuditError: If accepted is not acked + buffered + failed, in sum or in any part; it names the first part's
            numbers.
    """
    accepted = acked = buffered = sessions = 0
    failed, refused = Counter[str](), Counter[str]()
    for part in parts:
        _check(part)
        accepted += part.accepted
        acked += part.acked
        buffered += part.buffered
        sessions += part.sessions
        failed.update(part.failed)
        refused.update(part.refused)
    return Audit(accepted, acked, buffered, dict(failed), dict(refused), sessions)


def _check(part: Audit) -> None:
    lost = sum(part.failed.values())
    if part.accepted != part.acked + part.buffered + lost:
        raise AuditError(accepted=part.accepted, acked=part.acked, buffered=part.buffered, failed=lost)
