"""Ways to carry frames: the websockets library, and a pair in memory."""

from ._closing import how_it_ended
from ._connection import Connection, Receiver, Silent
from ._library import LibraryConnection
from ._memory import MemoryConnection, memory_pair
from ._serve import SUBPROTOCOL, serve_websockets
from ._taking import Taking
from ._websockets import SocketConnection

__all__ = [
    "SUBPROTOCOL",
    "Connection",
    "LibraryConnection",
    "MemoryConnection",
    "Receiver",
    "Silent",
    "SocketConnection",
    "Taking",
    "how_it_ended",
    "memory_pair",
    "serve_websockets",
]
