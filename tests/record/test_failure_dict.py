"""The failure dict: every field, every limit, and whatever an exception may do to it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stentor.protocol.errors import StentorError, StoreUnavailable, WebSocketSendFailureError
from stentor.supervisor.ledger._failure_dict import failure_dict
from stentor.supervisor.ledger._record import Entry
from stentor.supervisor.ledger._service import Service

MakeEntry = Callable[..., Entry]


def caught(raise_it: Callable[[], object]) -> BaseException:
    """Return what *raise_it* raises."""
    try:
        raise_it()
    except BaseException as exception:
        return exception
    raise AssertionError("it raised nothing")


def disk_full() -> None:
    """Raise an error of the store for the reason of one of the system."""
    try:
        raise OSError(28, "No space left on device")
    except OSError as cause:
        raise StoreUnavailable("the disk is full", user_id="ada", thread_id="t1", free=0) from cause


class Broken(Exception):
    """An exception whose text can't be had."""

    def __str__(self) -> str:
        raise self.args[0]


def test_a_failure_is_told_in_full(make_entry: MakeEntry, validator: Any) -> None:
    """Who, what, where, and what was decided."""
    told = failure_dict(make_entry(caught(disk_full)))
    validator.validate(told)

    assert ("stentor.failure/1", "store_unavailable", "error", 17) == (
        told["schema"],
        told["code"],
        told["severity"],
        told["severity_number"],
    )
    assert ("2026-06-11T15:00:00.250000Z", 1_781_190_000_250_000_000) == (told["time"], told["time_unix_nano"])
    assert "stentor.protocol.errors.StoreUnavailable" == told["exception"]["type"]
    assert {
        "path": "/sessions/ada/t1",
        "path_template": "/sessions/{session}",
        "kind": "session",
        "incarnation": 3,
        "uptime_s": 1.5,
        "mailbox_depth": 2,
    } == told["actor"]
    assert ("/sessions", "restart", "default", 0.1, 1, 5, 60.0, 1) == tuple(
        told["supervision"][name]
        for name in (
            "supervisor",
            "decision",
            "rule",
            "backoff_s",
            "restarts_in_window",
            "max_restarts",
            "window_s",
            "policy_rev",
        )
    )
    assert ("ada", "ada/t1", "t1", "r9", "handle", "Prompted", {"free": 0}) == tuple(
        told["context"][name]
        for name in ("user_id", "session_id", "thread_id", "run_id", "operation", "message_type", "attributes")
    )


def test_the_id_is_the_failure_s_own(make_entry: MakeEntry) -> None:
    """The id that the asker saw leads to the entry."""
    entry = make_entry(caught(disk_full))

    assert entry.failure is not None
    assert entry.failure.id == failure_dict(entry)["id"] == entry.id


def test_the_chain_names_relation_and_parent(make_entry: MakeEntry) -> None:
    """What was raised comes first; its cause points back to it."""
    chain = failure_dict(make_entry(caught(disk_full)))["exception"]["chain"]

    assert [("raised", None), ("cause", 0)] == [(item["relation"], item["parent"]) for item in chain]
    assert ["disk_full"] == [frame["function"] for frame in chain[1]["frames"]]


def test_the_stack_reads_as_python_prints_it(make_entry: MakeEntry) -> None:
    """The cause first, then what was raised, with source lines."""
    stack = failure_dict(make_entry(caught(disk_full)))["exception"]["stacktrace"]

    assert stack.index("OSError: [Errno 28]") < stack.index("The above exception was the direct cause")
    assert re.search(r'File ".*", line \d+, in disk_full\n    raise StoreUnavailable\("the disk is full"', stack)
    assert stack.endswith("stentor.protocol.errors.StoreUnavailable: the disk is full")


def test_local_variables_are_never_told(make_entry: MakeEntry) -> None:
    """Locals hold what users wrote."""

    def handle() -> None:
        letter = "".join(["very ", "private"])
        raise ValueError(len(letter))

    assert "very private" not in json.dumps(failure_dict(make_entry(caught(handle))))


def test_the_members_of_a_group_are_in_the_chain(make_entry: MakeEntry, validator: Any) -> None:
    """A task group fails with a group; each member tells its own."""
    inner = ExceptionGroup("inner", [KeyError("a")])
    told = failure_dict(make_entry(ExceptionGroup("outer", [ValueError("x"), inner])))
    validator.validate(told)

    assert [
        ("ExceptionGroup", "raised", None),
        ("ValueError", "group", 0),
        ("ExceptionGroup", "group", 0),
        ("KeyError", "group", 2),
    ] == [(item["type"], item["relation"], item["parent"]) for item in told["exception"]["chain"]]


def test_an_exception_stands_in_the_chain_once(make_entry: MakeEntry) -> None:
    """A cause may be a member of the group as well."""
    member = ValueError("x")
    group = ExceptionGroup("both", [member, member])
    group.__cause__ = member

    assert ["raised", "cause"] == [item["relation"] for item in failure_dict(make_entry(group))["exception"]["chain"]]


def test_the_chain_ends_at_ten(make_entry: MakeEntry, validator: Any) -> None:
    """More is cut, and said to be."""
    told = failure_dict(make_entry(ExceptionGroup("many", [ValueError(n) for n in range(30)])))
    validator.validate(told)

    assert 10 == len(told["exception"]["chain"])
    assert "exception.chain" in told["truncated"]


def test_a_circle_of_causes_ends(make_entry: MakeEntry, validator: Any) -> None:
    """Two exceptions may be each other's cause."""
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    told = failure_dict(make_entry(first))
    validator.validate(told)

    assert ["first", "second"] == [item["message"] for item in told["exception"]["chain"]]


def test_a_long_message_is_cut(make_entry: MakeEntry, validator: Any) -> None:
    """2,048 characters, and 512 in the chain."""
    told = failure_dict(make_entry(ValueError("x" * 5_000)))
    validator.validate(told)

    assert (2048, 512) == (len(told["exception"]["message"]), len(told["exception"]["chain"][0]["message"]))
    assert "exception.message" in told["truncated"]


def test_a_deep_recursion_keeps_head_and_tail(make_entry: MakeEntry, validator: Any) -> None:
    """Where it began and where it ended both tell something."""

    def begin() -> None:
        dive(400)

    def dive(depth: int) -> None:
        if depth == 0:
            raise ValueError("the bottom")
        dive(depth - 1)

    told = failure_dict(make_entry(caught(begin)))
    validator.validate(told)
    stack = told["exception"]["stacktrace"]

    assert len(stack) <= 16_384
    assert "in begin" in stack
    assert stack.endswith("ValueError: the bottom")
    assert {"exception.stacktrace", "exception.chain.frames"} <= set(told["truncated"])
    assert 50 == len(told["exception"]["chain"][0]["frames"])


def test_a_megabyte_of_message_costs_little(make_entry: MakeEntry) -> None:
    """It is cut before it is searched for secrets."""
    entry = make_entry(ValueError("token=" + "secret " * 150_000))
    began = time.process_time()
    failure_dict(entry)

    assert time.process_time() - began < 0.1


@pytest.mark.parametrize("broken", [ValueError("no"), SystemExit(3), RecursionError(), GeneratorExit()])
def test_an_exception_without_a_text_is_told_all_the_same(
    make_entry: MakeEntry, validator: Any, broken: BaseException
) -> None:
    """A ``__str__`` may raise anything."""
    told = failure_dict(make_entry(Broken(broken)))
    validator.validate(told)

    assert f"<Broken: __str__ raised {type(broken).__name__}>" == told["exception"]["message"]


def test_a_control_c_while_a_text_is_made_is_not_eaten(make_entry: MakeEntry) -> None:
    """The user who presses it means the program, not the failure."""
    with pytest.raises(KeyboardInterrupt):
        failure_dict(make_entry(Broken(KeyboardInterrupt())))


def test_secrets_are_blotted_out_everywhere(make_entry: MakeEntry, validator: Any) -> None:
    """In the message, the stack, the chain and the attributes."""
    error = StentorError("login with password=hunter2 failed", api_key="abc123", url="https://ada:hunter2@db/x")
    told = failure_dict(make_entry(error, failure={"context": {"auth_token": "abc123"}}))
    validator.validate(told)

    assert "hunter2" not in json.dumps(told)
    assert "abc123" not in json.dumps(told)
    assert told["redactions"] >= 5


@pytest.mark.parametrize("users", ["hash", "drop"])
def test_a_user_s_id_is_veiled_wherever_it_stands(make_entry: MakeEntry, validator: Any, users: Any) -> None:
    """Path, context and texts name the user; "nevada" does not."""
    error = WebSocketSendFailureError(event_type="text", reason="ada in nevada", user_id="ada", thread_id="t1")
    told = failure_dict(make_entry(error), users=users)
    validator.validate(told)

    assert not re.search(r"\bada\b", json.dumps(told))
    assert "in nevada" in told["exception"]["message"]
    assert ("user-" in str(told["context"]["user_id"])) == (users == "hash")
    assert (told["context"]["user_id"] is None) == (users == "drop")


def test_a_hash_is_the_same_for_the_same_user(make_entry: MakeEntry) -> None:
    """Failures of one user can still be counted."""
    told = [failure_dict(make_entry(ValueError(text)), users="hash")["context"]["user_id"] for text in ("a", "b")]

    assert told[0] == told[1]


def test_at_most_32_attributes_are_told(make_entry: MakeEntry, validator: Any) -> None:
    """An exception may carry any number of details."""
    told = failure_dict(make_entry(StentorError("many", **cast(Any, {f"detail_{n}": n for n in range(50)}))))
    validator.validate(told)

    assert 32 == len(told["context"]["attributes"])
    assert "context.attributes" in told["truncated"]


@pytest.mark.parametrize(
    ("fields", "severity"),
    [
        ({"decision": "restart", "charged": True}, "error"),
        ({"decision": "restart", "charged": False}, "info"),
        ({"decision": "stop", "charged": False}, "error"),
        ({"decision": None}, "error"),
        ({"decision": "park"}, "fatal"),
        ({"kind": "give_up", "decision": "give_up"}, "fatal"),
    ],
)
def test_severity_follows_the_decision(make_entry: MakeEntry, fields: dict[str, Any], severity: str) -> None:
    """A lost connection is no error; a park is fatal."""
    assert severity == failure_dict(make_entry(ValueError("x"), **fields))["severity"]


def test_a_foreign_exception_has_a_code_too(make_entry: MakeEntry) -> None:
    """Its class's name, as a code."""
    assert "exception.zero_division_error" == failure_dict(make_entry(ZeroDivisionError()))["code"]


def test_a_class_s_own_code_counts(make_entry: MakeEntry) -> None:
    """A host's exceptions may bring codes; one that is no code is passed over."""
    own = type("QuotaSpent", (Exception,), {"code": "quota_spent"})
    odd = type("QuotaSpent", (Exception,), {"code": "Quota spent!"})

    assert ["quota_spent", "exception.quota_spent"] == [failure_dict(make_entry(c()))["code"] for c in (own, odd)]


def test_a_service_can_be_named(make_entry: MakeEntry) -> None:
    """Two services may write to one place."""
    told = failure_dict(make_entry(ValueError("x")), service=Service("agents", "2.1", "pod-7"))["runtime"]

    assert ("agents", "2.1", "pod-7") == (told["service"], told["version"], told["instance"])


def test_an_entry_without_a_failure_has_no_failure_dict() -> None:
    """The error names what shows it instead."""
    with pytest.raises(ValueError, match="of kind 'note' holds no failure"):
        failure_dict(Entry(kind="note"))


TEXTS = st.text(st.characters(), max_size=3_000)
NUMBERS = st.floats() | st.integers()
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS | st.binary() | st.builds(object),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.text(st.characters(), min_size=1, max_size=80)


DETAILS = st.dictionaries(NAMES.filter(lambda name: _detail(name)), VALUES, max_size=40)


@st.composite
def exceptions(draw: st.DrawFn, depth: int = 2) -> BaseException:
    """Draw exceptions of any text, with details, broken texts, odd classes, causes and members."""
    code = draw(VALUES)
    classes: list[Callable[[], BaseException]] = [
        lambda: ValueError(draw(TEXTS)),
        lambda: StentorError(
            draw(TEXTS), **cast(Any, draw(st.dictionaries(NAMES.filter(_detail), VALUES, max_size=40)))
        ),
        lambda: Broken(draw(st.sampled_from([ValueError("x"), SystemExit(), RecursionError()]))),
        lambda: cast(BaseException, type(draw(NAMES.filter(_name)), (Exception,), {"code": code})(draw(TEXTS))),
    ]
    if depth:
        members = st.lists(exceptions(depth=depth - 1), min_size=1, max_size=4)
        classes.append(lambda: BaseExceptionGroup(draw(TEXTS), draw(members)))
    exception = draw(st.sampled_from(classes))()
    if depth and draw(st.booleans()):
        exception.__cause__ = draw(exceptions(depth=depth - 1))
    return exception


def _name(text: str) -> bool:
    return "\0" not in text and not any(0xD800 <= ord(char) < 0xE000 for char in text)


def _detail(text: str) -> bool:
    return text not in ("message", "user_id", "thread_id", "self")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_failure_validates(make_entry: MakeEntry, validator: Any, data: st.DataObject) -> None:
    """Whatever was raised by whomever, its dict keeps to the schema and is JSON."""
    frames = st.lists(st.tuples(TEXTS, st.integers(0, 10**6), TEXTS), max_size=80).map(tuple)
    failure = {
        "path": data.draw(TEXTS),
        "kind": data.draw(st.text(max_size=90)),
        "frames": data.draw(frames),
        "uptime": data.draw(st.floats()),
        "wall": data.draw(st.floats()),
        "context": data.draw(st.dictionaries(st.sampled_from(["user_id", "session_id", "run_id", "x"]), VALUES)),
    }
    entry = make_entry(
        data.draw(exceptions()),
        failure=failure,
        decision=data.draw(st.none() | TEXTS),
        delay=data.draw(st.none() | st.floats()),
        wall=data.draw(st.floats()),
        next_attempt_at=data.draw(st.none() | st.floats()),
    )
    told = failure_dict(entry, users=data.draw(st.sampled_from(["keep", "hash", "drop"])))
    validator.validate(told)

    assert told == json.loads(json.dumps(told, allow_nan=False))
    json.dumps(told, ensure_ascii=False).encode()


def test_the_schema_refuses_what_it_does_not_know(make_entry: MakeEntry, validator: Any) -> None:
    """The schema could not catch anything if it allowed everything."""
    told = failure_dict(make_entry(ValueError("x")))
    changes: list[dict[str, Any]] = [{"more": 1}, {"code": "No"}, {"exception": {}}, {"severity": "bad"}]
    wrong = [{**told, **change} for change in changes]

    assert [False] * 4 == [validator.is_valid(item) for item in wrong]
