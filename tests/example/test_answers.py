"""The answers of the example agent: made of the files, cited, and the same every time."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Self, cast

import pytest
import stentor
from attrs import define, field

from examples.agent_host.answers import pieces
from examples.agent_host.corpus import Corpus
from examples.agent_host.index import Index
from examples.agent_host.skills import Skills
from examples.agent_host.tools import Tools


@define
class NotedCall:
    """A tool call that keeps its result."""

    name: str
    arguments: dict[str, Any]
    value: Any = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    def result(self, value: Any) -> None:
        """Keep *value*."""
        self.value = value


@define
class NotedRun:
    """A run that keeps what it is told, in place of one that sends it."""

    thoughts: list[str] = field(factory=list[str])
    calls: list[NotedCall] = field(factory=list[NotedCall])

    async def thinking(self, text: str) -> None:
        """Keep *text*."""
        self.thoughts.append(text)

    def tool(self, name: str, /, **arguments: Any) -> NotedCall:
        """Keep the call."""
        self.calls.append(NotedCall(name, arguments))
        return self.calls[-1]


async def answer(folder: Path, question: str) -> tuple[str, NotedRun]:
    """Ask a new agent over *folder*."""
    run = NotedRun()
    skills = Skills(Tools(Index(Corpus(folder))))
    return await skills.answer(cast("stentor.Run", run), question), run


async def test_a_search_is_answered_by_sentences_with_their_places(folder: Path) -> None:
    """Every citation leads to the line that the quoted words begin on."""
    text, run = await answer(folder, "What does smoke of the wick mean?")

    cited = re.findall(r"(\w[^\n]*?) \(([\w./]+):(\d+)\)", text)
    lines = {name: (folder / name).read_text(encoding="utf-8").splitlines() for _, name, _ in cited}
    assert ("Smoke means that the wick is too long.", "guide/lamps.md", "9") == cited[0]
    assert all(said.split()[0] in lines[name][int(number) - 1] for said, name, number in cited)
    assert ["search", "read_passage"] == [call.name for call in run.calls][:2]
    assert run.thoughts


async def test_the_same_question_gets_the_same_words(folder: Path) -> None:
    """Nothing of time or chance is in an answer."""
    first, _ = await answer(folder, "Who trims the wick?")
    again, _ = await answer(folder, "Who trims the wick?")

    assert first == again


async def test_a_count_says_how_often_and_where(folder: Path) -> None:
    """Times, lines, files, and the first places."""
    text, run = await answer(folder, "How many times does “wick” occur?")

    assert text.startswith("“wick” occurs 7 times on 5 lines, in 2 of 2 files: notes.txt (4), guide/lamps.md (3).")
    assert "guide/lamps.md:3" in text
    assert ["matches"] == [call.name for call in run.calls]
    assert 7 == run.calls[0].value["times"]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What is 15% of 2,048?", "15% of 2,048 = 307.2"),
        ("1/0", "I cannot say what 1/0 is: a division by zero has no result."),
        ("How many files are there?", "There are 2 files with 21 lines and 62 words."),
        ("Who was Napoleon?", "I found nothing about “napoleon” in these documents. Other words may help."),
        ("count /(/", "I cannot search for /(/: missing ), unterminated subpattern at position 0."),
        ("how often is “unicorn” mentioned?", "“unicorn” stands nowhere in the 2 files."),
        ("show gone.md:3", "There is no gone.md:3 in these documents."),
    ],
)
async def test_a_question_is_answered_in_words(folder: Path, question: str, words: str) -> None:
    """Also one that cannot be answered: that is no failure of the run."""
    text, _ = await answer(folder, question)

    assert words == text


def test_the_pieces_of_an_answer_make_up_the_answer() -> None:
    """Spoken word by word, nothing is lost: spaces and line ends stay."""
    text = "One  two\n\nthree.\n"

    assert ["One", "  two", "\n\nthree.\n"] == pieces(text)
    assert text == "".join(pieces(text))
