"""Text messages as a server puts them on the wire: whole and unmasked, RFC 6455, 5.2."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["text_messages"]


def text_messages(payloads: Sequence[bytes]) -> bytes:
    """Return the bytes of one text message for each of *payloads*, which are UTF-8."""
    if len(payloads) == 1:
        return _header(len(payloads[0])) + payloads[0]
    parts: list[bytes] = []
    for payload in payloads:
        parts += (_header(len(payload)), payload)
    return b"".join(parts)


def _header(size: int) -> bytes:
    """Return FIN, the opcode of text, and *size* in 7, 16 or 64 bits."""
    if size < 126:
        return b"\x81%c" % size
    if size < 65536:
        return b"\x81\x7e" + size.to_bytes(2, "big")
    return b"\x81\x7f" + size.to_bytes(8, "big")
