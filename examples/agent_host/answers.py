"""Answers: the words that the agent says, made of what its tools gave back. Pure: same facts, same words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction

from .arithmetic import write
from .index import Hit
from .matches import Line, Pattern
from .passages import Passage
from .sentences import Sentence, sentences, shorten
from .tools import Totals
from .words import coverage, plain, stems, terms

QUOTES = 4
"""Sentences that an answer quotes at most."""
LINES = 12
"""Lines that a list shows at most."""


def pieces(answer: str) -> list[str]:
    """Cut *answer* into the pieces it is spoken in; joined they are *answer*."""
    return re.findall(r"\s*\S+(?:\s+\Z)?", answer)


def quoted(question: str, hits: list[Hit], total: int, read: list[Passage]) -> str:
    """Quote the best sentences of the passages *read*, each with its place."""
    if not read:
        return f"I found nothing about {_about(question)} in these documents. Other words may help."
    lines = [f"{sentence.text} ({sentence.at})" for sentence in best(question, read)]
    more = [hit.passage.at for hit in hits if hit.passage not in read][:3]
    answer = f"This is what the documents say about {_about(question)}:\n\n" + "\n\n".join(lines)
    if more:
        answer += f"\n\nMore of it stands at {_row(more)}"
        answer += f"; {_many(total, 'passage')} match in all." if total > len(hits) else "."
    return answer


def best(question: str, read: Iterable[Passage]) -> list[Sentence]:
    """Choose the sentences that cover the question best; the first passage weighs most."""
    wanted = stems(" ".join(terms(question)))
    ranked: list[tuple[float, int, Sentence]] = []
    for place, passage in enumerate(read):
        under = coverage(wanted, passage.heading) / 2
        for sentence in sentences(passage):
            covers = coverage(wanted, sentence.text)
            if (covers or under) and sentence.text != plain(passage.heading):
                weight = covers + under - place / 4 - (0 if sentence.prose else 1)
                ranked.append((weight, -len(ranked), sentence))
    chosen: dict[str, Sentence] = {}
    for _, _, sentence in sorted(ranked, key=lambda entry: (-entry[0], -entry[1])):
        chosen.setdefault(sentence.text, sentence)
    return list(chosen.values())[:QUOTES] or [first for p in read for first in sentences(p)[:1]][:QUOTES]


def counted(pattern: Pattern, lines: list[Line], files: int, listing: bool) -> str:
    """Say how often *pattern* stands there, and where."""
    if not lines:
        return f"{pattern} stands nowhere in the {_many(files, 'file')}."
    times = sum(line.times for line in lines)
    where = {line.file: 0 for line in lines}
    for line in lines:
        where[line.file] += line.times
    answer = f"{pattern} occurs {_many(times, 'time')} on {_many(len(lines), 'line')}, "
    answer += f"in {len(where)} of {_many(files, 'file')}"
    busiest = sorted(where.items(), key=lambda entry: (-entry[1], entry[0]))
    answer += ": " + ", ".join(f"{file} ({n})" for file, n in busiest[:6]) + (" …" if len(busiest) > 6 else ".")
    shown = lines[: LINES if listing else 3]
    answer += "\n\n" + "\n".join(f"{line.at}  {shorten(plain(line.text), 160)}" for line in shown)
    rest = len(lines) - len(shown)
    return answer + (f"\n\n… and {_many(rest, 'more line')}." if rest else "")


def totals(facts: Totals) -> str:
    """Say how much there is."""
    return f"There are {_many(facts.files, 'file')} with {_many(facts.lines, 'line')} and {_many(facts.words, 'word')}."


def passage(found: Passage | None, file: str, line: int) -> str:
    """Show the passage that was asked for by its place."""
    if found is None:
        return f"There is no {file}:{line} in these documents."
    under = f" under “{found.heading}”" if found.heading else ""
    return f"{found.file}, lines {found.first} to {found.last}{under}:\n\n" + "\n".join(found.lines)


def calculated(asked: str, value: Fraction) -> str:
    """Say what was *asked* for, and its value."""
    return f"{asked} = {write(value)}"


def _about(question: str) -> str:
    return "“" + " ".join(terms(question)) + "”"


def _many(number: int, thing: str) -> str:
    return f"{number:,} {thing}" + ("" if number == 1 else "es" if thing.endswith(("s", "h")) else "s")


def _row(places: list[str]) -> str:
    return places[0] if len(places) == 1 else ", ".join(places[:-1]) + " and " + places[-1]
