"""The failure dict ``stentor.failure/1``: one failure as plain JSON values, complete, bounded and redacted."""

from __future__ import annotations

import hashlib
import importlib.resources
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, TypeAlias, cast

import msgspec
from stentor.actors import Failure
from stentor.protocol.errors import StentorError

from ._codes import code_of, type_name
from ._entry import Entry
from ._failure_chain import chain_of, stacktrace
from ._failure_time import nanoseconds, rfc3339
from ._fingerprint import fingerprint
from ._path_template import path_template
from ._redact import is_secret_name
from ._service import Service
from ._writer import Writer

__all__ = ["UserIds", "failure_dict", "failure_schema"]

UserIds: TypeAlias = Literal["keep", "hash", "drop"]

SEVERITY_NUMBERS = {"info": 9, "warn": 13, "error": 17, "fatal": 21}
_MESSAGE = 2048
_STACK = 16_384
_NAME = 512
_ATTRIBUTES = 32
_KNOWN = ("user_id", "session_id", "thread_id", "run_id", "trace_id", "span_id", "message_digest")


def failure_dict(entry: Entry, *, users: UserIds = "keep", service: Service | None = None) -> dict[str, Any]:
    """Return the failure of *entry* as plain values that JSON can hold; ``failure_schema()`` describes it.

    Args:
        entry: An entry with a failure.
        users: Whether ids of users are kept, hashed or dropped, wherever they stand.
        service: What is said about the service; by default this process of ``stentor``.

    Raises:
        ValueError: If *entry* has no failure.
    """
    failure = entry.failure
    if failure is None:
        raise ValueError(f"entry {entry.id} of kind {entry.kind!r} holds no failure; entry_dict(entry) shows it")
    write = Writer(*_veil(failure, users), failure.secrets)
    told = {
        "schema": "stentor.failure/1",
        "id": failure.id,
        "time": rfc3339(entry.wall or failure.wall),
        "time_unix_nano": nanoseconds(entry.wall or failure.wall),
        "severity": entry.severity,
        "severity_number": SEVERITY_NUMBERS[entry.severity],
        "code": code_of(failure.exception),
        "exception": {
            "type": write.clipped("exception.type", type_name(failure.exception), 256),
            "message": write.text("exception.message", failure.exception, _MESSAGE),
            "stacktrace": write.middle("exception.stacktrace", stacktrace(failure), _STACK),
            "chain": chain_of(failure, write),
        },
        "fingerprint": fingerprint(failure),
        "actor": _actor(failure, write),
        "supervision": _supervision(entry, write),
        "context": _context(failure, write, users),
        "runtime": (service or Service()).to_dict(write),
    }
    return {**told, "truncated": sorted(write.truncated), "redactions": write.redactions}


@cache
def _schema_bytes() -> bytes:
    return (
        importlib.resources.files(__package__ or "stentor.supervisor.ledger")
        .joinpath("failure.schema.json")
        .read_bytes()
    )


def failure_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the failure dict."""
    schema: dict[str, Any] = msgspec.json.decode(_schema_bytes())
    return schema


def _actor(failure: Failure, write: Writer) -> dict[str, Any]:
    return {
        "path": write.text("actor.path", failure.path or "/", _NAME),
        "path_template": write.text("actor.path_template", path_template(failure.path), _NAME),
        "kind": write.text("actor.kind", failure.kind, 64),
        "incarnation": failure.incarnation,
        "uptime_s": _seconds(failure.uptime),
        "mailbox_depth": failure.mailbox_depth,
    }


def _supervision(entry: Entry, write: Writer) -> dict[str, Any]:
    failure = entry.failure
    return {
        "supervisor": write.optional("supervision.supervisor", entry.supervisor, _NAME),
        "decision": write.optional("supervision.decision", entry.decision, 64),
        "rule": write.optional("supervision.rule", entry.rule, 256),
        "rung": entry.rung,
        "restarts_total": entry.restarts_total,
        "restarts_in_window": entry.restarts_in_window,
        "max_restarts": entry.max_restarts,
        "window_s": _seconds(entry.window_s),
        "backoff_s": _seconds(entry.delay),
        "next_attempt_at": None if entry.next_attempt_at is None else rfc3339(entry.next_attempt_at),
        "policy_rev": entry.policy_rev,
        "parent": entry.parent_id or (failure.parent_id if failure is not None else None),
        "outcome": write.optional("supervision.outcome", entry.outcome, 256),
    }


def _context(failure: Failure, write: Writer, users: UserIds) -> dict[str, Any]:
    known = _ids(failure)
    told = {name: write.optional(f"context.{name}", known.get(name), 256) for name in _KNOWN}
    if users == "drop":
        told["user_id"] = None
    told["operation"] = write.optional("context.operation", failure.operation, 256)
    told["message_type"] = write.optional("context.message_type", failure.message_type, 256)
    extra = {key: value for key, value in failure.context.items() if key not in _KNOWN}
    return {**told, "attributes": _attributes({**extra, **_details(failure.exception)}, write)}


def _attributes(values: Mapping[str, Any], write: Writer) -> dict[str, Any]:
    if len(values) > _ATTRIBUTES:
        write.truncated.add("context.attributes")
    return {
        write.text("context.attributes", key, 128): write.blotted()
        if is_secret_name(key)
        else write.value("context.attributes", value, 256)
        for key, value in list(values.items())[:_ATTRIBUTES]
    }


def _ids(failure: Failure) -> dict[str, Any]:
    """Return whose failure it is: what the actor knows, else what the exception says."""
    found = dict(failure.context)
    if isinstance(failure.exception, StentorError):
        for name in ("user_id", "thread_id"):
            if found.get(name) is None:
                found[name] = vars(failure.exception).get(name)
    return found


def _details(exception: BaseException) -> dict[str, Any]:
    if not isinstance(exception, StentorError):
        return {}
    details = vars(exception).get("details")
    return cast(dict[str, Any], details) if isinstance(details, dict) else {}


def _veil(failure: Failure, users: UserIds) -> tuple[str, str]:
    """Return the user's id as it stands in texts, and what is to stand there instead; empty for no change."""
    user = _ids(failure).get("user_id")
    if users == "keep" or not isinstance(user, str) or not user:
        return "", ""
    hashed = hashlib.blake2b(user.encode("utf-8", "replace"), digest_size=8).hexdigest()
    return user, f"user-{hashed}" if users == "hash" else "[user]"


def _seconds(value: float | None) -> float | None:
    return None if value is None or value != value or abs(value) == float("inf") else round(float(value), 6)
