"""Full-text index over the folder: SQLite FTS5 in memory, built anew when a file changes."""

from __future__ import annotations

import sqlite3
from threading import Lock

from attrs import define, field, frozen

from .corpus import Corpus, Document, Fingerprint
from .passages import Passage, passages
from .words import coverage, stems, terms

_CANDIDATES = 40


@frozen
class Hit:
    """A passage that matches; *covers* counts the words of the question in it, those in its heading half more."""

    passage: Passage
    covers: float
    rank: float


@define(eq=False)
class Index:
    """Documents, passages and their full-text table. Any thread may call; one at a time gets through."""

    corpus: Corpus
    documents: list[Document] = field(factory=list[Document], init=False)
    found: int | None = field(default=None, init=False)
    """Files in the folder; None until they have been counted."""
    _passages: list[Passage] = field(factory=list[Passage], init=False)
    _seen: Fingerprint = field(default=(), init=False)
    _table: sqlite3.Connection | None = field(default=None, init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def refresh(self) -> None:
        """Build the index if the folder is not as it was.

        Raises:
            NoDocuments: If the folder is gone or empty.
        """
        with self._lock:
            now = self.corpus.fingerprint()
            self.found = len(now)
            if now != self._seen:
                self._build()
                self._seen = now

    def search(self, question: str, limit: int = 8) -> tuple[list[Hit], int]:
        """Return the best *limit* passages for *question*, best first, and how many match at all."""
        self.refresh()
        wanted = terms(question)
        with self._lock:
            rows = self._ask(" OR ".join(f'"{word}"' for word in wanted)) if wanted else []
        hits = [self._hit(number, rank, stems(" ".join(wanted))) for number, rank in rows[:_CANDIDATES]]
        hits.sort(key=lambda hit: (-hit.covers, hit.rank, hit.passage.file, hit.passage.first))
        return hits[:limit], len(rows)

    def at(self, file: str, line: int) -> Passage | None:
        """Return the passage that holds *line* of *file*, or the next one; None if there is none."""
        self.refresh()
        below = (p for p in self._passages if p.file == file and p.last >= line)
        return next(below, None)

    def _build(self) -> None:
        documents = self.corpus.read()
        found = [passage for document in documents for passage in passages(document)]
        table = sqlite3.connect(":memory:", check_same_thread=False)
        table.execute("CREATE VIRTUAL TABLE passage USING fts5(heading, body, tokenize='porter unicode61')")
        table.executemany(
            "INSERT INTO passage(rowid, heading, body) VALUES (?, ?, ?)",
            ((number, p.heading, "\n".join(p.lines)) for number, p in enumerate(found)),
        )
        # Set only now: a file that cannot be read leaves the old index as it was.
        self.documents, self._passages, self._table = documents, found, table

    def _ask(self, query: str) -> list[tuple[int, float]]:
        if self._table is None:
            raise RuntimeError("the index is asked before it was built")
        sql = "SELECT rowid, bm25(passage, 2.0, 1.0) FROM passage WHERE passage MATCH ? ORDER BY 2, 1"
        return self._table.execute(sql, (query,)).fetchall()

    def _hit(self, number: int, rank: float, wanted: frozenset[str]) -> Hit:
        passage = self._passages[number]
        inside = coverage(wanted, "\n".join((passage.heading, *passage.lines)))
        return Hit(passage, inside + coverage(wanted, passage.heading) / 2, rank)
