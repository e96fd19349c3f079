"""Redaction: secrets are taken out of texts by their pattern, and texts are cut to their limit."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from urllib.parse import quote, quote_plus

__all__ = ["clip", "clip_middle", "hide", "redact", "safe_text"]

MARK = "[redacted]"
# Models count tokens: those are no secrets.
_TOKEN = r"token(?!s\b|i[sz]|s?[_-]?(?:count|limit|usage))"
_NAMES = rf"(?:api|access|private)[_-]?key|{_TOKEN}|secret|passw(?:or)?d|passphrase|pwd|credentials?"
_QUOTE = r"\\?[\"']?"
_VALUE = r"(?:\"[^\"\n]*\"?|'[^'\n]*'?|\\[\"'][^\"'\n\\]*|[^\s,;&\"'\\)\]}]+)"
# Every repetition is bounded or starts at a place that can not lie inside another try: no text makes these slow.
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(://)[^/\s@]{1,512}@"), rf"\1{MARK}@"),
    (re.compile(rf"(?i)((?:set-)?cookie{_QUOTE}\s{{0,8}}[:=]\s{{0,8}})[^\r\n]+"), rf"\1{MARK}"),
    (
        re.compile(
            rf"(?i)(authorization{_QUOTE}\s{{0,8}}[:=]\s{{0,8}}{_QUOTE})(?:(?:bearer|basic|digest|token)\s+)?"
            r"[^\s\"',;\\]+"
        ),
        rf"\1{MARK}",
    ),
    (re.compile(r"(?i)\b(bearer|basic)\s{1,8}[a-z0-9._~+/=-]{8,}"), rf"\1 {MARK}"),
    (re.compile(r"(?<![A-Za-z0-9_.-])eyJ[\w-]{4,}\.[\w-]{4,}(?:\.[\w-]*)?"), MARK),
    (re.compile(r"(?<![A-Za-z0-9_-])(?:sk|pk|rk)[-_][A-Za-z0-9_-]{8,}"), MARK),
    (re.compile(r"(?<![A-Za-z0-9_-])(?:gh[opsu]_|github_pat_|xox[abprs]-|AKIA|AIza)[A-Za-z0-9_-]{10,}"), MARK),
    (
        re.compile(rf"(?i)((?:{_NAMES})[\w-]{{0,32}}{_QUOTE}\s{{0,8}}[:=]\s{{0,8}})(?!{re.escape(MARK)}){_VALUE}"),
        rf"\1{MARK}",
    ),
)
_SECRET_NAME = re.compile(rf"(?i){_NAMES}|authorization|cookie")


def redact(text: str) -> tuple[str, int]:
    """Return *text* without what looks like a secret, and how many places were blotted out."""
    total = 0
    for pattern, replacement in _PATTERNS:
        text, found = pattern.subn(replacement, text)
        total += found
    return text, total


def hide(text: str, secrets: Sequence[str]) -> tuple[str, int]:
    """Return *text* without the values *secrets*, and how many places were blotted out.

    Each is found as it is and as repr, JSON or a URL write it. To be called before a text is cut: half a secret is
    not found.
    """
    total = 0
    for secret in secrets:
        quoted = (repr(secret), ascii(secret), json.dumps(secret), json.dumps(secret, ensure_ascii=False))
        in_url = (quote(secret, safe, errors="backslashreplace") for safe in ("", "/"))
        spellings = {secret, safe_text(secret), *(it[1:-1] for it in quoted), *in_url}
        spellings.add(quote_plus(secret, errors="backslashreplace"))
        for spelling in sorted(spellings, key=len, reverse=True):
            total += text.count(spelling)
            text = text.replace(spelling, MARK)
    return text, total


def is_secret_name(name: str) -> bool:
    """Whether a field of that name holds a secret whatever its value looks like."""
    return _SECRET_NAME.search(name) is not None


def clip(text: str, limit: int) -> str:
    """Return *text*, or its first *limit* characters with an ellipsis as the last one."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def clip_middle(text: str, limit: int) -> str:
    """Return *text*, or its head and tail, whole lines where possible, in at most *limit* characters."""
    if len(text) <= limit:
        return text
    mark = f"\n… {len(text) - limit} or more characters cut …\n"
    room = limit - len(mark)
    tail = text[-(room // 2) :]
    # The tail begins at a line, so that it can't begin within a secret whose name was cut away.
    _, found, rest = tail.partition("\n")
    return text[: room - room // 2] + mark + (rest if found else tail)


def safe_text(value: object) -> str:
    """Return the text of *value*, whatever its ``__str__`` does; always encodable as UTF-8."""
    try:
        return str.encode(str(value), "utf-8", "backslashreplace").decode()
    except KeyboardInterrupt:
        raise
    except BaseException as broken:  # Hostile or broken: a failure must be told all the same.
        return f"<{type(value).__name__}: __str__ raised {type(broken).__name__}>"
