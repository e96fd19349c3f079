"""An entry as JSON: the failure dict where it is about a failure, a plain one of its own where not."""

from __future__ import annotations

from typing import Any

import msgspec

from ._codes import code_of
from ._entry import Entry
from ._failure_dict import failure_dict
from ._failure_time import rfc3339
from ._redact import clip, redact, safe_text

__all__ = ["as_line", "entry_dict"]

_TEXT = 512
_FACTS = 32


def entry_dict(entry: Entry) -> dict[str, Any]:
    """Return the failure dict of *entry*, or, where it holds no failure, its fields as ``stentor.entry/1``."""
    if entry.failure is not None:
        return failure_dict(entry)
    return {
        "schema": "stentor.entry/1",
        "id": entry.id,
        "time": rfc3339(entry.wall),
        "severity": entry.severity,
        "kind": entry.kind,
        "path": _text(entry.path),
        "supervisor": None if entry.supervisor is None else _text(entry.supervisor),
        "decision": entry.decision,
        "rule": entry.rule,
        "policy_rev": entry.policy_rev,
        "parent": entry.parent_id,
        "outcome": entry.outcome,
        "facts": {_text(key): _plain(value) for key, value in list((entry.facts or {}).items())[:_FACTS]},
    }


def as_line(entry: Entry) -> str:
    """Return *entry* as one line of JSON."""
    return msgspec.json.encode(entry_dict(entry)).decode() + "\n"


def _plain(value: object) -> object:
    if value is None or type(value) in (bool, int):
        return value
    if type(value) is float:
        return value if value - value == 0.0 else repr(value)
    if isinstance(value, BaseException):
        return f"{code_of(value)}: {_text(value)}"
    return _text(value)


def _text(value: object) -> str:
    return clip(redact(clip(safe_text(value), 4 * _TEXT))[0], _TEXT)
