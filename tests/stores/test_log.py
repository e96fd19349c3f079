"""The contract of the log, which every adapter keeps."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from stentor.actors import ManualClock
from stentor.protocol import Append, FailedRange, Rejection
from stentor.protocol.errors import EpochChanged, Fenced

Ask = Callable[[Any], Awaitable[Any]]
S = "ada/t1"


def batch(n0: int, *bodies: bytes, writer: str = "w", epoch: str | None = None, session: str = S) -> Append:
    """Bodies to append."""
    return Append(session, epoch, writer, n0, bodies)


async def claim(store: Any, ask: Ask, consumer: str = "") -> tuple[Any, int, str]:
    """Own the session and attach a consumer: token, connection, epoch."""
    token, state = await ask(store.ownership.claim(S, "node", True))
    return token, await ask(store.ownership.attach(token, consumer)), state.epoch


async def test_the_log_gives_the_seqs_from_one(store: Any, ask: Ask) -> None:
    """Appending is the only counter."""
    first, second = await ask(store.log.append([batch(1, b"a", b"bb"), batch(1, b"c", writer="v")]))

    assert (1, 2, 3, 3) == (first.first, first.head, second.first, second.head)
    assert (0, 3, 4) == (second.floor, second.count, second.bytes)


async def test_a_repeated_batch_keeps_its_seqs(store: Any, ask: Ask) -> None:
    """(writer, n0) makes an append idempotent."""
    await ask(store.log.append([batch(1, b"a", b"b")]))
    await ask(store.log.append([batch(1, b"x", writer="v")]))
    (again,) = await ask(store.log.append([batch(1, b"a", b"b")]))

    assert (1, 3) == (again.first, again.head)


async def test_a_batch_repeated_one_by_one_keeps_its_seqs(store: Any, ask: Ask) -> None:
    """After a crash entries are tried singly."""
    await ask(store.log.append([batch(1, b"a", b"b", b"c")]))
    answers = await ask(store.log.append([batch(1, b"a"), batch(2, b"b"), batch(3, b"c"), batch(4, b"d")]))

    assert [1, 2, 3, 4] == [a.first for a in answers]


async def test_a_writer_that_skips_a_number_is_refused_loudly(store: Any, ask: Ask) -> None:
    """A lost batch must not pass as stored."""
    await ask(store.log.append([batch(1, b"a")]))

    with pytest.raises(ValueError, match="expected 2"):
        await ask(store.log.append([batch(3, b"c")]))


async def test_an_append_for_another_epoch_is_answered_with_its_error(store: Any, ask: Ask) -> None:
    """One bad batch does not stop its neighbours."""
    bad, good = await ask(store.log.append([batch(1, b"a", epoch="gone"), batch(1, b"a", session="bob/t")]))

    assert (EpochChanged, 1) == (type(bad), good.first)


async def test_reading_starts_after_the_seq_asked_for(store: Any, ask: Ask) -> None:
    """At most limit events, at most so many bytes, but one at least."""
    await ask(store.log.append([batch(1, b"a", b"bb", b"ccc", b"dddd")]))
    by_count = (await ask(store.log.read({S: 1}, 2, 1000)))[S]
    by_bytes = (await ask(store.log.read({S: 1}, 10, 4)))[S]
    at_least_one = (await ask(store.log.read({S: 3}, 10, 1)))[S]

    assert (2, (b"bb", b"ccc")) == (by_count.first, by_count.bodies)
    assert (b"bb",) == by_bytes.bodies
    assert (4, (b"dddd",)) == (at_least_one.first, at_least_one.bodies)


async def test_an_ack_moves_the_floor_and_frees_what_was_acked(store: Any, ask: Ask) -> None:
    """Count and bytes are of un-acked events."""
    token, conn, epoch = await claim(store, ask)
    await ask(store.log.append([batch(1, b"a", b"bb", b"ccc")]))
    floor = await ask(store.log.ack(S, "", conn, token, epoch, 2, ()))

    assert (2, 1, 3) == (floor.floor, floor.count, floor.bytes)


async def test_an_ack_that_says_less_than_before_changes_nothing(store: Any, ask: Ask) -> None:
    """Acks are cumulative."""
    token, conn, epoch = await claim(store, ask)
    await ask(store.log.append([batch(1, b"a", b"b")]))
    await ask(store.log.ack(S, "", conn, token, epoch, 2, ()))
    floor = await ask(store.log.ack(S, "", conn, token, epoch, 1, ()))

    assert (2, 0) == (floor.floor, floor.count)


async def test_an_ack_of_an_older_connection_is_fenced(store: Any, ask: Ask) -> None:
    """Only the consumer's current connection counts."""
    token, conn, epoch = await claim(store, ask)
    await ask(store.log.append([batch(1, b"a")]))
    await ask(store.ownership.attach(token, ""))

    with pytest.raises(Fenced):
        await ask(store.log.ack(S, "", conn, token, epoch, 1, ()))


async def test_an_ack_of_an_older_owner_is_fenced(store: Any, ask: Ask) -> None:
    """A take-over ends the rights of the previous owner."""
    token, conn, epoch = await claim(store, ask)
    await ask(store.log.append([batch(1, b"a")]))
    await ask(store.ownership.claim(S, "other", True))

    with pytest.raises(Fenced):
        await ask(store.log.ack(S, "", conn, token, epoch, 1, ()))


async def test_an_ack_of_another_epoch_confirms_nothing(store: Any, ask: Ask) -> None:
    """It would confirm a different event."""
    token, conn, _ = await claim(store, ask)
    await ask(store.log.append([batch(1, b"a")]))

    with pytest.raises(EpochChanged):
        await ask(store.log.ack(S, "", conn, token, "another", 1, ()))


async def test_a_refused_event_fails_and_the_others_are_acked(store: Any, ask: Ask) -> None:
    """Rej is part of the ack's own operation."""
    token, conn, epoch = await claim(store, ask)
    await ask(store.log.append([batch(1, b"a", b"b", b"c")]))
    await ask(store.log.ack(S, "", conn, token, epoch, 3, (Rejection(2),)))
    ledger = await ask(store.log.outcomes(S))

    assert (3, (FailedRange(2, 2, "handler_rejected"),), 0) == (ledger.floor, ledger.failed, ledger.count)
    assert {"handler_rejected": 1} == ledger.counts


async def test_an_outcome_never_changes(store: Any, ask: Ask) -> None:
    """Neither an acked event nor a failed one fails (again)."""
    token, conn, epoch = await claim(store, ask)
    await ask(store.log.append([batch(1, *[b"x"] * 6)]))
    await ask(store.log.ack(S, "", conn, token, epoch, 2, ()))
    await ask(store.log.fail(S, token, [FailedRange(4, 4, "expired")]))
    floor = await ask(store.log.fail(S, token, [FailedRange(1, 6, "unconfirmed")]))
    ledger = await ask(store.log.outcomes(S))

    assert [(3, 3, "unconfirmed"), (4, 4, "expired"), (5, 6, "unconfirmed")] == [
        (it.first, it.last, it.code) for it in floor.failed
    ]
    assert {"expired": 1, "unconfirmed": 3} == ledger.counts
    assert (0, 0) == (ledger.count, ledger.bytes)


async def test_failed_events_that_are_passed_are_not_counted_twice(store: Any, ask: Ask) -> None:
    """An ack over a gap leaves count and bytes right."""
    token, conn, epoch = await claim(store, ask)
    await ask(store.log.append([batch(1, b"a", b"bb", b"ccc")]))
    await ask(store.log.fail(S, token, [FailedRange(2, 2, "expired")]))
    floor = await ask(store.log.ack(S, "", conn, token, epoch, 2, ()))

    assert (2, 1, 3) == (floor.floor, floor.count, floor.bytes)


async def test_the_body_of_an_event_that_failed_is_let_go_and_its_place_stays(store: Any, ask: Ask) -> None:
    """Whoever reads learns that there is none."""
    token, _, _ = await claim(store, ask)
    await ask(store.log.append([batch(1, b"a", b"bb", b"ccc")]))
    floor = await ask(store.log.fail(S, token, [FailedRange(1, 2, "expired")]))

    assert (0, 1, 3) == (floor.floor, floor.count, floor.bytes)
    assert (None, None, b"ccc") == (await ask(store.log.read({S: 0}, 10, 1000)))[S].bodies


async def test_a_writer_that_is_done_is_known_no_more(store: Any, ask: Ask) -> None:
    """Its name could be used anew: nobody repeats what is confirmed."""
    await ask(store.log.append([batch(1, b"a"), Append(S, None, "v", 1, (b"b",), ("w",))]))
    (first,) = await ask(store.log.append([batch(1, b"c")]))

    assert 3 == first.first


async def test_a_repeated_batch_that_names_done_writers_keeps_its_seqs(store: Any, ask: Ask) -> None:
    """Its answer was lost, and with it nothing else."""
    again = Append(S, None, "v", 1, (b"b",), ("w",))
    answers = await ask(store.log.append([batch(1, b"a"), again, again]))

    assert [1, 2, 2] == [answer.first for answer in answers]


async def test_what_is_too_old_expires_and_nothing_that_is_younger(
    aging: Callable[[ManualClock], Any], ask: Ask
) -> None:
    """Never early, and a thirty-second of the age late at most."""
    clock = ManualClock()
    store = aging(clock)
    counts: list[int] = []
    await ask(store.log.append([batch(1, b"a")]))
    clock.advance(10.0)
    await ask(store.log.append([batch(2, b"b")]))
    for wait in (89.9, 3.3, 6.7, 3.4):
        clock.advance(wait)
        counts.append((await ask(store.log.expire(S, None))).count)

    assert [2, 1, 1, 0] == counts
    assert {"expired": 2} == (await ask(store.log.outcomes(S))).counts


async def test_only_the_owner_lets_events_expire(store: Any, ask: Ask) -> None:
    """Where there is one."""
    await claim(store, ask)

    with pytest.raises(Fenced):
        await ask(store.log.expire(S, None))


async def test_a_settled_session_is_forgotten_and_its_ledger_told_for_the_last_time(store: Any, ask: Ask) -> None:
    """Neither one whose events wait nor one that is owned is."""
    token, conn, epoch = await claim(store, ask)
    await ask(store.inbox.accept(S, "tab", 1, token, b"hi"))
    await ask(store.log.append([batch(1, b"a", b"b")]))
    waits = await ask(store.log.forget(S))
    await ask(store.log.ack(S, "", conn, token, epoch, 2, (Rejection(2),)))
    owned = await ask(store.log.forget(S))
    await ask(store.ownership.release(token))
    last = await ask(store.log.forget(S))

    assert (None, None, 2, 0, {"handler_rejected": 1}) == (waits, owned, last.head, last.count, last.counts)
    assert (0, {}) == ((await ask(store.log.outcomes(S))).head, (await ask(store.log.outcomes(S))).counts)


async def test_after_it_was_forgotten_a_session_is_another_one(store: Any, ask: Ask) -> None:
    """An old token, connection, ack or position can not pass for a new one."""
    old, conn, epoch = await claim(store, ask)
    await ask(store.ownership.release(old))
    await ask(store.log.forget(S))
    new, newer_conn, new_epoch = await claim(store, ask)

    assert (True, True, True) == (new.gen > old.gen, newer_conn > conn, new_epoch != epoch)
    with pytest.raises(Fenced):
        await ask(store.ownership.verify(old))


async def test_some_acked_events_stay_for_a_reload(store: Any, ask: Ask) -> None:
    """What was acked last can be read again."""
    token, conn, epoch = await claim(store, ask)
    await ask(store.log.append([batch(1, b"a", b"b", b"c")]))
    await ask(store.log.ack(S, "", conn, token, epoch, 2, ()))

    assert (b"b", b"c") == (await ask(store.log.read({S: 1}, 10, 1000)))[S].bodies


async def test_the_heads_are_those_of_ones_own_sessions(store: Any, ask: Ask) -> None:
    """A node asks for what it owns."""
    await claim(store, ask)
    await ask(store.log.append([batch(1, b"a"), batch(1, b"b", session="bob/t")]))

    assert {S: 1} == await ask(store.log.heads("node"))
