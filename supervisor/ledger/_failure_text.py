"""A whole failure as a text to read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ._entry import Entry
from ._escape import escape
from ._failure_dict import failure_dict
from ._where import where

__all__ = ["failure_text"]


def failure_text(entry: Entry) -> str:
    """Return all that is known about the failure of *entry*, its stack at the end; nothing a terminal would obey."""
    told = failure_dict(entry)
    lines = [f"failure {told['id']}", *_facts(entry, told), "", *told["exception"]["stacktrace"].splitlines()]
    return "\n".join(escape(line) for line in lines) + "\n"


def _facts(entry: Entry, told: dict[str, Any]) -> Iterator[str]:
    actor, supervision, context = told["actor"], told["supervision"], told["context"]
    who = context["session_id"] or context["user_id"]
    during = f" while it handled a {context['message_type']}" if context["message_type"] else ""
    facts = {
        "time": told["time"],
        "code": f"{told['code']} ({told['severity']})",
        "where": "" if entry.failure is None else where(entry.failure),
        "actor": f"{actor['path']} ({actor['kind']}, life {actor['incarnation']}, {actor['uptime_s']:.3g} s old)",
        "in": f"{context['operation']}{during}",
        "session": who,
        "run": context["run_id"],
        "decision": _decided(supervision),
        "outcome": supervision["outcome"],
        "caused by": entry.parent_id,
        "cut": ", ".join(told["truncated"]),
    }
    return (f"  {name:<9} {value}" for name, value in facts.items() if value)


def _decided(supervision: dict[str, Any]) -> str:
    if supervision["decision"] is None:
        return "recorded; no supervisor decides upon it"
    rule = f" by rule {supervision['rule']}" if supervision["rule"] else ""
    within = supervision["restarts_in_window"]
    spent = f", {within} of {supervision['max_restarts']} restarts in {supervision['window_s']:g} s" if within else ""
    return f"{supervision['decision']}{rule} of {supervision['supervisor'] or '/'}{spent}"
