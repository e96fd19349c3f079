"""The problem view: all that an end user sees."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from stentor.protocol.errors import ConcurrencyRejected, StoreUnavailable
from stentor.supervisor.ledger._problem import problem
from stentor.supervisor.ledger._record import Entry

MakeEntry = Callable[..., Entry]


def test_a_problem_leads_to_the_failure(make_entry: MakeEntry) -> None:
    """The id is what a user can quote."""
    entry = make_entry(StoreUnavailable("the disk /dev/sda is full"))

    assert {
        "type": "urn:stentor:problem:store_unavailable",
        "title": "The service can not save at the moment",
        "status": 503,
        "instance": f"urn:stentor:failure:{entry.id}",
        "retry_after_s": 0.1,
        "run_id": "r9",
    } == problem(entry)


def test_nothing_internal_is_told(make_entry: MakeEntry) -> None:
    """No message, no class, no path."""
    told = json.dumps(problem(make_entry(ValueError("hunter2"), failure={"context": {}})))

    assert not any(word in told for word in ("hunter2", "value", "Value", "/sessions", "run_id"))


def test_a_refusal_has_the_status_of_its_kind(make_entry: MakeEntry) -> None:
    """A second prompt during a run is a conflict."""
    assert 409 == problem(make_entry(ConcurrencyRejected(), decision=None))["status"]


def test_an_entry_without_a_failure_is_no_problem() -> None:
    """It names the entry's kind."""
    with pytest.raises(ValueError, match="of kind 'policy' holds no failure"):
        problem(Entry(kind="policy"))
