"""What a policy would do: traces, their simulation under the real machine, and proposals from a ledger of failures."""

from ._simulate import simulate
from ._timeline import Timeline
from ._trace import Crash, Exits, Fails, Outage, StartFails, StartTakes

__all__ = ["Crash", "Exits", "Fails", "Outage", "StartFails", "StartTakes", "Timeline", "simulate"]
