"""Events to and from JSON. An event is serialised once, when it is emitted; frames are made around these bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import attrs
import msgspec

from ._events import (
    AgentCancelled,
    AgentCompleted,
    AgentFailed,
    AgentStarted,
    AgentThinking,
    Custom,
    Event,
    Text,
    ToolCompleted,
    ToolExecuting,
    ToolFailed,
    UnknownEvent,
)
from .errors import EventNotSerialisable

__all__ = ["decode_event", "encode_event", "largest_field"]

_encode = msgspec.json.Encoder().encode

_CLASSES: dict[str, type[Event]] = {
    cls.type: cls
    for cls in (
        AgentStarted,
        AgentThinking,
        Text,
        ToolExecuting,
        ToolCompleted,
        ToolFailed,
        AgentCompleted,
        AgentFailed,
        AgentCancelled,
        Custom,
    )
}
_FIELDS: dict[type[Event], tuple[str, ...]] = {
    cls: tuple(field.name for field in attrs.fields(cls) if field.name != "run_id") for cls in _CLASSES.values()
}
# Their fields are annotated as text; only values of free form can hide a NaN, which JSON does not know.
_TEXT_ONLY = (Text, AgentThinking, AgentStarted, AgentCancelled)


def encode_event(event: Event, ts: int) -> bytes:
    """Return *event* as the JSON object ``{"type", "run", "ts", "data"}``, without a seq.

    Args:
        event: One of the event classes of this package.
        ts: Time of the emit in milliseconds since 1970; for people to read, it decides nothing.

    Raises:
        EventNotSerialisable: If a field holds what JSON can not carry; it names the field.
    """
    kind = type(event)
    try:
        if kind is Text:
            data: dict[str, Any] = {"delta": event.delta, "msg": event.msg}  # type: ignore[attr-defined]
        else:
            data = {name: getattr(event, name) for name in _FIELDS[kind]}
            if kind not in _TEXT_ONLY:
                _refuse_nan(event, data)
        return _encode({"type": kind.type, "run": event.run_id, "ts": ts, "data": data})
    except KeyError:
        raise EventNotSerialisable(
            event_type=kind.__name__, field="(the event)", reason=f"a {kind.__name__}, which is no event"
        ) from None
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise _name_the_field(event, error) from error


def decode_event(type_: str, run_id: str | None, data: Any) -> Event:
    """Return the event of a frame; of a type or shape that this version does not know, an ``UnknownEvent``."""
    cls = _CLASSES.get(type_)
    if cls is None or not isinstance(data, dict):
        return UnknownEvent(run_id, type_, data)
    fields = _FIELDS[cls]
    # A newer peer may send more fields than we know; they are ignored, as unknown fields are everywhere.
    return cls(run_id, **{name: data[name] for name in fields if name in data})


def largest_field(event: Event) -> tuple[str, int]:
    """Return the name of the largest field of *event* and its size in bytes, serialised."""
    return max(((name, len(_encode(value))) for name, value in _fields(event)), key=lambda item: item[1])


def _fields(event: Event) -> Iterator[tuple[str, Any]]:
    yield "run_id", event.run_id
    for name in _FIELDS[type(event)]:
        yield name, getattr(event, name)


def _refuse_nan(event: Event, data: Mapping[str, Any]) -> None:
    for name, value in data.items():
        where = _find_nan(value, name, 0)
        if where is not None:
            raise EventNotSerialisable(
                event_type=event.type,
                field=where,
                reason="a number that is not finite, which JSON does not know",
            )


def _find_nan(value: Any, where: str, depth: int) -> str | None:
    if isinstance(value, float):
        return where if value - value != 0.0 else None
    if depth > 200 or isinstance(value, (str, bytes, int)):
        return None
    for key, item in _items(value):
        found = _find_nan(item, f"{where}.{key}", depth + 1)
        if found is not None:
            return found
    return None


def _name_the_field(event: Event, error: Exception) -> EventNotSerialisable:
    for name, value in _fields(event):
        found = _find_unserialisable(value, name, 0)
        if found is not None:
            return EventNotSerialisable(event_type=event.type, field=found[0], reason=found[1])
    return EventNotSerialisable(event_type=event.type, field="(the event)", reason=str(error))


def _find_unserialisable(value: Any, where: str, depth: int) -> tuple[str, str] | None:
    try:
        _encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        if depth < 50:
            for key, item in _items(value):
                found = _find_unserialisable(item, f"{where}.{key}", depth + 1)
                if found is not None:
                    return found
        return where, f"a {type(value).__name__} ({error})"
    return None


def _items(value: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        return cast(Mapping[Any, Any], value).items()
    if isinstance(value, (list, tuple, set, frozenset)):
        return enumerate(cast(Iterable[Any], value))
    return ()
