"""Path template: an actor's path without whose it is."""

from __future__ import annotations

__all__ = ["path_template"]

_NAMED = {"sessions": "{session}", "runs": "{run}"}


def path_template(path: str) -> str:
    """Return *path* with the names of sessions and runs left open: ``/sessions/{session}``."""
    parts = path.split("/", 2)
    if len(parts) < 3 or not parts[2]:
        return path or "/"
    return f"/{parts[1]}/{_NAMED[parts[1]]}" if parts[1] in _NAMED else path
