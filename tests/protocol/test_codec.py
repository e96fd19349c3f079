"""Frames to and from bytes, and what is said of wrong ones."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stentor.protocol import Text, binary_refused, decode_client, decode_server, encode_event, encode_frame
from stentor.protocol._codec import batch_frame, event_frame, snapshot_frame
from stentor.protocol._frames import (
    AckFrame,
    BatchFrame,
    ByeFrame,
    EventFrame,
    GapFrame,
    HelloFrame,
    Rej,
    Resume,
    SnapshotFrame,
)
from stentor.protocol.errors import ProtocolError

LIMIT = 1000


def test_a_hello_is_read_and_unknown_fields_are_ignored() -> None:
    """A newer client may say more than we know."""
    data = b'{"t":"hello","v":1,"session":"a/t","tab":"x","resume":{"epoch":"k","seq":4},"later":{"a":1}}'

    frame = decode_client(data, LIMIT)

    assert HelloFrame(v=1, session="a/t", tab="x", resume=Resume(epoch="k", seq=4)) == frame


def test_an_ack_carries_its_refusals() -> None:
    """What goes out comes in."""
    frame = AckFrame(epoch="k", seq=51, rej=(Rej(seq=47, code="handler_error", msg="TypeError"),))

    assert frame == decode_client(encode_frame(frame), LIMIT)


def test_an_unknown_optional_frame_is_ignored() -> None:
    """``opt`` says that the frame may be ignored."""
    assert decode_client(b'{"t":"novelty","opt":true}', LIMIT) is None
    assert decode_server(b'{"t":"novelty","opt":true}') is None


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b'{"t":"novelty"}', "unknown_type"),
        (b'{"t":"novelty","opt":1}', "unknown_type"),
        (b"{", "not_json"),
        (b"\xff\xfe", "not_json"),
        (b"[1]", "not_object"),
        (b'"ack"', "not_object"),
        (b'{"v":1}', "no_type"),
        (b'{"t":7}', "no_type"),
        (b'{"t":"ack","epoch":"k"}', "field"),
        (b'{"t":"ack","epoch":"k","seq":-1}', "field"),
        (b'{"t":"ack","epoch":"k","seq":1.5}', "field"),
        (b'{"t":"ack","epoch":"k","seq":true}', "field"),
        (b'{"t":"ack","epoch":"k","seq":9007199254740992}', "field"),
        (b'{"t":"event","seq":1,"type":"text"}', "unknown_type"),
    ],
)
def test_a_wrong_frame_of_a_client_is_named(data: bytes, kind: str) -> None:
    """Each fault has its own kind, and closes with 4500."""
    with pytest.raises(ProtocolError) as caught:
        decode_client(data, LIMIT)

    assert (kind, 4500) == (caught.value.kind, caught.value.close_code)


def test_a_frame_above_the_limit_is_not_even_read() -> None:
    """4508 comes before any parsing."""
    with pytest.raises(ProtocolError) as caught:
        decode_client(b"[" * 1001, LIMIT)

    assert ("too_large", 4508) == (caught.value.kind, caught.value.close_code)


def test_deep_nesting_is_a_protocol_error_and_no_crash() -> None:
    """A peer can not make us run out of stack."""
    with pytest.raises(ProtocolError):
        decode_client(b'{"t":"say","cid":1,"type":"x","data":' + b"[" * 30000 + b"]" * 30000 + b"}", 65536)


def test_a_binary_message_is_a_protocol_error() -> None:
    """The protocol is text."""
    assert ("binary", 4500) == (binary_refused().kind, binary_refused().close_code)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_frame_or_a_protocol_error(data: bytes) -> None:
    """Nothing else can come out of a decoder."""
    for decode in (lambda: decode_client(data, LIMIT), lambda: decode_server(data)):
        with suppress(ProtocolError):
            decode()


def test_an_event_is_spliced_into_its_frame() -> None:
    """The body is serialised once, at emit; the frame is made around it."""
    body = encode_event(Text("r9", 'a "quoted" word', "m1"), 17)

    frame = decode_server(event_frame(42, body))

    data = {"delta": 'a "quoted" word', "msg": "m1"}
    assert EventFrame(seq=42, type="text", run="r9", ts=17, data=data) == frame


def test_a_batch_counts_from_its_first_seq() -> None:
    """Each event of a batch has its own seq."""
    bodies = [encode_event(Text("r", word), 1) for word in "abc"]

    frame = decode_server(batch_frame(7, bodies))

    assert isinstance(frame, BatchFrame)
    assert [(7, "a"), (8, "b"), (9, "c")] == [(item.seq, item.data["delta"]) for item in frame.ev]


def test_gap_and_bye_and_snapshot_read_as_the_protocol_writes_them() -> None:
    """The field names of the wire are not those of Python."""
    assert encode_frame(GapFrame(first=52, last=54, code="expired", n=3)) == (
        b'{"t":"gap","from":52,"to":54,"code":"expired","n":3}'
    )
    assert encode_frame(ByeFrame(code=4100, reconnect=True, after_ms=1500)) == (
        b'{"t":"bye","code":4100,"reconnect":true,"after_ms":1500}'
    )
    assert SnapshotFrame(upto=41, data={"a": 1}) == decode_server(snapshot_frame(41, {"a": 1}))
