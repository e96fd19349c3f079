"""The problem view (RFC 9457) of a failure: all that an end user sees of it."""

from __future__ import annotations

from typing import Any

from ._codes import code_of
from ._entry import Entry

__all__ = ["problem"]

_BY_CODE = {
    "unauthenticated": (401, "Please sign in again"),
    "forbidden": (403, "This is not yours to use"),
    "not_found": (404, "It does not exist"),
    "run_in_progress": (409, "An answer is still being written"),
    "event_too_large": (413, "A message was too large"),
    "buffer_full": (429, "Too much is waiting to be received"),
    "host_overloaded": (503, "The service is overloaded"),
    "store_unavailable": (503, "The service can not save at the moment"),
}
_BY_DECISION = {
    "restart": (503, "Something failed and is being started again"),
    "resume": (503, "Something failed and goes on"),
    "park": (503, "Something failed too often and is paused"),
    "give_up": (503, "Something failed too often and was stopped"),
}
_OTHER = (500, "Something failed")


def problem(entry: Entry) -> dict[str, Any]:
    """Return what an end user may know: no message, no type, no path; the id leads to the rest.

    ``retry_after_s`` and ``run_id`` are there where they are known.

    Raises:
        ValueError: If *entry* has no failure.
    """
    failure = entry.failure
    if failure is None:
        raise ValueError(f"entry {entry.id} of kind {entry.kind!r} holds no failure")
    code = code_of(failure.exception)
    status, title = _BY_CODE.get(code) or _BY_DECISION.get(entry.decision or "") or _OTHER
    # Only codes of stentor's own are told; the name of a host's exception class stays within.
    told: dict[str, Any] = {
        "type": f"urn:stentor:problem:{code}" if code in _BY_CODE else "about:blank",
        "title": title,
        "status": status,
        "instance": f"urn:stentor:failure:{failure.id}",
    }
    if entry.delay is not None and entry.decision in _BY_DECISION:
        told["retry_after_s"] = round(entry.delay, 3)
    run_id = failure.context.get("run_id")
    if isinstance(run_id, str):
        told["run_id"] = run_id[:256]
    return told
