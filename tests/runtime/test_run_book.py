"""Which prompt runs, which waits, which is rejected."""

from __future__ import annotations

import pytest
from stentor.protocol.errors import ConcurrencyRejected
from stentor.supervisor.runs._book import RunBook, Running
from stentor.supervisor.runs._message import Message


def prompt(run_id: str) -> Message:
    return Message(type="prompt", data=None, user_id="ada", thread_id="t1", run_id=run_id)


def test_a_second_prompt_waits_for_the_first_and_then_has_its_turn() -> None:
    """Concurrency "queue"."""
    book = RunBook("queue")
    first = book.offer("s", prompt("r1"))
    waits = book.offer("s", prompt("r2"))

    assert (True, None) == (isinstance(first, Running), waits)
    following = book.ended("s", "r1")

    assert following is not None
    assert (prompt("r2"), (1, 0)) == (following.message, book.count())


def test_sessions_do_not_wait_for_each_other() -> None:
    """Each session has its own turn."""
    book = RunBook("queue")
    book.offer("a", prompt("r1"))

    assert book.offer("b", prompt("r2")) is not None


def test_a_second_prompt_is_rejected_where_the_host_takes_one_at_a_time() -> None:
    """Concurrency "reject"."""
    book = RunBook("reject")
    book.offer("s", prompt("r1"))

    with pytest.raises(ConcurrencyRejected):
        book.offer("s", prompt("r2"))


def test_parallel_prompts_run_at_once() -> None:
    """Concurrency "parallel"."""
    book = RunBook("parallel")

    assert None not in (book.offer("s", prompt("r1")), book.offer("s", prompt("r2")))
    assert (2, 0) == book.count()


def test_a_cancel_stops_what_runs_and_takes_out_what_waits() -> None:
    """A run that has not begun yet is stopped as soon as it does."""
    book, stopped = RunBook("queue"), list[str]()
    first = book.offer("s", prompt("r1"))
    assert first is not None
    book.offer("s", prompt("r2"))
    first.cancel = stopped.append

    running, waiting = book.cancel("s", None, "stop")

    assert ([first], [prompt("r2")], ["stop"]) == (running, waiting, stopped)
    assert book.ended("s", "r1") is None


def test_a_run_is_crossed_out_once() -> None:
    """A run that is abandoned and then ends takes nobody's turn twice."""
    book = RunBook("queue")
    book.offer("s", prompt("r1"))
    book.offer("s", prompt("r2"))
    book.offer("s", prompt("r3"))

    following = book.ended("s", "r1")

    assert following is not None
    assert prompt("r2") == following.message
    assert book.ended("s", "r1") is None


def test_a_run_beside_the_others_takes_nobodys_turn() -> None:
    """A message of the host's own type waits for nobody, and nobody for it."""
    book = RunBook("reject")
    book.beside(prompt("x1"))

    assert book.offer("s", prompt("r1")) is not None
    assert (None, (1, 0)) == (book.ended("s", "x1"), book.count())


def test_too_many_waiting_prompts_are_rejected() -> None:
    """A user cannot fill the host's memory with prompts."""
    book = RunBook("queue", limit=1)
    book.offer("s", prompt("r1"))
    book.offer("s", prompt("r2"))

    with pytest.raises(ConcurrencyRejected):
        book.offer("s", prompt("r3"))


def test_a_book_in_which_nothing_waits_keeps_nothing() -> None:
    """A session whose queue was emptied by a cancel leaves no trace."""
    book = RunBook("queue")
    for name in ("a", "b"):
        book.offer(name, prompt(f"{name}1"))
        book.offer(name, prompt(f"{name}2"))
        book.cancel(name, None, "stop")
        book.ended(name, f"{name}1")

    assert ([], (0, 0)) == (book.sessions(), book.count())
