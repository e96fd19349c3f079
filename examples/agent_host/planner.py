"""The planner: which tool answers a question. Same question, same plan; no model, no key, no network."""

from __future__ import annotations

import re

from attrs import frozen

from .matches import Pattern


@frozen
class Calculate:
    """The question is an arithmetic expression, *asked* in these words."""

    expression: str
    asked: str


@frozen
class Count:
    """The question asks how often something stands there; *listing*: also where."""

    pattern: Pattern
    listing: bool


@frozen
class CountAll:
    """The question asks how many files, lines or words there are."""


@frozen
class Read:
    """The question names a place."""

    file: str
    line: int


@frozen
class Look:
    """Anything else: search, read, quote."""

    question: str


Plan = Calculate | Count | CountAll | Read | Look

_WORDS = (
    (r"(\d(?:[\d.]*\d)?)\s*(?:%|percent)\s+of\b", r"(\1/100) * "),
    (r"(\d(?:[\d.]*\d)?)\s*percent\b", r"(\1/100)"),
    (r"(\d(?:[\d.]*\d)?)\s*%(?=\s*(?:$|[-+*/)]))", r"(\1/100)"),
    (r"\bthe square root of\s+(\d[\d.]*)", r"sqrt(\1)"),
    (r"\bto the power of\b", "**"),
    (r"\bmultiplied by\b|\btimes\b|[×·](?=\s*[\d(])", "*"),
    (r"\bdivided by\b|÷", "/"),
    (r"\bplus\b", "+"),
    (r"\bminus\b|−", "-"),
    (r"(?<=\d)\s*x\s*(?=\d)", "*"),
    (r"(?<=\d),(?=\d{3}\b)", ""),
)
_ASKED = re.compile(
    r"^\s*(?:please\s+)?(?:what(?:'s|\s+is|\s+are)|how\s+much\s+(?:is|are)|calculate|compute|evaluate)?\s*", re.I
)
_ARITHMETIC = re.compile(r"(?:\d|[-+*/%^().,\s]|\b(?:sqrt|abs|round|floor|ceil|min|max|pi|e)\b)+")
_QUOTED = re.compile(r"/((?:[^/\\]|\\.)+)/|[“\"`]([^”\"`]+)[”\"`]|(?<!\w)'([^']+)'(?!\w)")
_COUNTING = re.compile(
    r"\b(?:how\s+(?:many|often)|count|number\s+of|list|where\s+(?:is|are|do|does)|occurrences?)\b", re.I
)
_LISTING = re.compile(r"\b(?:list|where|show|which)\b", re.I)
_ALL = re.compile(
    r"^\s*(?:how\s+many|count|number\s+of)\s+(?:the\s+)?(?:all\s+)?(?:files|lines|words|documents|pages)"
    r"(?:\s+(?:are\s+there|do\s+you\s+have|is\s+it|in\s+total|altogether))?\W*$",
    re.I,
)
_COUNTED = (
    r"how\s+often\s+(?:is|are|does|do)\s+(.+?)\s+(?:mention|occur|appear|name|use|come|stand|written)\w*\b.*",
    r"how\s+many\s+times\s+(?:is|are|does|do)\s+(.+?)\s+(?:mention|occur|appear|name|use|come|stand|written)\w*\b.*",
    r"(?:how\s+many|count|list)\s+(?:all\s+|the\s+)*(?:lines|places|files|passages|documents|pages)\s+"
    r"(?:that\s+|which\s+)?(?:contain|mention|name|say|have|with|match|use)(?:s|ing)?\s+(?:the\s+words?\s+)?(.+)",
    r"(?:how\s+many|count|list|number\s+of)\s+(?:all\s+|the\s+)*(?:occurrences?|mentions?|matches|uses)\s+"
    r"(?:of|for)\s+(?:the\s+words?\s+)?(.+)",
    r"where\s+(?:is|are)\s+(.+?)\s+(?:mentioned|named|used|written)\b.*",
    r"(?:how\s+many)\s+(.+?)\s+(?:are|is)\s+there\b.*",
    r"(?:count|list)\s+(?:all\s+|the\s+)*(?:words?\s+)?(.+)",
)
_PLACE = re.compile(r"([\w./-]+\.(?:md|markdown|txt|text|rst))(?::|\s+line\s+|,\s*line\s+)(\d+)", re.I)


def plan(question: str) -> Plan:
    """Choose how to answer *question*."""
    quoted = _QUOTED.search(question)
    if quoted and _COUNTING.search(question):
        regex, *texts = quoted.groups()
        text = regex or next(text for text in texts if text)
        return Count(Pattern(text, regex is not None), bool(_LISTING.search(question)))
    if place := _PLACE.search(question):
        return Read(place[1], int(place[2]))
    if _ALL.match(question):
        return CountAll()
    if calculation := arithmetic(question):
        return calculation
    for form in _COUNTED:
        if counted := re.match(rf"\s*(?:please\s+)?{form}", question.strip().rstrip("?.! "), re.I):
            text = re.sub(r"\s+(?:in\s+(?:the|all|these)\s+\w+|are\s+there)$", "", counted[1]).strip(" ,;:?!.")
            if text:
                return Count(Pattern(text), bool(_LISTING.search(question)))
    return Look(question)


def arithmetic(question: str) -> Calculate | None:
    """Return the arithmetic that *question* asks for, None if it asks for something else."""
    if re.fullmatch(r"\W*\d{4}-\d\d-\d\d\W*", question):
        return None  # a date
    asked = text = _ASKED.sub("", question.strip().rstrip("?!=. "), count=1)
    for words, sign in _WORDS:
        text = re.sub(words, sign, text, flags=re.I)
    calls = re.search(r"\b(?:sqrt|abs|round|floor|ceil|min|max)\s*\(", text)
    joins = re.search(r"[\d)]\s*(?:[-+/%^]|\*+)\s*[\d(.\-a-z]", text)
    if _ARITHMETIC.fullmatch(text) and re.search(r"\d", text) and (calls or joins):
        return Calculate(" ".join(text.split()), asked)
    return None
