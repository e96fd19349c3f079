"""Said: values and rules in the words of a file, where code has its own."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, cast

__all__ = ["NONE", "allowed", "said"]

NONE = "none"
"""How a file says None."""

_WORDS = {"None": f'"{NONE}"', "True": "true", "False": "false"}
_WORD = re.compile(r"\b(None|True|False)\b")


def said(value: object) -> str:
    """Return *value* as a file has it."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value, ensure_ascii=False)
        case list():
            return f"[{', '.join(map(said, cast(list[Any], value)))}]"
        case dict():
            pairs = cast(Mapping[str, Any], value).items()
            return f"{{{', '.join(f'{key} = {said(each)}' for key, each in pairs)}}}"
        case _:
            return str(value)


def allowed(text: str) -> str:
    """Return what is allowed, as code says it, in a file's words."""
    return _WORD.sub(lambda word: _WORDS[word[1]], text)
