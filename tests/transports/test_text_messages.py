"""Text messages on the wire."""

from __future__ import annotations

import pytest
from stentor.protocol.transports._text_messages import text_messages
from websockets.frames import Frame, Opcode


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 300_000])
def test_a_message_is_framed_as_the_library_frames_it(size: int) -> None:
    """The length takes 7, 16 or 64 bits."""
    payload = b"x" * size

    assert Frame(Opcode.TEXT, payload).serialize(mask=False) == text_messages([payload])


def test_several_messages_stand_one_behind_the_other() -> None:
    """Each has a header of its own."""
    payloads = [b"a" * 3, b"", b"c" * 200]
    frames = [Frame(Opcode.TEXT, payload).serialize(mask=False) for payload in payloads]

    assert b"".join(frames) == text_messages(payloads)
