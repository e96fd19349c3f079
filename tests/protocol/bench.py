"""A session on a bench: a log that answers at once, and what was written, decoded."""

from __future__ import annotations

from typing import Any

from stentor.protocol import (
    Ack,
    Append,
    Claim,
    Fail,
    FailedRange,
    Limits,
    Read,
    ServerSession,
    Write,
    decode_server,
)
from stentor.protocol._frames import AckFrame, HelloFrame, Recv, Resume, WelcomeFrame

from .memory_log import MemoryLog

SESSION = "ada/t1"


class Bench:
    """Executes effects as a session's actor does; what is not for the log is kept in ``effects``."""

    def __init__(self, limits: Limits | None = None, *, snapshots: bool = False, epoch: str = "k") -> None:
        self.log = MemoryLog(epoch)
        self.session = ServerSession(SESSION, limits, snapshots=snapshots)
        self.effects: list[Any] = []
        self.frames: list[Any] = []
        self.writes: list[Write] = []
        self.n = 0
        self.now = 0.0

    def run(self, effects: list[Any]) -> None:
        for effect in effects:
            match effect:
                case Append():
                    self.run(self.session.appended([(effect, self.log.append(effect))], self.now))
                case Claim(line, _, held):
                    self.run(self.session.claimed(line, *self.log.claim(held, SESSION), self.now))
                case Read(_, _, after, limit, size):
                    self.run(self.session.read(*self.log.read(after, limit, size), self.now))
                case Ack(_, _, conn, token, _, upto, rej):
                    self.run(self.session.floor(self.log.ack(conn, token, upto, rej), self.now))
                case Fail(_, _, _, ranges):
                    self.run(self.session.floor(self.log.fail(ranges), self.now))
                case Write():
                    self.writes.append(effect)
                    self.frames += [decode_server(frame) for frame in effect.frames]
                    self.session.written(effect)
                case _:
                    self.effects.append(effect)

    def hello(self, line: int, *, tab: str = "a", resume: int | None = None, **fields: Any) -> None:
        at = None if resume is None else Resume(epoch=fields.pop("epoch", self.log.epoch), seq=resume)
        recv = Recv(**fields) if fields else None
        self.run(self.session.hello(line, HelloFrame(v=1, session=SESSION, tab=tab, resume=at, recv=recv), self.now))

    def emit(self, count: int, size: int = 0) -> None:
        pad = "x" * size
        bodies = tuple(
            f'{{"type":"text","data":{{"n":{self.n + i},"pad":"{pad}"}}}}'.encode() for i in range(1, count + 1)
        )
        effect = self.session.append("w", self.n, bodies)
        self.n += count
        self.run([effect])

    def ack(self, line: int, seq: int, **fields: Any) -> None:
        frame = AckFrame(**{"epoch": self.log.epoch, "seq": seq, **fields})
        self.run(self.session.received(line, frame, self.now))

    def fail(self, first: int, last: int, code: str = "expired") -> None:
        self.run(self.session.fail((FailedRange(first, last, code),), self.now))

    def tick(self, seconds: float) -> None:
        """Let time pass, with a timer that is never late."""
        end = self.now + seconds
        while self.session.next_deadline() <= end:
            self.now = max(self.now, self.session.next_deadline())
            self.run(self.session.tick(self.now))
        self.now = end

    def taken(self, kind: type[Any]) -> list[Any]:
        """Return the effects of *kind* so far, and forget them."""
        found = [effect for effect in self.effects if isinstance(effect, kind)]
        self.effects = [effect for effect in self.effects if not isinstance(effect, kind)]
        return found

    def said(self) -> list[Any]:
        """Return the frames written since the last call."""
        found, self.frames = self.frames, []
        return found

    def welcome(self) -> WelcomeFrame:
        """Return the latest welcome."""
        return next(frame for frame in reversed(self.frames) if isinstance(frame, WelcomeFrame))

    def seqs(self) -> list[Any]:
        """Return the seqs of the events written since the last call; a gap as (first, last, code)."""
        found: list[Any] = []
        for frame in self.said():
            match type(frame).__name__:
                case "EventFrame":
                    found.append(frame.seq)
                case "BatchFrame":
                    found += [item.seq for item in frame.ev]
                case "GapFrame":
                    found.append((frame.first, frame.last, frame.code))
                case _:
                    pass
        return found
