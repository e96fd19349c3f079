"""Events: what was sent is what arrives, or the emit raises and names the field."""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stentor.protocol import Custom, Event, Text, ToolExecuting, UnknownEvent, decode_event, encode_event
from stentor.protocol.errors import EventNotSerialisable

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def there_and_back(event: Event) -> Event:
    frame = msgspec.json.decode(encode_event(event, 0))
    return decode_event(frame["type"], frame["run"], frame["data"])


@given(JSON)
def test_every_json_value_arrives_as_it_was_sent(value: Any) -> None:
    """Nested as it may be."""
    event = Custom("r1", "mine", value)

    assert event == there_and_back(event)


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (Text("r1", b"x"), "delta"),  # type: ignore[arg-type]
        (Text("r1", None), "delta"),  # type: ignore[arg-type]
        (Text("r1", "\ud800"), "delta"),
        (Custom("r1", 5, None), "name"),  # type: ignore[arg-type]
        (ToolExecuting("r1", "t", "c", [1]), "arguments"),  # type: ignore[arg-type]
        (Custom("r1", "mine", {"a": [1, object()]}), "data.a.1"),
        (Custom("r1", "mine", {"a": float("nan")}), "data.a"),
        (Custom("r1", "mine", {1: 2}), "data"),
        (Custom("r1", "mine", {"tags": {1, 2}}), "data.tags"),
        (Custom("r1", "mine", datetime.date(2026, 1, 1)), "data"),
        (Custom("r1", "mine", b"x"), "data"),
        (Custom("r1", "mine", 2**60 + 1), "data"),
    ],
)
def test_a_value_that_would_arrive_changed_is_refused_and_named(event: Event, field: str) -> None:
    """No conversion behind the host's back."""
    with pytest.raises(EventNotSerialisable) as refused:
        encode_event(event, 0)

    assert field == refused.value.field


def test_a_value_that_contains_itself_is_refused_without_end() -> None:
    """It is cut off at a depth."""
    endless: list[Any] = []
    endless.append(endless)

    with pytest.raises(EventNotSerialisable, match="levels deep"):
        encode_event(Custom("r1", "mine", endless), 0)


def test_an_event_of_an_unknown_type_is_kept_as_it_came() -> None:
    """A newer host may send what this client does not know."""
    assert UnknownEvent("r1", "later", {"a": 1}) == decode_event("later", "r1", {"a": 1})


def test_what_is_no_event_is_refused_with_what_would_be_one() -> None:
    """A text alone is the likeliest slip."""
    with pytest.raises(EventNotSerialisable, match=r"which is no event; give an Event such as stentor\.Text$"):
        encode_event("hello", 0)  # type: ignore[arg-type]
