"""Where failures, dead letters and refusals go: the port, and a ring for those who bring none."""

from __future__ import annotations

import logging
from collections import deque
from typing import Any, Protocol

from ._failure import Failure

__all__ = ["Recorder", "RingRecorder", "default_recorder"]

logger = logging.getLogger("stentor")


class Recorder(Protocol):
    """Takes what must not vanish. Called from any thread; every method is O(1) and never raises."""

    def failure(self, failure: Failure) -> None:
        """Keep a failure that no supervisor decides upon."""

    def dead_letter(self, path: str, message: Any, reason: str, failure_id: str | None) -> None:
        """Keep a message that nobody will handle, and why."""

    def refused(self, path: str, message: Any, exception: BaseException) -> None:
        """Keep a refusal that had no caller to answer."""

    def note(self, kind: str, **facts: Any) -> None:
        """Keep anything else: "fenced", "abandoned", …"""


class RingRecorder:
    """The last *size* entries in memory, and one log line each.

    Args:
        size: How many entries to keep.
    """

    def __init__(self, size: int = 1000) -> None:
        self.entries: deque[tuple[str, dict[str, Any]]] = deque(maxlen=size)

    def failure(self, failure: Failure) -> None:
        """Keep it, and log one ERROR line."""
        self.entries.append(("failure", {"failure": failure}))
        logger.error(
            "%s failed in %s: %r (failure %s)",
            failure.path,
            failure.operation,
            failure.exception,
            failure.id,
        )

    def dead_letter(self, path: str, message: Any, reason: str, failure_id: str | None) -> None:
        """Keep it, and log one WARNING line without the message's content."""
        self.entries.append(
            ("dead_letter", {"path": path, "message": message, "reason": reason, "failure_id": failure_id})
        )
        logger.warning("dead letter at %s: %s (%s)", path, type(message).__name__, reason)

    def refused(self, path: str, message: Any, exception: BaseException) -> None:
        """Keep it, and log one WARNING line."""
        self.entries.append(("refused", {"path": path, "message": message, "exception": exception}))
        logger.warning("%s refused a %s: %s", path, type(message).__name__, exception)

    def note(self, kind: str, **facts: Any) -> None:
        """Keep it, and log one INFO line."""
        self.entries.append((kind, facts))
        logger.info("%s: %s", kind, facts)


default_recorder = RingRecorder()
"""The process's own, for actors that were given none."""
