"""The websockets library's side of a connection: what its parser and its transport report goes to ours."""

from __future__ import annotations

from typing import Any

from websockets.asyncio.server import Server, ServerConnection
from websockets.frames import DATA_OPCODES, Frame, Opcode
from websockets.protocol import OPEN, Event
from websockets.server import ServerProtocol

from ._websockets import SocketConnection

__all__ = ["LibraryConnection"]


class LibraryConnection(ServerConnection):
    """Give it to ``serve(create_connection=...)``; ``line`` is what a session uses.

    Messages go straight from the parser to the receiver: there is always a reader, and no task wakes for a message.

    Args:
        protocol: The library's protocol object.
        server: The library's server.
        stall: Seconds that a write may be stuck before the peer counts as dead.
        **options: The library's own options; its ping interval drives our ping.
    """

    def __init__(self, protocol: ServerProtocol, server: Server, *, stall: float = 5.0, **options: Any) -> None:
        super().__init__(protocol, server, **options)
        self.line = SocketConnection(self, stall)
        self._fail = protocol.fail
        # The parser calls it by this name; there is no other way to have a say in the code of its Close frame.
        protocol.fail = self._failed  # type: ignore[method-assign]
        # One buffer, not a list: a peer may send as many fragments as it likes, empty ones too.
        self._begun: bytearray | None = None

    def process_event(self, event: Event) -> None:
        """Hand a whole message on, a frame of the handshake to the library."""
        self.line.heard()
        if not isinstance(event, Frame) or event.opcode not in DATA_OPCODES or self.request is None:
            super().process_event(event)
        elif event.fin and event.opcode is Opcode.TEXT and self._begun is None:
            self.line.message(bytes(event.data))
        else:
            self._fragment(event)

    def _failed(self, code: int, reason: str = "") -> None:
        """Say a verdict of the parser: one on the size like our own, for a client is to read one code of one fault."""
        if code == 1009 and self.protocol.state is OPEN:
            code = self.line.too_large(reason)
        self._fail(code, reason)

    def _fragment(self, frame: Frame) -> None:
        if frame.opcode not in (Opcode.CONT, Opcode.TEXT):
            self.line.refuse(1003, "text messages only")
            return
        begun = self._begun = bytearray() if self._begun is None else self._begun
        begun += frame.data
        if frame.fin:
            self._begun = None
            self.line.message(bytes(begun))

    def start_keepalive(self) -> None:
        """Ping by timer: no task for each connection."""
        self.line.opened(self.ping_interval)

    def pause_writing(self) -> None:
        """The transport's buffer is full."""
        super().pause_writing()
        self.line.writing_paused()

    def resume_writing(self) -> None:
        """The transport's buffer drained."""
        super().resume_writing()
        self.line.writing_resumed()

    def connection_lost(self, exc: Exception | None) -> None:
        """The line is gone."""
        super().connection_lost(exc)
        self.line.ended(exc)
