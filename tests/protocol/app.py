"""One end of the model's world: an application with a client, and the link that it talks over."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from stentor.protocol import ClientProtocol, Position
from stentor.protocol.client._effects import (
    Deliver,
    Dial,
    Gap,
    HangUp,
    Lost,
    Notice,
    Said,
    Send,
    Snapshot,
    StateChanged,
)

if TYPE_CHECKING:
    from .world import World


class Link:
    """One connection: frames on their way, and which end knows that it is gone."""

    def __init__(self, owner: App, client_line: int) -> None:
        self.owner = owner
        self.client_line = client_line
        self.to_server: deque[bytes] = deque()
        self.to_client: deque[bytes] = deque()
        self.hello_seen = False
        self.cut = False
        self.server_end: tuple[int, str] | None = None
        """How the server closed it."""
        self.server_knows = False
        self.client_knows = False


class App:
    """An application with a client: a slow handler, its log, and its own idea of what must come next."""

    def __init__(self, world: World, tab: str, client: ClientProtocol) -> None:
        self.world = world
        self.tab = tab
        self.client = client
        self.out: Any = None
        self.handled: list[tuple[str, int]] = []
        self.refused: list[tuple[str, int]] = []
        self.expected: Position | None = None
        self.losses = 0
        self.said: dict[int, tuple[str, str] | None] = {}

    def run(self, effects: list[Any]) -> None:
        for effect in effects:
            match effect:
                case Dial(line):
                    self.world.dial(self, line)
                case Send(line, frames):
                    link = self.world.link_of(self, line)
                    if link is not None and not link.cut:
                        link.to_server.extend(frames)
                case HangUp(line, code):
                    assert code in (1000, 4101), f"the client found a fault: {effect}"
                    link = self.world.link_of(self, line)
                    if link is not None:
                        link.cut = link.client_knows = True
                case Deliver() | Gap() | Lost() | Snapshot():
                    assert self.out is None, "two ordered effects are out"
                    self.out = effect
                    self.check(effect)
                case Said(cid, refused):
                    assert cid not in self.said, "answered twice"
                    self.said[cid] = refused
                case Notice() | StateChanged():
                    pass
                case _:
                    raise TypeError(effect)

    def check(self, effect: Any) -> None:
        """I5, I6, I8: contiguous, never twice, with the payload that was emitted under the seq."""
        if isinstance(effect, Lost):
            assert effect.last == self.client.position
            assert effect.last == self.expected or self.expected is None
            self.expected = None
            return
        if self.expected is None:
            # A fresh stream, or a loss was told: the client says where it goes on.
            assert self.client.position is not None
            self.expected = self.client.position
        assert effect.epoch == self.expected.epoch, "an event of another epoch without a loss in between"
        if isinstance(effect, Snapshot):
            assert effect.seq == self.expected.seq
            return
        assert effect.first == self.expected.seq + 1, f"{effect} came after {self.expected}"
        self.expected = Position(effect.epoch, effect.seq)
        log = self.world.logs[effect.epoch]
        if isinstance(effect, Gap):
            for seq in range(effect.first, effect.seq + 1):
                assert log.outcomes.get(seq) == effect.code, f"the log knows nothing of the gap at {seq}"
            return
        assert effect.data == {"n": self.world.payloads[effect.epoch, effect.seq]}
        assert (effect.epoch, effect.seq) not in self.handled + self.refused, "delivered twice"

    def handle(self, *, refuse: bool = False) -> bool:
        """Let the handler return, or raise."""
        item, self.out = self.out, None
        if item is None:
            return False
        now = self.world.now
        if isinstance(item, Deliver):
            if refuse:
                self.refused.append((item.epoch, item.seq))
                self.run(self.client.rejected(item.seq, "handler_error", "no", now))
                return True
            self.handled.append((item.epoch, item.seq))
        if isinstance(item, Lost):
            self.losses += 1
        self.run(self.client.handled(item.seq, now))
        return True
