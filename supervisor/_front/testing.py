"""For tests of hosts and of stentor itself: a manual clock, faults, a probe client, a transport in memory."""

from __future__ import annotations

from stentor.actors import Faults, ManualClock
from stentor.protocol.clients import ProbeClient, dial_websocket, memory_dial
from stentor.protocol.transports import MemoryConnection, memory_pair

__all__ = ["Faults", "ManualClock", "MemoryConnection", "ProbeClient", "dial_websocket", "memory_dial", "memory_pair"]
