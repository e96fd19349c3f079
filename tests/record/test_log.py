"""The log of the record: one line for each entry, and sums of what would be too many."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

from stentor.actors import ManualClock
from stentor.protocol.errors import StoreUnavailable, WebSocketConnectionLostError
from stentor.supervisor.ledger._record import Entry, Record

MakeEntry = Callable[..., Entry]


def numbered(make_entry: MakeEntry, count: int, **different: Any) -> Iterator[Entry]:
    """Yield entries whose messages are numbers."""
    return (make_entry(ValueError(str(number)), **different) for number in range(count))


def test_a_failure_is_one_line_in_the_log(record: Record, lines: Any, make_entry: MakeEntry) -> None:
    """With code, path, decision, message and id."""
    entry = make_entry(StoreUnavailable("the disk is full"))
    record.add(entry)

    what = "store_unavailable at /sessions/ada/t1: restart in 0.1 s: StoreUnavailable: the disk is full"

    assert [f"ERROR {what} [{entry.id}]"] == lines.texts


def test_the_level_is_the_severity(record: Record, lines: Any, make_entry: MakeEntry) -> None:
    """A lost connection does not page."""
    lost = WebSocketConnectionLostError(reason="gone", close_code=1006, user_id="ada", thread_id="t1")
    record.add(make_entry(lost, charged=False, delay=0.0))
    record.add(make_entry(ValueError("x")))
    record.add(make_entry(ValueError("x"), decision="park"))
    record.dead_letter("/x", object(), "parked")
    record.note("fenced")

    assert ["INFO", "ERROR", "CRITICAL", "WARNING", "INFO"] == [line.levelname for line in lines.records]


def test_a_level_that_is_off_costs_no_line(record: Record, lines: Any, make_entry: MakeEntry) -> None:
    """The logger's own level is respected; the ring keeps all."""
    lines.logger.setLevel(logging.ERROR)
    record.dead_letter("/x", object(), "parked")
    record.add(make_entry(ValueError("x")))

    assert ["ERROR"] == [line.levelname for line in lines.records]
    assert 2 == len(record)


def test_a_text_is_made_when_it_is_read(record: Record, lines: Any, make_entry: MakeEntry) -> None:
    """Recording must not cost the time of formatting."""
    asked: list[int] = []

    class Slow(Exception):
        def __str__(self) -> str:
            asked.append(1)
            return "slow"

    record.add(make_entry(Slow()))
    before = len(asked)

    assert "slow" in lines.texts[0]
    assert (0, 1) == (before, len(asked))


def crash(text: str) -> ValueError:
    """Return an error that was raised in this file."""
    try:
        raise ValueError(text)
    except ValueError as error:
        return error


def of(make_entry: MakeEntry, user: str, **different: Any) -> Entry:
    """Return the entry of a crash of *user*'s session."""
    path = f"/sessions/{user}/t"
    context = {"user_id": user, "session_id": f"{user}/t"}
    failure = {"path": path, "context": context}
    return make_entry(crash(f"bug for {user}"), failure=failure, path=path, **different)


def test_a_storm_is_summed_in_the_log_and_never_in_the_ring(
    record: Record, lines: Any, clock: ManualClock, make_entry: MakeEntry
) -> None:
    """The first at once, then a sum; an actor that was quiet for a while has a line again."""
    for entry in numbered(make_entry, 500):
        record.add(entry)
    clock.advance(10.0)
    (last,) = numbered(make_entry, 1)
    record.add(last)

    assert 5 == len(record)
    assert 501 == record.total
    first, summed, again = lines.texts
    what = "ERROR 499 more exception.value_error (restart) in 10 s, at /sessions/ada/t1; the last ["
    assert summed.startswith(what)
    assert first.startswith("ERROR exception.value_error at ")
    assert again.endswith(f"ValueError: 0 [{last.id}]")


def test_the_crashes_of_different_users_have_a_line_each(record: Record, lines: Any, make_entry: MakeEntry) -> None:
    """The second one is not hidden by the first."""
    for user in "abcd":
        record.add(of(make_entry, user))

    assert ["bug for a", "bug for b", "bug for c", "bug for d"] == [text[-44:-35] for text in lines.texts]


def test_a_crowd_that_fails_alike_is_summed(
    record: Record, lines: Any, clock: ManualClock, make_entry: MakeEntry
) -> None:
    """Twenty have a line each; how many more there were, and where, is told within the quiet time."""
    for number in range(23):
        record.add(of(make_entry, f"u{number}"))
        record.add(of(make_entry, "u22"))
    clock.advance(10.0)
    left = record.flush_due()

    assert (None, 21) == (left, len(lines.texts))
    assert lines.texts[-1].startswith(
        "ERROR 26 more exception.value_error (restart) in 10 s, at /sessions/u22/t and 3 others; the last ["
    )


def test_a_sum_says_whose_run_it_was(record: Record, lines: Any, make_entry: MakeEntry) -> None:
    """The name of a run says nothing."""
    for _ in range(2):
        record.add(make_entry(crash("x"), path="/runs/r1", failure={"path": "/runs/r1"}))
    record.flush()

    assert " in 0 s, at /runs/r1 (ada/t1); the last [" in lines.texts[1]


def test_what_is_held_back_says_when_it_is_due(
    record: Record, lines: Any, clock: ManualClock, make_entry: MakeEntry
) -> None:
    """Ten seconds after the first that has no line; nobody need come by with another failure."""
    record.add(of(make_entry, "a"))
    nothing = record.flush_due()
    clock.advance(4.0)
    record.add(of(make_entry, "a"))
    waits = record.flush_due()
    clock.advance(9.5)
    early = (record.flush_due(), len(lines.texts))
    clock.advance(0.5)

    assert (None, 10.0, (0.5, 1)) == (nothing, waits, early)
    assert (None, 2) == (record.flush_due(), len(lines.texts))


def test_a_park_is_told_after_what_led_to_it(record: Record, lines: Any, make_entry: MakeEntry) -> None:
    """The sum of the same supervisor's restarts stands before it, and says nothing of restarts to come."""
    for _ in range(5):
        record.add(of(make_entry, "a"))
        record.add(of(make_entry, "b", supervisor="/runs"))
    record.add(of(make_entry, "a", kind="park", decision="park", delay=None))
    *_, summed, parked = lines.texts
    record.flush()

    assert summed.startswith("ERROR 4 more exception.value_error (restart) in 0 s, at /sessions/a/t; the last [")
    assert ("CRITICAL", False) == (parked.split()[0], "restart" in parked)
    assert "at /sessions/b/t;" in lines.texts[-1]


def test_a_line_says_where_it_happened_and_to_whom(record: Record, lines: Any, make_entry: MakeEntry) -> None:
    """File, line and function of the user's own code, and the session of a run."""
    error = crash("x")
    record.add(make_entry(error, path="/runs/r1", failure={"path": "/runs/r1"}))
    number = error.__traceback__.tb_lineno  # type: ignore[union-attr]

    assert f" at /runs/r1 (ada/t1) in tests/record/test_log.py:{number} crash: restart" in lines.texts[0].replace(
        "\\", "/"
    )


def test_a_decision_without_a_failure_says_its_rule(record: Record, lines: Any) -> None:
    """And does not say twice what its kind says."""
    record.add(Entry(kind="abandoned", path="/x", decision="abandon", rule="shutdown", id="1"))

    assert ["WARNING abandoned at /x by shutdown [1]"] == lines.texts


def test_a_dead_letter_is_told_after_its_cause(record: Record, lines: Any, make_entry: MakeEntry) -> None:
    """By the failure's id: the actor leaves the letter before its supervisor has written the failure down."""
    entry = of(make_entry, "a")
    failure_id = entry.failure.id if entry.failure else ""
    record.dead_letter(entry.path, "hello", "crash", failure_id)
    record.add(entry)

    assert [f"WARNING dead letter at /sessions/a/t: str, crash (failure …{failure_id[-8:]})"] == lines.texts[1:]
    assert None is record.flush_due()


def test_a_dead_letter_whose_cause_never_comes_is_told(record: Record, lines: Any, clock: ManualClock) -> None:
    """After a second, and it has not waited for anything else."""
    record.dead_letter("/x", "hello", "crash", "0" * 24 + "12345678")
    waits = record.flush_due()
    clock.advance(1.0)
    record.flush_due()

    assert (1.0, ["WARNING dead letter at /x: str, crash (failure …12345678)"]) == (waits, lines.texts)


def test_crowds_do_not_fill_the_memory(record: Record, lines: Any, make_entry: MakeEntry) -> None:
    """Of a thousand actors that fail alike a hundred are known by their path, and all are counted."""
    for number in range(1_000):
        record.add(of(make_entry, f"u{number}"))
        record.dead_letter("/x", "hello", "crash", f"{number:032x}")
        record.dead_letter("/x", "hello", "crash", f"{number + 1_000:032x}")
    record.flush()

    (summed,) = [text for text in lines.texts if " more exception" in text]
    assert summed.startswith("ERROR 980 more ")
    assert " and 99 or more others;" in summed
    (letters,) = [text for text in lines.texts if " more dead_letter" in text]
    assert letters.startswith("WARNING 1999 more dead_letter (str, crash) in 0 s, at /x;")


def test_other_failures_are_no_part_of_a_storm(record: Record, lines: Any, make_entry: MakeEntry) -> None:
    """Another type, another place or another decision has a line of its own."""

    def here() -> None:
        raise ValueError("x")

    def there() -> None:
        raise ValueError("x")

    for handler in (here, there):
        try:
            handler()
        except ValueError as error:
            record.add(make_entry(error))
            record.add(make_entry(error, decision="stop"))
    record.add(make_entry(KeyError("x")))

    assert 5 == len(lines.texts)


def test_a_storm_that_ended_is_forgotten(record: Record, lines: Any, clock: ManualClock, make_entry: MakeEntry) -> None:
    """After a quiet time the next one is a first one again."""
    first, second, third = numbered(make_entry, 3)
    record.add(first)
    clock.advance(10.0)
    record.add(second)
    clock.advance(20.0)
    record.add(third)

    assert [True, True, True] == [text.endswith("]") for text in lines.texts]


def test_many_kinds_of_failure_do_not_fill_the_memory(record: Record, lines: Any, make_entry: MakeEntry) -> None:
    """The log's own memory is bounded too, and loses no count."""
    for number in range(1_500):
        error = type(f"Error{number}", (Exception,), {})("x")
        record.add(make_entry(error))
        record.add(make_entry(error))
    record.flush()

    assert 3_000 == len(lines.texts)
