"""The failure of an audit: the outcomes do not add up."""

from __future__ import annotations

from typing import Any, ClassVar

from ._root import StentorError

__all__ = ["AuditError"]


class AuditError(StentorError):
    """Accepted events are not exactly those acked, buffered and failed: an event was lost or counted twice."""

    code: ClassVar[str] = "audit_failed"

    def __init__(self, *, accepted: int, acked: int, buffered: int, failed: int, **details: Any) -> None:
        super().__init__(
            f"{accepted} events were accepted, but {acked} acked + {buffered} buffered + {failed} failed "
            f"are {acked + buffered + failed}; report this with the failure ledger",
            accepted=accepted,
            acked=acked,
            buffered=buffered,
            failed=failed,
            **details,
        )
