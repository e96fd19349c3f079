"""Clients: the asyncio one, the probe of the tests, and the JavaScript module in ``js``."""

from __future__ import annotations

from ..client._effects import ClientState, Gap, Lost, Notice, Position, Snapshot, StateChanged
from ._asyncio import Client
from ._clock import ClientClock, ClientTimer, LoopTime
from ._delivered import Delivered
from ._ended import ClientClosed, TakenOver
from ._line import Dial, Line, LineReceiver
from ._memory import memory_dial
from ._probe import ProbeClient
from ._websocket import dial_websocket

__all__ = [
    "Client",
    "ClientClock",
    "ClientClosed",
    "ClientState",
    "ClientTimer",
    "Delivered",
    "Dial",
    "Gap",
    "Line",
    "LineReceiver",
    "LoopTime",
    "Lost",
    "Notice",
    "Position",
    "ProbeClient",
    "Snapshot",
    "StateChanged",
    "TakenOver",
    "dial_websocket",
    "memory_dial",
]
