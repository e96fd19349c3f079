"""A client on a rig: its socket opens at once, and what it sent is decoded."""

from __future__ import annotations

from typing import Any

import msgspec
from stentor.protocol import ClientProtocol, Limits, Position
from stentor.protocol._frames import (
    EventFrame,
    WelcomeFrame,
)
from stentor.protocol.client._effects import Deliver, Dial, Gap, Lost, Send, Snapshot


class Rig:
    """A client whose socket opens at once; what it sent, decoded."""

    def __init__(self, resume: Position | None = None, limits: Limits | None = None) -> None:
        self.client = ClientProtocol("ada/t1", "tab", resume=resume, limits=limits)
        self.now = 0.0
        self.line = 0
        self.effects: list[Any] = []
        self.sent: list[dict[str, Any]] = []
        self.run(self.client.connect(0.0))

    def run(self, effects: list[Any]) -> None:
        for effect in effects:
            match effect:
                case Dial(line):
                    self.line = line
                    self.run(self.client.opened(line, self.now))
                case Send(_, frames):
                    self.sent += [msgspec.json.decode(frame) for frame in frames]
                case _:
                    self.effects.append(effect)

    def give(self, *frames: Any) -> None:
        for frame in frames:
            self.run(self.client.received(self.line, frame, self.now))

    def welcome(self, base: int = 0, head: int = 0, *, epoch: str = "k", why: str | None = "fresh") -> None:
        self.give(
            WelcomeFrame(v=1, session="ada/t1", epoch=epoch, conn=1, resumed=why is None, why=why, base=base, head=head)
        )

    def lose(self, code: int = 1006) -> None:
        self.run(self.client.closed(self.line, code, "", self.now, 0.5))

    def back(self) -> None:
        self.run(self.client.connect(self.now))

    def tick(self, seconds: float) -> None:
        self.now += seconds
        self.run(self.client.tick(self.now, 0.5))

    def out(self) -> list[Any]:
        """Return the ordered effects since the last call."""
        found = [effect for effect in self.effects if isinstance(effect, (Deliver, Gap, Lost, Snapshot))]
        self.effects = [effect for effect in self.effects if effect not in found]
        return found

    def handle(self, *seqs: int) -> None:
        for seq in seqs:
            self.run(self.client.handled(seq, self.now))

    def taken(self, kind: str) -> list[dict[str, Any]]:
        """Return the frames of *kind* that were sent since the last call, and forget all."""
        found = [frame for frame in self.sent if frame["t"] == kind]
        self.sent = []
        return found


def event(seq: int, type_: str = "text", first: int | None = None) -> EventFrame:
    """Return an event frame."""
    return EventFrame(seq=seq, type=type_, data={"n": seq}, first=first)
