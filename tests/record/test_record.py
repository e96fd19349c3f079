"""The record: what it keeps, counts and finds, and what it writes to the log."""

from __future__ import annotations

import io
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from stentor.actors import Failure
from stentor.protocol.errors import Refused, StoreUnavailable
from stentor.supervisor.ledger._record import Entry, Record

MakeEntry = Callable[..., Entry]
MakeFailure = Callable[..., Failure]


def numbered(make_entry: MakeEntry, count: int, **different: Any) -> Iterator[Entry]:
    """Yield entries whose messages are numbers."""
    return (make_entry(ValueError(str(number)), **different) for number in range(count))


def test_the_ring_keeps_the_last_entries(record: Record, make_entry: MakeEntry) -> None:
    """The oldest leave; the total tells of them."""
    for entry in numbered(make_entry, 8):
        record.add(entry)

    assert ["3", "4", "5", "6", "7"] == [failure["exception"]["message"] for failure in record.failures()]
    assert (5, 8) == (len(record), record.total)


def test_a_reader_is_told_what_it_missed(record: Record, make_entry: MakeEntry) -> None:
    """A tail that is too slow loses entries, and knows how many."""
    for entry in numbered(make_entry, 3):
        record.add(entry)
    first, none = record.since(1)
    for entry in numbered(make_entry, 7):
        record.add(entry)
    second, missed = record.since(3)

    assert (2, 0) == (len(first), none)
    assert (5, 2) == (len(second), missed)
    assert ([], 0) == record.since(record.total)


def test_failures_are_filtered_before_they_are_limited(record: Record, make_entry: MakeEntry) -> None:
    """The last of ada's, not ada's of the last."""
    for user in ("ada", "ada", "bob", "ada", "bob"):
        context = {"user_id": user, "session_id": f"{user}/t1"}
        record.add(make_entry(StoreUnavailable(), failure={"context": context, "path": f"/sessions/{user}/t1"}))
    found = record.failures(user_id="ada", last=2)

    assert (2, 3, True) == (len(found), found.total, found.truncated)
    assert 2 == len(record.failures(session_id="bob/t1"))
    assert 5 == len(record.failures(kind="session", code="store_unavailable"))
    assert [0, 0, 0] == [
        len(record.failures(kind="run")),
        len(record.failures(code="fenced")),
        len(record.failures(last=0)),
    ]


def test_an_exception_s_own_user_counts(record: Record, make_entry: MakeEntry) -> None:
    """Where the actor knows no user, the exception may."""
    record.add(make_entry(StoreUnavailable(user_id="ada"), failure={"context": {}}))

    assert 1 == len(record.failures(user_id="ada"))


def test_a_failure_with_two_entries_is_one_failure(record: Record, make_entry: MakeEntry) -> None:
    """The last entry about it tells what came of it."""
    entry = make_entry(ValueError("x"))
    record.add(entry)
    record.add(Entry(kind="park", failure=entry.failure, path=entry.path, decision="park"))

    assert ["park"] == [failure["supervision"]["decision"] for failure in record.failures()]


def test_an_entry_is_found_by_the_end_of_its_id(record: Record, make_entry: MakeEntry) -> None:
    """The table shows the last eight digits."""
    entries = list(numbered(make_entry, 3))
    for entry in entries:
        record.add(entry)

    assert entries[1] is record.find(entries[1].id)
    assert entries[1] is record.find(entries[1].id[-8:])
    assert None is record.find("f" * 32)


def test_an_outcome_is_shown_on_later_readings(record: Record, make_entry: MakeEntry) -> None:
    """What came of a restart is known only afterwards."""
    entry = make_entry(ValueError("x"))
    record.add(entry)
    record.outcome(entry.id, "running")

    assert "running" == record.failures()[0]["supervision"]["outcome"]
    assert entry.id == record.entries()[0].id


def test_counts_outlive_the_ring(record: Record, make_entry: MakeEntry) -> None:
    """Rates are taken from counts, not from what happens to be kept."""
    for entry in numbered(make_entry, 8):
        record.add(entry)
    record.dead_letter("/x", object(), "parked")
    record.note("fenced", path="/x", what="reply")
    counts = record.counts()

    assert 10 == counts.total
    assert {"failure": 8, "dead_letter": 1, "note": 1} == counts.kinds
    assert {("exception.value_error", "restart"): 8} == counts.codes


def test_the_recorder_s_calls_become_entries(record: Record, make_failure: MakeFailure) -> None:
    """Actors without a supervisor record too."""
    failure = make_failure(ValueError("x"), path="/alone")
    record.failure(failure)
    record.dead_letter("/alone", {"secret": "letter"}, "crashed", failure.id)
    record.refused("/alone", "hello", Refused("not now"))
    record.note("abandoned", path="/alone", why="shutdown_timeout")
    first, letter, refusal, left = record.entries()

    assert ["failure", "dead_letter", "refused", "abandoned"] == [e.kind for e in record.entries()]
    assert {"/alone"} == {entry.path for entry in record.entries()}
    assert (failure.id, failure.id) == (first.id, letter.parent_id)
    assert {"message_type": "dict", "reason": "crashed"} == letter.facts
    assert "refused" == (refusal.facts or {})["reason"]
    assert {"why": "shutdown_timeout"} == left.facts


def test_ids_are_unique(record: Record) -> None:
    """An id names one entry."""
    for _ in range(5):
        record.note("x")

    assert 5 == len({entry.id for entry in record.entries()})
    assert {32} == {len(entry.id) for entry in record.entries()}


def test_a_refusal_does_not_keep_its_frames_alive(record: Record) -> None:
    """Its traceback holds every local variable of the handler."""
    with pytest.raises(Refused) as caught:
        raise Refused("not now")
    record.refused("/x", "hello", caught.value)

    assert None is caught.value.__traceback__


def test_the_export_is_one_json_line_an_entry(record: Record, make_entry: MakeEntry, validator: Any) -> None:
    """To a text, or into a file."""
    record.add(make_entry(ValueError("x\ny")))
    record.dead_letter("/x", object(), "parked")
    record.refused("/x", object(), Refused("token=abcdef"))
    told = [json.loads(line) for line in record.export().splitlines()]
    file = io.StringIO()
    record.export(file)
    validator.validate(told[0])

    assert ["stentor.failure/1", "stentor.entry/1", "stentor.entry/1"] == [item["schema"] for item in told]
    assert "refused: token=[redacted]" == told[2]["facts"]["exception"]
    assert told == [json.loads(line) for line in file.getvalue().splitlines()]
    assert told[:1] == [json.loads(line) for line in record.failures().export().splitlines()]


def test_failures_print_as_a_table(record: Record, make_entry: MakeEntry) -> None:
    """A plain REPL shows what happened, to whom, and what was decided."""
    record.add(make_entry(StoreUnavailable("the disk is full")))
    record.add(make_entry(ValueError("x"), decision="park"))
    head, first, second, total = repr(record.failures()).splitlines()

    assert ["time", "(UTC)", "id", "code", "actor", "session", "where", "decision", "message"] == head.split()
    assert first.startswith("2026-06-11 15:00:00  ")
    assert first.endswith("  store_unavailable      /sessions/ada/t1  ada/t1   –      restart   the disk is full")
    assert second.endswith("  exception.value_error  /sessions/ada/t1  ada/t1   –      park      x")
    assert "2 failures" == total
    assert repr(record.failures(last=1)).endswith("\nthe last 1 of 2 failures")


def test_no_failures_print_as_none(record: Record) -> None:
    """Nothing is an answer too."""
    assert repr(record.failures()).endswith("\n0 failures")


def test_nothing_that_a_terminal_obeys_is_printed(record: Record, lines: Any, make_entry: MakeEntry) -> None:
    """Paths and messages come from users."""
    record.add(make_entry(ValueError("a\x1b[2Jb\nc\u202e"), path="/x\x1b]0;\x07", failure={"path": "/x\x1b]0;\x07"}))
    printed = [repr(record.failures()), *lines.texts]

    assert all("\\x1b[2Jb\\nc\\u202e" in text for text in printed)
    assert all(text.replace("\n", "").isprintable() for text in printed)


def test_entries_from_many_threads_are_all_counted(make_entry: MakeEntry) -> None:
    """Emits, threads and loops record at the same time."""
    record = Record(logger=logging.Logger("stentor.test"))
    entry = make_entry(ValueError("x"))

    def work() -> None:
        for _ in range(2_000):
            record.add(entry)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (8_000, 8_000, 1_000) == (record.total, record.counts().kinds["failure"], len(record))


def test_recording_is_cheap(make_failure: MakeFailure) -> None:
    """300,000 a second on an idle machine of two cores; one that is busy must still be far from formatting texts."""
    record = Record(logger=logging.Logger("stentor.test"))
    failure = make_failure(ValueError("x"))
    best = 0.0
    for _ in range(5):
        began = time.process_time()
        for _ in range(5_000):
            record.add(Entry(kind="failure", failure=failure, path=failure.path, decision="restart", rule="default"))
        best = max(best, 5_000 / (time.process_time() - began))

    assert best > 50_000
