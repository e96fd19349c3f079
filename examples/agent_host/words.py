"""Words: which of a question matter, and what a line of Markdown says without its marks."""

from __future__ import annotations

import re

_IDLE = (
    "a about after all also am an and any are as at be because been before being between both but by can could "
    "did do does doing down during each else ever every explain few find for from get gets give had happen "
    "happens has have he her him his how i if in into is it its just know let many may me mean means might more "
    "most much must my no nor not of off on once one only or other our out over please same say says she should "
    "show so some such tell than that the their them then there these they this those through to too under until "
    "up upon us use used uses very was we were what when where whether which while who whom whose why will with "
    "work works would you your"
)
IDLE = frozenset(_IDLE.split())
"""Words that are in every question and say nothing about what is asked."""

_WORD = re.compile(r"\w+(?:[.\-']\w+)*")
_SUFFIX = re.compile(r"(?:ations?|ings?|ions?|ments?|ed|es|s|ly|er|ers)$")


def words(text: str) -> list[str]:
    """Return the words of *text* in small letters."""
    return _WORD.findall(text.lower())


def terms(question: str) -> list[str]:
    """Return the words of *question* that matter, each once; all of them if none does."""
    every = list(dict.fromkeys(words(question)))
    return [word for word in every if word not in IDLE] or every


def stem(word: str) -> str:
    """Cut a usual English ending off, so that `restarts` and `restarted` are one."""
    short = _SUFFIX.sub("", word.lower())
    return short if len(short) >= 3 else word.lower()


def stems(text: str) -> frozenset[str]:
    """Return the stems of all words of *text*, also of the parts of a compound name."""
    return frozenset(stem(part) for part in re.findall(r"[^\W_]+", text.lower()))


def coverage(wanted: frozenset[str], text: str) -> int:
    """Count how many of the stems *wanted* stand in *text*."""
    return len(wanted & stems(text))


def plain(line: str) -> str:
    """Return *line* without Markdown's marks: a link is its text, a table row its cells."""
    line = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", line)
    line = re.sub(r"^\s*(?:#+|>+|[-*+]|\d+[.)])\s+", "", line)
    line = re.sub(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1", r"\2", line)
    line = re.sub(r"(?<![\w*])\*(?=\S)([^*]+?)(?<=\S)\*(?![\w*])", r"\1", line)
    line = line.replace("`", "").replace("**", "")  # also what is left of a pair that was cut
    if line.lstrip().startswith("|"):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        line = " · ".join(cell for cell in cells if cell.strip("-: "))
    return " ".join(line.split())
