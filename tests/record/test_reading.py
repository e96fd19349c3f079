"""Reading the record by hand: as a table, by index, and one failure whole."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from stentor.protocol.errors import NotFound
from stentor.supervisor.ledger._record import Entry, Record

MakeEntry = Callable[..., Entry]


def agent(text: str) -> ValueError:
    """Return an error that was raised here, with a cause."""
    try:
        try:
            raise KeyError("model")
        except KeyError as cause:
            raise ValueError(text) from cause
    except ValueError as error:
        return error


def test_the_table_says_where_and_to_whom(record: Record, make_entry: MakeEntry) -> None:
    """The innermost line of the user's own code; its number can be gone to."""
    error = agent("x")
    record.add(make_entry(error))
    line = error.__traceback__.tb_lineno  # type: ignore[union-attr]

    row = repr(record.failures()).splitlines()[1]

    assert f"  ada/t1   tests/record/test_reading.py:{line} agent  restart " in row


def test_a_failure_is_shown_whole(record: Record, make_entry: MakeEntry, capsys: pytest.CaptureFixture[str]) -> None:
    """By the digits that the table shows: what, where, whose, by which rule, and the stack with its cause."""
    entry = make_entry(agent("api_key=abcdef \x1b[2J"))
    record.add(entry)
    record.failures().show(entry.id[-8:])
    told = capsys.readouterr().out

    assert told.startswith(f"failure {entry.id}\n")
    for part in (
        "  code      exception.value_error (error)\n",
        "  actor     /sessions/ada/t1 (session, life 3, 1.5 s old)\n",
        "  in        handle while it handled a Prompted\n",
        "  session   ada/t1\n",
        "  run       r9\n",
        "  decision  restart by rule default of /sessions, 1 of 5 restarts in 60 s\n",
        'raise KeyError("model")\n',
        "The above exception was the direct cause of the following one:\n",
        "ValueError: api_key=[redacted]",
    ):
        assert part in told
    assert told.replace("\n", "").isprintable()


def test_a_failure_that_is_not_there_is_not_found(record: Record, make_entry: MakeEntry) -> None:
    """An empty text is no id, and the newest of several that end alike is meant."""
    record.add(make_entry(ValueError("x")))
    file = io.StringIO()

    for wrong in ("", "nothing"):
        with pytest.raises(NotFound):
            record.failures().show(wrong, file)
    assert "" == file.getvalue()


def test_the_record_prints_as_a_table(record: Record, make_entry: MakeEntry) -> None:
    """Its last entries, whatever they are about."""
    record.add(make_entry(ValueError("\x1b[2J")))
    record.dead_letter("/x", "letter", "parked", "0" * 24 + "12345678")
    record.note("fenced", path="/x", door="reply")
    head, failed, letter, note, total = str(record).splitlines()

    assert ["time", "(UTC)", "failure", "kind", "path", "decision", "text"] == head.split()
    assert failed.endswith("  failure      /sessions/ada/t1  restart by default  ValueError: \\x1b[2J")
    assert ["12345678", "dead_letter", "/x", "–", "str,", "parked"] == letter.split()[2:]
    assert ["–", "note", "/x", "–", "note=fenced,", "door=reply"] == note.split()[2:]
    assert "3 entries" == total


def test_a_long_record_prints_its_end(make_entry: MakeEntry) -> None:
    """And says of how many."""
    record = Record(100)
    for _ in range(40):
        record.note("x")

    assert (32, "the last 30 of 40 entries") == (len(str(record).splitlines()), str(record).splitlines()[-1])


def test_the_record_is_a_sequence(record: Record, make_entry: MakeEntry) -> None:
    """Of what is in memory, oldest first."""
    empty: Any = (len(record), list(record), bool(record))
    entries = [make_entry(ValueError(str(number))) for number in range(3)]
    for entry in entries:
        record.add(entry)

    assert (0, [], True) == empty
    assert (entries, entries[2], entries[:2], 3) == (list(record), record[-1], record[:2], len(record))
    with pytest.raises(IndexError):
        record[3]
