"""The audit's arithmetic: it adds up, or it says so."""

from __future__ import annotations

import pytest
from stentor.protocol.errors import AuditError
from stentor.supervisor.runtime._audit import Audit, audited


def test_an_audit_is_the_sum_of_its_sessions() -> None:
    """Counts add up by code."""
    parts = [
        Audit(accepted=3, acked=1, buffered=1, failed={"expired": 1}, refused={"buffer_full": 2}),
        Audit(accepted=2, acked=2, failed={}, refused={"buffer_full": 1}),
    ]

    assert Audit(5, 3, 1, {"expired": 1}, {"buffer_full": 3}, 2) == audited(parts)


def test_an_event_that_is_nowhere_makes_the_audit_raise() -> None:
    """Also where another session's surplus would hide it in the sum."""
    with pytest.raises(AuditError) as caught:
        audited([Audit(accepted=2, acked=1), Audit(accepted=1, acked=2)])

    assert (2, 1, 0, 0) == tuple(caught.value.details[name] for name in ("accepted", "acked", "buffered", "failed"))


def test_an_audit_prints_what_an_operator_reads() -> None:
    """Refused ones are shown apart."""
    text = str(Audit(1234, 1200, 30, {"expired": 4}, {"event_too_large": 7}, 2))

    expected = [
        "1,234 events accepted in 2 sessions",
        "         1,200 acked",
        "            30 buffered",
        "             4 failed: expired",
        "             7 refused: event_too_large (not accepted)",
    ]
    assert expected == text.splitlines()
