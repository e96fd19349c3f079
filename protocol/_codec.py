"""Frames to and from bytes. Event bodies are spliced in, never serialised again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from ._closecodes import CloseCode
from ._frames import ClientFrame, Frame, ServerFrame
from .errors import ProtocolError

__all__ = [
    "batch_frame",
    "binary_refused",
    "decode_client",
    "decode_server",
    "encode_frame",
    "event_frame",
    "snapshot_frame",
]

encode_frame: Callable[[Frame], bytes] = msgspec.json.Encoder().encode

_client: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(ClientFrame)
_server: msgspec.json.Decoder[ServerFrame] = msgspec.json.Decoder(ServerFrame)
_CLIENT_KINDS = frozenset({"hello", "ack", "say", "ping", "pong", "bye"})
_SERVER_KINDS = frozenset(
    {"welcome", "event", "batch", "gap", "snapshot", "notice", "said", "ping", "pong", "error", "bye"}
)


def decode_client(data: bytes, limit: int) -> ClientFrame | None:
    """Return the frame of a client, or None for one of an unknown kind that says it may be ignored.

    Args:
        data: The UTF-8 bytes of one text message. The transport refuses binary messages
            (:func:`binary_refused` is the error for them).
        limit: Most bytes that it may have: ``hello_bytes`` before hello, ``frame_bytes`` later.

    Raises:
        ProtocolError: 4508 if it is larger; 4500 if it is no JSON, no object, of an unknown kind, or has a field of
            the wrong type. Its ``kind`` tells which: too_large, not_json, not_object, no_type, unknown_type, field.
    """
    if len(data) > limit:
        raise _error("too_large", f"a frame of {len(data)} bytes; {limit} are allowed", CloseCode.FRAME_TOO_LARGE)
    try:
        return _client.decode(data)
    except (msgspec.DecodeError, RecursionError) as error:
        _explain(data, _CLIENT_KINDS, error)
        return None


def decode_server(data: bytes | str) -> ServerFrame | None:
    """Return the frame of a server, or None for one of an unknown kind that says it may be ignored.

    Raises:
        ProtocolError: As for :func:`decode_client`.
    """
    try:
        return _server.decode(data)
    except (msgspec.DecodeError, RecursionError) as error:
        _explain(data, _SERVER_KINDS, error)
        return None


def binary_refused() -> ProtocolError:
    """Return the error for a binary message: this protocol is text."""
    return _error("binary", "a binary message; this protocol speaks JSON in text messages")


def event_frame(seq: int, body: bytes) -> bytes:
    """Return the frame of one event: the body that ``encode_event`` made, with its seq."""
    return b'{"t":"event","seq":%d,' % seq + body[1:]


def batch_frame(first: int, bodies: Sequence[bytes]) -> bytes:
    """Return one frame with several events, whose seqs begin at *first*."""
    items = [b'{"seq":%d,%b' % (seq, body[1:]) for seq, body in enumerate(bodies, first)]
    return b'{"t":"batch","ev":[' + b",".join(items) + b"]}"


def snapshot_frame(upto: int, data: Any) -> bytes:
    """Return a snapshot frame.

    Raises:
        TypeError: If *data* can not be said in JSON.
    """
    return b'{"t":"snapshot","upto":%d,"data":%b}' % (upto, msgspec.json.encode(data))


def _explain(data: bytes | str, kinds: frozenset[str], error: Exception) -> None:
    """Decode again without a schema: find what exactly is wrong, or that the frame may be ignored."""
    try:
        value: Any = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError) as broken:
        raise _error("not_json", f"not JSON: {broken}") from error
    if not isinstance(value, dict):
        raise _error("not_object", f"a frame is a JSON object, not {type(value).__name__}") from error
    kind: Any = value.get("t")  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    if not isinstance(kind, str):
        raise _error("no_type", 'a frame needs its kind: {"t": "…"}') from error
    if kind not in kinds:
        if value.get("opt") is True:  # pyright: ignore[reportUnknownMemberType]
            return
        raise _error("unknown_type", f"unknown kind of frame {kind[:40]!r}, and not optional") from error
    raise _error("field", f"{kind}: {error}") from error


def _error(kind: str, reason: str, code: CloseCode = CloseCode.PROTOCOL_ERROR) -> ProtocolError:
    return ProtocolError(reason, int(code), kind=kind)
