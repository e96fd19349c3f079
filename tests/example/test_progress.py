"""What the host prints while it reads a large folder."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from examples.agent_host.corpus import Corpus
from examples.agent_host.index import Index
from examples.agent_host.progress import announced


def test_what_takes_long_is_announced_once(capsys: pytest.CaptureFixture[str]) -> None:
    """The words are chosen when they are said, not before."""
    said = threading.Event()

    def words() -> str:
        said.set()
        return "reading 4,049 files"

    with announced(words, after=0.0):
        assert said.wait(10)
        for thread in threading.enumerate():
            if isinstance(thread, threading.Timer):
                thread.join(10)

    assert "agent_host: reading 4,049 files\n" == capsys.readouterr().err


def test_what_is_quick_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody waits for it."""
    with announced(lambda: "never", after=3600.0):
        pass

    assert "" == capsys.readouterr().err


def test_an_index_knows_how_many_files_it_reads(folder: Path) -> None:
    """Before it has read them: None until they were counted."""
    index = Index(Corpus(folder))
    before = index.found
    index.refresh()

    assert (None, 2) == (before, index.found)
