"""What the tests of the record share: failures as a guard would have caught them, and the schema."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from stentor.actors import Failure, ManualClock
from stentor.supervisor.ledger._failure_dict import failure_schema
from stentor.supervisor.ledger._record import Entry, Record

MakeFailure = Callable[..., Failure]


def _frames(exception: BaseException) -> tuple[tuple[str, int, str], ...]:
    found: list[tuple[str, int, str]] = []
    traceback = exception.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        found.append((code.co_filename, traceback.tb_lineno, code.co_name))
        traceback = traceback.tb_next
    return tuple(found)


def _chain(exception: BaseException) -> tuple[tuple[str, BaseException, tuple[tuple[str, int, str], ...]], ...]:
    links: list[tuple[str, BaseException, tuple[tuple[str, int, str], ...]]] = []
    seen = {id(exception)}
    while len(links) < 16:
        how = "cause" if exception.__cause__ is not None else "context"
        following = exception.__cause__ or (None if exception.__suppress_context__ else exception.__context__)
        if following is None or id(following) in seen:
            break
        seen.add(id(following))
        links.append((how, following, _frames(following)))
        exception = following
    return tuple(links)


@pytest.fixture
def make_failure() -> MakeFailure:
    """Return a maker of failures: the exception, then whatever is to differ from the usual."""

    def make(exception: BaseException, **different: Any) -> Failure:
        usual: dict[str, Any] = {
            "exception": exception,
            "frames": _frames(exception),
            "chain": _chain(exception),
            "path": "/sessions/ada/t1",
            "kind": "session",
            "incarnation": 3,
            "uptime": 1.5,
            "mailbox_depth": 2,
            "operation": "handle",
            "message_type": "Prompted",
            "at": 10.0,
            "wall": 1_781_190_000.25,
            "context": {"user_id": "ada", "session_id": "ada/t1", "thread_id": "t1", "run_id": "r9"},
        }
        return Failure(**{**usual, **different})

    return make


@pytest.fixture
def make_entry(make_failure: MakeFailure) -> Callable[..., Entry]:
    """Return a maker of entries about a failure that led to a restart."""

    def make(exception: BaseException, *, failure: dict[str, Any] | None = None, **different: Any) -> Entry:
        caught = make_failure(exception, **(failure or {}))
        usual: dict[str, Any] = {
            "kind": "failure",
            "failure": caught,
            "supervisor": "/sessions",
            "child_id": "ada/t1",
            "path": caught.path,
            "decision": "restart",
            "rule": "default",
            "attempt": 1,
            "delay": 0.1,
            "restarts_in_window": 1,
            "max_restarts": 5,
            "window_s": 60.0,
            "policy_rev": 1,
            "at": caught.at,
            "wall": caught.wall,
        }
        return Entry(**{**usual, **different})

    return make


class Schema:
    """The failure dict's own schema."""

    def __init__(self) -> None:
        schema = failure_schema()
        jsonschema.Draft202012Validator.check_schema(schema)
        self._validator: Any = jsonschema.Draft202012Validator(schema)

    def faults(self, told: object) -> list[str]:
        """Return what in *told* the schema does not allow."""
        return [f"{error.json_path}: {error.message[:300]}" for error in self._validator.iter_errors(told)]

    def validate(self, told: object) -> None:
        """Fail if the schema does not allow *told*."""
        assert [] == self.faults(told)

    def is_valid(self, told: object) -> bool:
        """Whether the schema allows *told*."""
        return not self.faults(told)


@pytest.fixture(scope="session")
def validator() -> Schema:
    """Return the schema."""
    return Schema()


class Lines(logging.Handler):
    """Keeps the records of a logger of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []
        self.logger = logging.Logger("stentor.test")
        self.logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it; its text is not made."""
        self.records.append(record)

    @property
    def texts(self) -> list[str]:
        """The lines, as level and text."""
        return [f"{record.levelname} {record.getMessage()}" for record in self.records]


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that only the test advances."""
    return ManualClock()


@pytest.fixture
def lines() -> Lines:
    """Return what was logged."""
    return Lines()


@pytest.fixture
def record(clock: ManualClock, lines: Lines) -> Record:
    """Return an empty record."""
    return Record(5, clock, logger=lines.logger)
