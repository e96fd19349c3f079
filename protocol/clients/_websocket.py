"""A client's line over the websockets library."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidState, InvalidStatus
from websockets.protocol import OPEN
from websockets.typing import Subprotocol

from .._closecodes import CloseCode, fit_reason
from .._names import SUBPROTOCOL
from ..errors import ProtocolError, WebSocketSendFailureError
from ._address import websocket_address
from ._line import Dial, Line, LineReceiver

__all__ = ["dial_websocket"]

_LOST_WAY = "no WebSocket route at {path}, or this origin or host is not allowed"
_REFUSED = {
    401: (CloseCode.UNAUTHENTICATED, "it wants to know who you are before it opens a WebSocket at {path}"),
    403: (CloseCode.FORBIDDEN, _LOST_WAY),
    404: (CloseCode.FORBIDDEN, _LOST_WAY),
}
"""Statuses that another try does not change: what each stands for, and what helps."""


def dial_websocket(
    url: str, *, max_size: int = 2 * 2**20, open_timeout: float = 10.0, close_timeout: float = 2.0
) -> Dial:
    """Return what opens a line to *url*.

    Args:
        url: Begins with ``ws://`` or ``wss://``; ``http://`` and ``https://`` stand for them.
        max_size: Bytes of the largest message that the library lets through; above the 1 MiB that hello names.
        open_timeout: Seconds that opening may take.
        close_timeout: Seconds that the server has to answer a goodbye.

    Raises:
        BadUsage: If *url* is no such address.
    """
    address = websocket_address(url)

    async def dial(receiver: LineReceiver) -> Line:
        try:
            connection = await connect(
                address,
                subprotocols=[Subprotocol(SUBPROTOCOL)],
                compression=None,
                max_size=max_size,
                # Our own frames ping: a library that pings beside them gives a second verdict on the same peer.
                ping_interval=None,
                open_timeout=open_timeout,
                close_timeout=close_timeout,
            )
        except InvalidStatus as error:
            status = error.response.status_code
            if status in _REFUSED:
                code, why = _REFUSED[status]
                words = why.format(path=urlsplit(address).path or "/")
                raise ProtocolError(f"the server answered HTTP {status}: {words}", int(code), status=status) from error
            raise ConnectionError(f"the server answered HTTP {status}") from error
        except InvalidHandshake as error:
            raise ConnectionError(f"no WebSocket there: {error}") from error
        line = WebSocketLine(connection, receiver, close_timeout)
        if connection.subprotocol != SUBPROTOCOL:
            line.close(CloseCode.VERSION, "no common subprotocol")
            raise ProtocolError(f"the server does not speak {SUBPROTOCOL}", int(CloseCode.VERSION))
        return line

    return dial


class WebSocketLine:
    """A :class:`Line` over an open connection; it reads from the first moment."""

    def __init__(self, connection: ClientConnection, receiver: LineReceiver, close_timeout: float) -> None:
        self._connection = connection
        self._receiver = receiver
        self._close_timeout = close_timeout
        self._reader = asyncio.get_running_loop().create_task(self._read())

    def write(self, frames: Sequence[bytes]) -> None:
        """Send each of *frames* as one text message, all by one write."""
        protocol = self._connection.protocol
        try:
            for frame in frames:
                protocol.send_text(frame)
        except InvalidState as error:
            if protocol.close_rcvd is not None:
                # The server closed first, maybe before our hello: its code is the reason, and the reader brings it.
                return
            raise WebSocketSendFailureError(
                event_type="frame", reason=str(error), user_id=None, thread_id=None
            ) from error
        self._connection.send_data()

    def close(self, code: int, reason: str) -> None:
        """Say goodbye, and cut the line when the server does not answer in time."""
        connection = self._connection
        if connection.protocol.state is OPEN:
            connection.protocol.send_close(code, fit_reason(reason))
            connection.send_data()
            connection.loop.call_later(self._close_timeout, connection.transport.abort)

    def abort(self) -> None:
        """Cut the line without a goodbye."""
        self._connection.transport.abort()

    async def wait_closed(self) -> None:
        """Wait until the line is gone."""
        await asyncio.wait([self._reader])

    async def _read(self) -> None:
        try:
            while True:
                data = await self._connection.recv()
                if isinstance(data, bytes):
                    self.close(CloseCode.PROTOCOL_ERROR, "text messages only")
                    self._receiver.lost(CloseCode.PROTOCOL_ERROR, "the server sent a binary message", None)
                    return
                self._receiver.received(data)
        except ConnectionClosed as closed:
            # Where the library itself gave a verdict on the server's bytes (1007, 1009), it stands in what it sent.
            ours = closed.sent is not None and not closed.rcvd_then_sent
            frame = closed.sent if ours else closed.rcvd
            if frame is None:
                self._receiver.lost(1006, "the line broke without a close frame", None)
            else:
                self._receiver.lost(frame.code, frame.reason, None)
