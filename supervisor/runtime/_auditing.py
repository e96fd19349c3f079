"""How a runtime's audit is taken: the gate says what was accepted, the log says what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import cast

from stentor.actors import Outbox
from stentor.actors.ports import Outcomes

from ._audit import Audit, audited
from ._cells import Cells, Place

__all__ = ["take_audit"]


def take_audit(cells: Cells, shared: bool) -> Audit:
    """Add up all sessions of *cells*; on the runtime's loop, so that no step is half done.

    Args:
        cells: The sessions.
        shared: Whether other runtimes use the same store: then the log holds events that are not ours, and each of
            ours is looked up by itself.

    Raises:
        AuditError: If what was accepted is not what was acked, is buffered, and failed.
    """
    parts = list(_shared(cells) if shared else _alone(cells))
    past = cells.past
    parts.append(Audit(past.accepted, past.acked, 0, dict(past.failed), dict(cells.refused_before), past.sessions))
    return audited(parts)


def _alone(cells: Cells) -> Iterator[Audit]:
    for session in {**cells.before, **cells.places}:
        place = cells.places.get(session)
        ledger = cast(Outcomes, cells.store.log.outcomes(session))
        accepted, pending, refused = cells.before.get(session, 0), 0, dict[str, int]()
        unconfirmed = cells.unconfirmed_before.get(session, 0)
        if place is not None:
            counts = place.cell.outbox.counts()
            accepted += counts.accepted
            unconfirmed += counts.unconfirmed
            pending, refused = counts.pending, counts.refused
        acked = ledger.head - ledger.count - sum(ledger.counts.values())
        failed = Counter(ledger.counts)
        if unconfirmed:
            failed["unconfirmed"] += unconfirmed
        yield Audit(accepted, acked, pending + ledger.count, dict(failed), refused)


def _shared(cells: Cells) -> Iterator[Audit]:
    # Only what this runtime still holds the receipts of: a session that it closed took its ledger with it.
    for place in cells.places.values():
        yield _by_receipt(place)


def _by_receipt(place: Place) -> Audit:
    outbox: Outbox = place.cell.outbox
    counts = outbox.counts()
    states, failed = Counter[str](), Counter[str]()
    for index in range(1, counts.accepted + 1):
        state, code = outbox.progress.state(index)
        states[state] += 1
        if code is not None:
            failed[code] += 1
    buffered = states["accepted"] + states["buffered"] + states["sent"]
    return Audit(counts.accepted, states["acked"], buffered, dict(failed), counts.refused)
