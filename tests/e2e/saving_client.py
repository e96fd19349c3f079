"""A client program that saves its position with what it handled, in one transaction.

Usage: saving_client.py URL DATABASE [SEQ]

It prints the seq of each event that it has saved, and ends when a run has ended. Event SEQ it has in hand for ever.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys

from stentor.protocol import AgentCompleted, Position, Text
from stentor.protocol.clients import Client, Delivered


class Store:
    """What the program knows: one row for each event, and the position that they amount to."""

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript(
            """
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = OFF;
            CREATE TABLE IF NOT EXISTS events (place INTEGER PRIMARY KEY, epoch TEXT, seq INTEGER, words TEXT);
            CREATE TABLE IF NOT EXISTS position (one INTEGER PRIMARY KEY CHECK (one = 1), epoch TEXT, seq INTEGER);
            """
        )

    def position(self) -> Position | None:
        """Where the program was when it ended, however it ended."""
        row = self._db.execute("SELECT epoch, seq FROM position").fetchone()
        return Position(*row) if row else None

    def save(self, delivery: Delivered) -> None:
        """Keep the event and the position after it: both, or neither."""
        words = delivery.event.delta if isinstance(delivery.event, Text) else delivery.event.type
        self._db.execute("BEGIN IMMEDIATE")
        row = delivery.epoch, delivery.seq, words
        self._db.execute("INSERT INTO events (epoch, seq, words) VALUES (?, ?, ?)", row)
        self._db.execute("REPLACE INTO position VALUES (1, ?, ?)", row[:2])
        self._db.execute("COMMIT")


async def main(url: str, path: str, hold: int = 0) -> None:
    """Handle events until a run has ended."""
    store = Store(path)
    async with Client(url, session="ada/t1", resume=store.position()) as client:
        async for delivery in client:
            if delivery.seq == hold:
                await asyncio.Event().wait()
            store.save(delivery)
            print(delivery.seq, flush=True)
            if isinstance(delivery.event, AgentCompleted):
                break


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])))
