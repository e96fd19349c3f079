"""Ways to carry frames: the websockets library, and a pair in memory."""

from .._names import SUBPROTOCOL
from ._closing import how_it_ended
from ._connection import Connection, Receiver, Silent
from ._library import LibraryConnection
from ._memory import MemoryConnection, memory_pair
from ._reporter import Reporter
from ._serve import Refused, serve_websockets
from ._taking import Taking
from ._watchdog import Watchdog
from ._websockets import SocketConnection

__all__ = [
    "SUBPROTOCOL",
    "Connection",
    "LibraryConnection",
    "MemoryConnection",
    "Receiver",
    "Refused",
    "Reporter",
    "Silent",
    "SocketConnection",
    "Taking",
    "Watchdog",
    "how_it_ended",
    "memory_pair",
    "serve_websockets",
]
