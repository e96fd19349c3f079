"""Every exception of stentor.protocol.errors: keywords, fields, code, to_dict and pickling."""

from __future__ import annotations

import copy
import inspect
import json
import pickle
import re
from typing import Any

import pykka
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stentor.protocol import errors
from stentor.protocol.errors import StentorError

EVERY: list[type[StentorError]] = [getattr(errors, name) for name in errors.__all__]
USUAL: dict[str, Any] = {
    "accepted": 3,
    "acked": 1,
    "actual": "e2",
    "buffer_size": 1_000,
    "buffered": 1,
    "capacity": 10,
    "child_id": "indexer",
    "close_code": 1006,
    "current": (4, 1),
    "errors": ["max_restarts: -1; 0 or more"],
    "event_type": "text",
    "expected": "e1",
    "failed": 0,
    "failures": ["a" * 32],
    "field": "result.rows[3]",
    "from_agent": "researcher",
    "instead": "use the memory store",
    "message": {"type": "text"},
    "message_size": 2_000,
    "missing": ["user_id"],
    "name": "/sessions/ada/t1",
    "node": "n2",
    "operation": "notify_agent_started",
    "owner": "pid 4711",
    "path": "/sessions/ada/t1",
    "reason": "no answer",
    "seq": 42,
    "supervisor": "/sessions",
    "thread_id": "t1",
    "to_agent": "writer",
    "user_id": "ada",
    "what": "a shared store",
}
# Written down from what hosts rely on: name, its keywords in order, those of them that may be left out.
ORIGIN: list[tuple[str, list[str], set[str]]] = [
    ("WebSocketBridgeUnavailableError", ["operation", "user_id", "thread_id"], set()),
    (
        "WebSocketContextValidationError",
        ["operation", "missing", "user_id", "thread_id"],
        {"user_id", "thread_id"},
    ),
    ("WebSocketSendFailureError", ["event_type", "reason", "user_id", "thread_id"], set()),
    ("WebSocketBufferOverflowError", ["buffer_size", "message_size", "user_id"], set()),
    ("AgentCommunicationFailureError", ["from_agent", "to_agent", "reason", "user_id"], set()),
    ("WebSocketConnectionLostError", ["reason", "close_code", "user_id", "thread_id"], set()),
    ("WebSocketEventDroppedError", ["event_type", "seq", "reason", "user_id", "thread_id"], set()),
    ("WebSocketManagerNotInitializedError", ["operation"], set()),
]
ROOT_ONLY = {"user_id", "thread_id"}


def make(cls: type[StentorError], **details: Any) -> StentorError:
    """Return *cls* made with a usual value for each of its own arguments, and *details* besides."""
    return cls(**{**usual_arguments(cls), **details})


def usual_arguments(cls: type[StentorError]) -> dict[str, Any]:
    """Return a usual value for each argument that *cls* asks for."""
    asked = inspect.signature(cls).parameters.values()
    return {p.name: USUAL[p.name] for p in asked if p.default is p.empty and p.kind is not p.VAR_KEYWORD}


class Hostile:
    """A value whose text can't be had."""

    def __str__(self) -> str:
        raise ValueError("no text")

    __repr__ = __str__


@pytest.mark.parametrize(("name", "keywords", "optional"), ORIGIN, ids=[row[0] for row in ORIGIN])
def test_an_exception_has_exactly_its_keywords(name: str, keywords: list[str], optional: set[str]) -> None:
    """The names and keywords are public API."""
    parameters = inspect.signature(getattr(errors, name)).parameters
    own = {p.name: p for p in parameters.values() if p.kind is p.KEYWORD_ONLY and p.name in keywords}

    assert keywords == list(own)
    assert optional == {p.name for p in own.values() if p.default is not p.empty}
    assert set() == {p.name for p in parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD}


@pytest.mark.parametrize(("name", "keywords", "optional"), ORIGIN, ids=[row[0] for row in ORIGIN])
def test_an_exception_refuses_positional_arguments(name: str, keywords: list[str], optional: set[str]) -> None:
    """Two texts in the wrong order are a wrong report that nobody notices."""
    with pytest.raises(TypeError):
        getattr(errors, name)(*[USUAL[keyword] for keyword in keywords])


@pytest.mark.parametrize(("name", "keywords", "optional"), ORIGIN, ids=[row[0] for row in ORIGIN])
def test_an_exception_takes_a_thread_and_further_details(name: str, keywords: list[str], optional: set[str]) -> None:
    """thread_id and any detail are always allowed."""
    error = make(getattr(errors, name), thread_id="t9", attempt=2, colour="red")

    assert ("t9", 2, "red") == (error.thread_id, error.attempt, error.colour)
    assert {"attempt": 2, "colour": "red"} == {k: error.details[k] for k in ("attempt", "colour")}


@pytest.mark.parametrize(("name", "keywords", "optional"), ORIGIN, ids=[row[0] for row in ORIGIN])
def test_an_exception_carries_each_keyword_as_a_field(name: str, keywords: list[str], optional: set[str]) -> None:
    """What is put in can be read, as an attribute and in to_dict()."""
    given_values = {keyword: USUAL[keyword] for keyword in keywords}
    error = getattr(errors, name)(**given_values)
    told = error.to_dict()

    assert given_values == {keyword: getattr(error, keyword) for keyword in keywords}
    assert given_values == {k: told[k] if k in ROOT_ONLY else told["details"][k] for k in keywords}


def test_every_exception_is_exported_and_of_one_root() -> None:
    """One except clause catches whatever stentor raises, and it is a RuntimeError."""
    parts = [value for name, value in vars(errors).items() if name.startswith("_") and inspect.ismodule(value)]
    classes = [cls for part in parts for _, cls in inspect.getmembers(part, inspect.isclass)]
    defined = {
        cls.__name__ for cls in classes if issubclass(cls, BaseException) and cls.__module__.startswith(errors.__name__)
    }

    assert sorted(defined) == sorted(errors.__all__)
    assert all(issubclass(cls, StentorError) for cls in EVERY)
    assert issubclass(StentorError, RuntimeError)


def test_subclasses_are_caught_where_their_base_is() -> None:
    """A host that catches the eight public names also catches what was made finer later."""
    pairs = {
        errors.WebSocketBufferOverflowError: [errors.EventTooLarge, errors.BufferFull, errors.HostOverloaded],
        errors.WebSocketConnectionLostError: [errors.HeartbeatTimeout, errors.SlowConsumer, errors.WriteStalled],
        errors.WebSocketEventDroppedError: [
            errors.EventRejected,
            errors.EventExpired,
            errors.EventLost,
            errors.EventUnconfirmed,
            errors.EventQuarantined,
        ],
        errors.Refused: [errors.AlreadyStarted, errors.NotFound, errors.BadSpec, errors.BadPolicy, errors.Forbidden],
        errors.ActorDied: [errors.ActorParked],
        pykka.ActorDeadError: [errors.ActorDied, errors.ActorParked],
    }

    assert [] == [(base, cls) for base, subs in pairs.items() for cls in subs if not issubclass(cls, base)]


@pytest.mark.parametrize("cls", EVERY, ids=errors.__all__)
def test_a_code_is_well_formed_and_the_class_s_own(cls: type[StentorError]) -> None:
    """A code is what monitors match on."""
    assert re.fullmatch(r"[a-z][a-z0-9_.-]{0,63}", cls.code)
    assert "code" in vars(cls)


def test_no_two_exceptions_share_a_code() -> None:
    """A code names one kind of failure."""
    codes = [cls.code for cls in EVERY]

    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("cls", EVERY, ids=errors.__all__)
def test_an_exception_says_what_happened_in_a_sentence(cls: type[StentorError]) -> None:
    """The text is for people; it is not a bare word."""
    error = make(cls)

    assert len(str(error)) >= 8
    assert str(error) == error.to_dict()["message"]


@pytest.mark.parametrize("cls", EVERY, ids=errors.__all__)
def test_an_exception_names_user_and_thread(cls: type[StentorError]) -> None:
    """Who was struck is a field of every exception."""
    error = make(cls, user_id="ada", thread_id="t1")

    assert ("ada", "t1", None) == (error.user_id, error.thread_id, error.failure_id)


@pytest.mark.parametrize("cls", EVERY, ids=errors.__all__)
def test_an_exception_survives_pickling(cls: type[StentorError]) -> None:
    """It may cross a process border: type, text and facts arrive."""
    error = make(cls, user_id="ada", thread_id="t1", attempt=2)
    error.failure_id = "f" * 32
    for arrived in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert (cls, str(error), error.to_dict()) == (type(arrived), str(arrived), arrived.to_dict())
        assert 2 == arrived.attempt


@pytest.mark.parametrize("cls", EVERY, ids=errors.__all__)
def test_to_dict_is_json_whatever_was_put_in(cls: type[StentorError]) -> None:
    """A monitor gets its line also from hostile details."""
    loop: dict[str, Any] = {}
    loop["self"] = loop
    error = make(
        cls,
        a=object(),
        b=float("nan"),
        c=Hostile(),
        d={Hostile(): {1, 2}, (1, 2): b"\xff"},
        e=loop,
        f="\ud800 lone",
        g=[float("inf")] * 3,
        h=StentorError("inner"),
        i=type("Text", (str,), {})("text"),
        j=type("Number", (int,), {})(5),
    )
    told = json.loads(json.dumps(error.to_dict(), allow_nan=False))

    assert (cls.code, cls.__name__) == (told["code"], told["type"])
    assert set("abcdefghij") <= set(told["details"])


@pytest.mark.parametrize("cls", EVERY, ids=errors.__all__)
def test_to_dict_holds_out_when_the_usual_arguments_are_hostile(cls: type[StentorError]) -> None:
    """The fields themselves may hold anything as well."""
    arguments = usual_arguments(cls)
    for name in arguments:
        # A constructor writes its arguments into its sentence, so it is the field that is made hostile.
        error = cls(**arguments)
        error.details = {**error.details, name: Hostile()}

        json.dumps(error.to_dict(), allow_nan=False)


def test_to_dict_holds_out_when_the_ids_are_no_texts() -> None:
    """Ids come from a host and may be anything."""
    error = StentorError("it broke", user_id=Hostile(), thread_id=7)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]

    assert 7 == json.loads(json.dumps(error.to_dict()))["thread_id"]


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.binary()
    | st.dates()
    | st.builds(Hostile)
    | st.complex_numbers()
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=5) | st.integers() | st.none(), inner, max_size=4)
        | st.tuples(inner, inner)
    ),
    max_leaves=20,
)


@given(ANYTHING, st.text(st.characters()) | st.none())
def test_to_dict_is_json_for_any_value(value: Any, message: str | None) -> None:
    """Any value, any text, lone surrogates too."""
    error = StentorError(message, value=value)

    assert error.to_dict() == json.loads(json.dumps(error.to_dict(), allow_nan=False)) | {"failure_id": None}
    json.dumps(error.to_dict(), ensure_ascii=False).encode()


def test_an_unknown_attribute_is_an_attribute_error() -> None:
    """Details as attributes must not hide a mistyped name."""
    with pytest.raises(AttributeError, match="'StoreUnavailable' object has no attribute 'reson'"):
        _ = errors.StoreUnavailable(reason="x").reson


def test_a_mailbox_full_hands_the_message_back() -> None:
    """The sender gets the very message that was not taken."""
    message = object()

    assert message is errors.MailboxFull(path="/x", capacity=1, message=message).message
