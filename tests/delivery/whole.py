"""What must hold at every moment (the estate is whole), and what must hold at the end (nobody lost anything)."""

from __future__ import annotations

from collections import Counter
from typing import Any

from .world import World

__all__ = ["check_end", "check_now"]


def check_now(world: World) -> None:
    """I1–I7, and I10: looked at between any two steps, also while the session's actor is down."""
    ledger = world.ledger
    handled = set(_handled(world))
    failed = {seq: it.code for it in ledger.failed for seq in range(it.first, it.last + 1)}
    by_seq = {it.receipt.seq: it.words for it in world.emitted if it.receipt.seq is not None}
    assert ledger.floor <= ledger.head
    assert sum(it.receipt.seq is not None for it in world.emitted) == len(by_seq), "two events have one seq"
    assert set(by_seq) <= set(range(1, ledger.head + 1))
    for seq in range(1, ledger.floor + 1):
        assert seq in handled or seq in failed, f"{seq} counts as acked, and nobody handled it"
    maxsent: int | None = None
    for at in range(len(world.runtimes)):
        state = world.machine(at)
        if state is not None and state.epoch is not None:
            _check_machine(state, ledger, at, world)
            maxsent = max(maxsent or 0, state.maxsent)
    for reader in world.readers:
        _check_reader(reader, failed, by_seq, maxsent)


def _check_machine(state: Any, ledger: Any, at: int, world: World) -> None:
    consumer, line = state.consumer, state.consumer.line
    assert state.ledger.floor <= ledger.floor
    assert state.ledger.floor <= consumer.floor <= state.maxsent <= ledger.head
    assert state.head <= ledger.head
    assert state.buffer.last <= state.head
    for mine in state.ledger.failed:
        assert any(it.first <= mine.first and mine.last <= it.last and it.code == mine.code for it in ledger.failed)
    if line is not None:
        assert consumer.acked <= consumer.cursor <= state.maxsent
        assert line.written <= line.top <= state.maxsent
        assert consumer.cursor - consumer.acked <= line.window
    core: Any = world.runtimes[at]._core
    cell = core.cells.places["ada/t1"].cell
    waiting = [it for it in world.emitted if it.node == at and it.receipt.state == "accepted"]
    assert len(waiting) == cell.outbox.counts().pending


def _check_reader(reader: Any, failed: dict[int, str], by_seq: dict[int, str], maxsent: int | None) -> None:
    probe = reader.probe
    assert probe.errors == []
    last = None
    for item in probe.given:
        first = getattr(item, "first", None)
        if first is None:
            last = None
            continue
        assert last is None or first == last + 1, f"{item} came after {last}"
        last = item.seq
        if hasattr(item, "code"):
            for seq in range(item.first, item.seq + 1):
                assert failed.get(seq) == item.code, f"a gap at {seq} that the log knows nothing of"
        elif item.seq in by_seq:
            assert by_seq[item.seq] == item.data["delta"], f"another event than was emitted under {item.seq}"
    assert last is None or maxsent is None or last <= maxsent


def _handled(world: World) -> list[int]:
    """Return the seqs that the clients say are done.

    A position says no more: where a tab refused an event, and another one takes over with that tab's position before
    the refusal was heard, the event counts as acked.
    """
    seqs: list[int] = []
    for reader in world.readers:
        told = reader.probe.handled if reader is world.readers[-1] else [*reader.probe.handled, *reader.probe.refused]
        seqs += [delivered.seq for delivered in told]
    return seqs


def check_end(world: World) -> None:
    """Each accepted event has its one outcome; receipts, audit, ledger and the clients' logs say the same."""
    check_now(world)
    ledger = world.ledger
    failed = {seq: it.code for it in ledger.failed for seq in range(it.first, it.last + 1)}
    handled = _handled(world)
    seqs = [it.receipt.seq for it in world.emitted]
    assert list(range(1, len(seqs) + 1)) == sorted(seqs)
    assert (len(seqs), len(seqs)) == (ledger.head, ledger.floor)
    for at in range(len(world.runtimes)):
        own = [it.receipt.seq for it in world.emitted if it.node == at]
        assert sorted(own) == own, "one runtime's events are out of order"
    delivered_all = sorted({*handled, *failed})
    assert list(range(1, ledger.head + 1)) == delivered_all, "an event reached nobody and did not fail"
    for reader in world.readers:
        assert len(reader.probe.seqs) == len(set(reader.probe.seqs)), "an event was handled twice"
    for it in world.emitted:
        code = failed.get(it.receipt.seq or 0)
        assert ("acked" if code is None else "failed") == it.receipt.state, it
    audits = world.audits()
    total, codes = Counter[str](), Counter[str]()
    for audit in audits:
        total.update(accepted=audit.accepted, acked=audit.acked, buffered=audit.buffered)
        codes.update(audit.failed)
    expected = Counter(accepted=len(seqs), acked=len(set(handled) - set(failed)), buffered=0)
    assert (expected, Counter(failed.values())) == (total, codes)
    expected_refusals = Counter(error.code for _, error in world.refused)
    assert expected_refusals == sum((Counter(audit.refused) for audit in audits), Counter[str]())
