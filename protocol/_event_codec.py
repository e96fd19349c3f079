"""Events to and from JSON. An event is serialised once, when it is emitted; frames are made around these bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import attrs
import msgspec

from ._event_check import first_fault
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

__all__ = ["decode_event", "emptied", "encode_event", "largest_field"]

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
_PATH = 200
"""Characters of a field's path, at most: keys come from users."""

_FREE = frozenset({"result", "data"})
"""Fields of any JSON value; ``arguments`` is a mapping, ``failure_id`` text or None, every other field text."""


def encode_event(event: Event, ts: int) -> bytes:
    """Return *event* as the JSON object ``{"type", "run", "ts", "data"}``, without a seq.

    Args:
        event: One of the event classes of this package.
        ts: Time of the emit in milliseconds since 1970; for people to read, it decides nothing.

    Raises:
        EventNotSerialisable: If a field holds what would not arrive as it was sent; it names the field.
    """
    kind = type(event)
    if kind is Text:
        text = cast(Text, event)
        data: dict[str, Any] = {"delta": text.delta, "msg": text.msg}
        if text.delta.__class__ is not str or text.msg.__class__ is not str:
            _refuse(event, data)
    elif kind in _FIELDS:
        data = {name: getattr(event, name) for name in _FIELDS[kind]}
        _refuse(event, data)
    else:
        raise EventNotSerialisable(
            event_type=kind.__name__,
            field="(the event)",
            reason=f"an object of type {kind.__name__}, which is no event",
            instead="give an Event such as stentor.Text",
        )
    try:
        return _encode({"type": kind.type, "run": event.run_id, "ts": ts, "data": data})
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        _refuse(event, {"run_id": event.run_id, **data})
        raise EventNotSerialisable(event_type=kind.type, field="(the event)", reason=str(error)) from error


def decode_event(type_: str, run_id: str | None, data: Any) -> Event:
    """Return the event of a frame; of a type or shape that this version does not know, an ``UnknownEvent``."""
    cls = _CLASSES.get(type_)
    if cls is None or not isinstance(data, dict):
        return UnknownEvent(run_id, type_, data)
    fields = _FIELDS[cls]
    # A newer peer may send more fields than we know; they are ignored, as unknown fields are everywhere.
    return cls(run_id, **{name: data[name] for name in fields if name in data})


def emptied(body: bytes) -> bytes:
    """Return the serialised event *body* without its data: what stands in its place where it may not be used again."""
    return _encode({**msgspec.json.decode(body), "data": {}})


def largest_field(event: Event) -> tuple[str, int]:
    """Return the path of the largest field of *event* and its size in bytes, serialised.

    Where one part of a field makes up most of it, that part is named: ``data.image``, ``result.pages.3``.
    """
    sizes = {name: len(_encode(getattr(event, name))) for name in ("run_id", *_FIELDS[type(event)])}
    name = max(sizes, key=sizes.__getitem__)
    path, size = name, sizes[name]
    value: Any = getattr(event, name)
    while parts := _parts(value):
        key = max(parts, key=parts.__getitem__)
        if 2 * parts[key] <= size:
            break
        value = value[key]
        path, size = f"{path}.{key}"[:_PATH], parts[key]
    return path, size


def _parts(value: Any) -> dict[Any, int]:
    """Return the size of each part of *value*, by its key or index; nothing if it has no parts."""
    if isinstance(value, Mapping):
        return {key: len(_encode(part)) for key, part in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, (list, tuple)):
        return {at: len(_encode(part)) for at, part in enumerate(cast("Sequence[Any]", value))}
    return {}


def _refuse(event: Event, data: dict[str, Any]) -> None:
    for name, value in data.items():
        fault = _wrong_type(name, value) or first_fault(value, name)
        if fault is not None:
            raise EventNotSerialisable(event_type=event.type, field=fault[0], reason=fault[1])


def _wrong_type(name: str, value: Any) -> tuple[str, str] | None:
    if name in _FREE:
        return None
    if name == "arguments":
        return None if isinstance(value, dict) else (name, f"an object of type {type(value).__name__}, not a dict")
    if value is None and name in ("failure_id", "run_id"):
        return None
    return None if type(value) is str else (name, f"an object of type {type(value).__name__}, not text")
