"""The tools of the example agent, on real files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from examples.agent_host.corpus import Corpus, NoDocuments
from examples.agent_host.index import Index
from examples.agent_host.matches import Pattern
from examples.agent_host.patience import TookTooLong, find_patiently
from examples.agent_host.sentences import sentences
from examples.agent_host.tools import Tools, Totals


def tools(folder: Path) -> Tools:
    """Tools over *folder*."""
    return Tools(Index(Corpus(folder)))


async def test_search_finds_the_passage_and_its_line(folder: Path) -> None:
    """A hit says where it stands, whatever the ending of the words asked for."""
    hits, total = await tools(folder).search("Which lenses are cracked?")

    assert "guide/lamps.md:6" == hits[0].passage.at
    assert "Faults" == hits[0].passage.heading
    assert 1 == total


async def test_search_copes_with_any_question(folder: Path) -> None:
    """Quotes, operators and signs of the query language are words like others, or nothing."""
    for question in ('"', "wick AND NOT *", "lens:", "^lens$", "(((", "%", "NEAR(wick, 2)"):
        hits, _ = await tools(folder).search(question)

        assert all(hit.passage.lines for hit in hits)


async def test_reading_gives_the_passage_of_a_line(folder: Path) -> None:
    """A line inside a passage brings the whole passage; a place that is not there brings nothing."""
    passage = await tools(folder).read("guide/lamps.md", 4)

    assert passage is not None
    assert (1, 4) == (passage.first, passage.last)
    assert "and must be filled twice a night." == passage.lines[-1]
    assert await tools(folder).read("guide/lamps.md", 999) is None
    assert await tools(folder).read("../secret.md", 1) is None


async def test_a_sentence_is_cited_by_the_line_it_begins_on(folder: Path) -> None:
    """A sentence in the middle of a paragraph has its own line; marks of Markdown are gone."""
    passage = await tools(folder).read("guide/lamps.md", 3)
    assert passage is not None

    said = {sentence.text: sentence.line for sentence in sentences(passage)}

    assert 3 == said["The harbour lamp burns whale oil and must be filled twice a night."]


async def test_matches_are_counted_by_word_and_line(folder: Path) -> None:
    """Case does not matter; only text files are searched."""
    lines = await tools(folder).matches(Pattern("wick"))

    assert [("guide/lamps.md", 3, 1), ("guide/lamps.md", 9, 1), ("guide/lamps.md", 16, 1)] == [
        (line.file, line.number, line.times) for line in lines[:3]
    ]
    assert 7 == sum(line.times for line in lines)


async def test_a_regular_expression_is_searched_in_a_process_of_its_own(folder: Path) -> None:
    """The result is that of any other search."""
    lines = await tools(folder).matches(Pattern(r"\bM\w+day", regex=True))

    assert ["notes.txt:1"] == [line.at for line in lines]


async def test_an_expression_that_takes_for_ever_is_given_up(folder: Path) -> None:
    """The loop goes on meanwhile: it is the loop that counts the seconds."""
    (folder / "trap.txt").write_text("a" * 60 + "!", encoding="utf-8")
    documents = await tools(folder).documents()

    with pytest.raises(TookTooLong, match=r"0\.3 s"):
        await find_patiently(Pattern("(a+)+b", regex=True), documents, seconds=0.3)


async def test_a_changed_file_is_indexed_anew(folder: Path) -> None:
    """What is asked after a change is answered from the change."""
    kit = tools(folder)
    before, _ = await kit.search("cormorant")
    path = folder / "notes.txt"
    path.write_text("A cormorant sat on the lamp.\n", encoding="utf-8")
    os.utime(path, ns=(1, 1))

    after, _ = await kit.search("cormorant")

    assert ([], ["notes.txt:1"]) == (before, [hit.passage.at for hit in after])


async def test_totals_count_what_there_is(folder: Path) -> None:
    """Files, lines, words."""
    assert Totals(files=2, lines=21, words=62) == await tools(folder).totals()


def test_a_missing_or_empty_folder_is_named(tmp_path: Path) -> None:
    """The message says which folder and what is wrong."""
    with pytest.raises(NoDocuments, match="there is no folder"):
        Index(Corpus(tmp_path / "nowhere")).refresh()
    with pytest.raises(NoDocuments, match="holds no"):
        Index(Corpus(tmp_path)).refresh()


def test_links_that_lead_outside_are_not_followed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Only what lies in the folder is served."""
    outside = tmp_path_factory.mktemp("outside") / "secret.txt"
    outside.write_text("secret", encoding="utf-8")
    (folder / "link.txt").symlink_to(outside)

    assert ["guide/lamps.md", "notes.txt"] == [document.name for document in Corpus(folder).read()]
