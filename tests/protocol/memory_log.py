"""A log for the model check: as plain as can be, and strict about what it is told."""

from __future__ import annotations

from stentor.protocol import Append, Appended, FailedRange, Floor, LogState, Rejection, Token


class MemoryLog:
    """The events of one session, with its owner's token and its consumer's connection number."""

    def __init__(self, epoch: str, retain: int = 1) -> None:
        self.epoch = epoch
        self.retain = retain
        self.bodies: list[bytes] = []
        self.writers: dict[tuple[str, int], tuple[int, tuple[bytes, ...]]] = {}
        self.floor = 0
        self.outcomes: dict[int, str] = {}
        self.gen = 0
        self.conn = 0

    @property
    def head(self) -> int:
        return len(self.bodies)

    def append(self, effect: Append) -> Appended:
        key = (effect.writer, effect.n0)
        first, known = self.writers.get(key, (self.head + 1, effect.bodies))
        assert known == effect.bodies, "the same number for other bodies"
        if key not in self.writers:
            self.writers[key] = (first, effect.bodies)
            self.bodies.extend(effect.bodies)
        return Appended(first, self.head, self.floor, self.head - self.floor, 0, self.epoch)

    def claim(self, held: Token | None, session: str) -> tuple[Token, LogState | None, int]:
        self.conn += 1
        if held is not None and held.gen == self.gen:
            return held, None, self.conn
        self.gen += 1
        return Token(session, self.gen), LogState(self.epoch, self.head, self.floor, self.failed()), self.conn

    def read(self, after: int, limit: int, max_bytes: int) -> tuple[int, tuple[bytes | None, ...]]:
        found: list[bytes | None] = []
        size = 0
        # Of what is acked only the last few are kept.
        after = max(after, self.floor - self.retain)
        for seq in range(after + 1, min(self.head, after + limit) + 1):
            size += len(self.bodies[seq - 1])
            if found and size > max_bytes:
                break
            # What expired is gone, as in a store that has deleted it.
            found.append(None if self.outcomes.get(seq) == "expired" else self.bodies[seq - 1])
        return after + 1, tuple(found)

    def ack(self, conn: int, token: Token, upto: int, rej: tuple[Rejection, ...]) -> Floor:
        assert token.gen == self.gen, "an ack of a fenced owner"
        assert conn == self.conn, f"an ack of connection {conn}, while {self.conn} is attached"
        assert upto <= self.head, "an ack beyond the head"
        for item in rej:
            if self.floor < item.seq <= upto:
                self.outcomes.setdefault(item.seq, "handler_rejected")
        for seq in range(self.floor + 1, upto + 1):
            self.outcomes.setdefault(seq, "acked")
        self.floor = max(self.floor, upto)
        return Floor(self.floor, self.failed(), self.epoch)

    def fail(self, ranges: tuple[FailedRange, ...]) -> Floor:
        for item in ranges:
            assert item.last <= self.head
            for seq in range(item.first, item.last + 1):
                self.outcomes.setdefault(seq, item.code)
        return Floor(self.floor, self.failed(), self.epoch)

    def failed(self) -> tuple[FailedRange, ...]:
        return tuple(FailedRange(seq, seq, code) for seq, code in sorted(self.outcomes.items()) if code != "acked")
