"""The other side of the delivery benchmark: a process with many clients that read, and acknowledge like real ones.

Clients are asyncio protocols on websockets' Sans-I/O layer: the cheapest honest client, so that the one core it
has is not what is measured. Of each frame it reads kind and seqs as JSON; in stentor's protocol it acknowledges
after every 32 events, and after 250 ms.
"""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from typing import Any

import msgspec
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import OPEN
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

ACK_EVENTS = 32
ACK_DELAY = 0.25


class Welcome(msgspec.Struct, frozen=True):
    """What a client must know of any frame."""

    t: str = ""
    seq: int = 0
    epoch: str = ""
    ev: list[Any] = []
    id: int = 0
    last: int = 0


decode = msgspec.json.Decoder(Welcome).decode


class Client(asyncio.Protocol):
    """One connection."""

    def __init__(self, host: Host, number: int) -> None:
        self.host = host
        self.number = number
        self.protocol = ClientProtocol(
            parse_uri(f"ws://127.0.0.1:{host.port}/"), subprotocols=[Subprotocol("stentor.v1.json")]
        )
        self.epoch = ""
        self.seq = self.acked = 0
        self.timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Shake hands."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.protocol.send_request(self.protocol.connect())
        self.flush()

    def flush(self) -> None:
        """Write what the protocol has."""
        data = b"".join(self.protocol.data_to_send())
        if data:
            self.transport.write(data)

    def send(self, data: bytes) -> None:
        """Send a text message."""
        self.protocol.send_text(data)
        self.flush()

    def data_received(self, data: bytes) -> None:
        """Read every message, and acknowledge when it is time."""
        self.protocol.receive_data(data)
        count = 0
        for event in self.protocol.events_received():
            if isinstance(event, Response):
                if self.host.stentor:
                    session = f"user{self.number}/t"
                    hello = {"t": "hello", "v": 1, "session": session, "tab": "tab"}
                    self.send(msgspec.json.encode(hello))
                else:
                    self.host.ready()
            elif isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                count += self.take(bytes(event.data))
        if count:
            self.host.count(count)
        if self.protocol.writes:
            self.flush()

    def take(self, data: bytes) -> int:
        """Handle one message; return how many events it held."""
        frame = decode(data)
        if not self.host.stentor:
            return 1
        if frame.t == "batch":
            count = len(frame.ev)
            self.seq = frame.ev[-1]["seq"]
        elif frame.t == "event":
            count = 1
            self.seq = frame.seq
        else:
            if frame.t == "welcome":
                self.epoch = frame.epoch
                self.host.ready()
            elif frame.t == "ping":
                self.send(b'{"t":"pong","id":%d,"epoch":"%b","seq":%d}' % (frame.id, self.epoch.encode(), self.seq))
                self.acked = self.seq
            return 0
        if self.seq - self.acked >= ACK_EVENTS:
            self.ack()
        elif self.timer is None:
            self.timer = asyncio.get_running_loop().call_later(ACK_DELAY, self.late)
        return count

    def late(self) -> None:
        """Acknowledge what is left."""
        self.timer = None
        if self.seq > self.acked:
            self.ack()

    def ack(self) -> None:
        """Every event so far was handled."""
        self.acked = self.seq
        self.protocol.send_text(b'{"t":"ack","epoch":"%b","seq":%d}' % (self.epoch.encode(), self.seq))


class Host:
    """All clients of the process. It reports on standard output: ready, and every multiple of *report* events."""

    def __init__(self, port: int, clients: int, kind: str, total: int) -> None:
        self.port = port
        self.clients = clients
        self.stentor = kind == "stentor"
        self.total = total
        self.open = 0
        self.got = 0

    def ready(self) -> None:
        """One more client is ready."""
        self.open += 1
        if self.open == self.clients:
            print("ready", flush=True)

    def count(self, events: int) -> None:
        """Events came."""
        self.got += events
        if self.got >= self.total:
            self.got -= self.total
            print("round", flush=True)


async def main(port: int, clients: int, kind: str, total: int) -> None:
    """Connect, and run until standard input closes."""
    loop = asyncio.get_running_loop()
    host = Host(port, clients, kind, total)
    protocols: list[Client] = []
    for number in range(clients):
        _, client = await loop.create_connection(partial(Client, host, number), "127.0.0.1", port)
        protocols.append(client)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()
    for client in protocols:
        if client.protocol.state is OPEN:
            client.protocol.send_close(1000)
            client.flush()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4])))
