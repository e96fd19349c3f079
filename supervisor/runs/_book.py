"""The book of runs: which run each session has, which prompts wait for it, and who is told to stop."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Literal, TypeAlias

from attrs import define, field
from stentor.protocol.errors import ConcurrencyRejected

from ._message import Message
from ._prompted import Prompted

__all__ = ["Concurrency", "RunBook", "Running"]

Concurrency: TypeAlias = Literal["queue", "reject", "parallel"]
"""What a prompt does that comes during a run."""


@define(eq=False)
class Running:
    """One run that goes on; *cancel* stops it with a reason."""

    message: Message
    cancel: Callable[[str], None] | None = None
    reason: str | None = None
    """Why it is to stop, where that was said before it could be told."""
    over: bool = False
    """It has ended, and was crossed out."""
    shared: Prompted = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.shared = Prompted(self.message.run_id)

    def stop(self, reason: str) -> None:
        """Stop it, now or as soon as it has begun."""
        if self.reason is None:
            self.reason = reason
            if self.cancel is not None:
                self.cancel(reason)


@define(eq=False)
class RunBook:
    """Lives in the runtime and not in an actor: what waits survives a crash of /runs."""

    concurrency: Concurrency
    limit: int = 100
    """Prompts that may wait in one session."""

    _beside: dict[str, Running] = field(factory=dict[str, Running], init=False)
    _running: dict[str, dict[str, Running]] = field(factory=dict[str, dict[str, Running]], init=False)
    _waiting: dict[str, deque[Message]] = field(factory=dict[str, deque[Message]], init=False)

    def offer(self, session: str, message: Message) -> Running | None:
        """Enter *message*: return its run if it begins now, None if it waits.

        Raises:
            ConcurrencyRejected: If a run goes on and only one may, or if too many wait.
        """
        if self.concurrency == "parallel" or not self._running.get(session):
            return self._begin(session, message)
        if self.concurrency == "reject":
            raise ConcurrencyRejected(user_id=message.user_id, thread_id=message.thread_id)
        queue = self._waiting.setdefault(session, deque())
        if len(queue) >= self.limit:
            raise ConcurrencyRejected(
                f"{self.limit} messages wait in this session already; wait for a run to end, or cancel it",
                user_id=message.user_id,
                thread_id=message.thread_id,
            )
        queue.append(message)
        return None

    def beside(self, message: Message) -> Running:
        """Enter a run that begins now, whatever else goes on: nobody waits for it, and it waits for nobody."""
        running = self._beside[message.run_id] = Running(message)
        return running

    def _begin(self, session: str, message: Message) -> Running:
        running = Running(message)
        self._running.setdefault(session, {})[message.run_id] = running
        return running

    def ended(self, session: str, run_id: str) -> Running | None:
        """Cross out a run; return the one whose turn it is now. Harmless when it is crossed out already."""
        if self._beside.pop(run_id, None) is not None:
            return None
        runs = self._running.get(session, {})
        if runs.pop(run_id, None) is None or runs:
            return None
        self._running.pop(session, None)
        queue = self._waiting.get(session)
        if not queue:
            return None
        message = queue.popleft()
        if not queue:
            del self._waiting[session]
        return self._begin(session, message)

    def cancel(self, session: str, run_id: str | None, reason: str) -> tuple[list[Running], list[Message]]:
        """Stop the runs of *session*, or that of *run_id*; return those told to stop, and the messages taken out."""
        runs = [run for name, run in self._running.get(session, {}).items() if run_id in (None, name)]
        queue = self._waiting.get(session, deque[Message]())
        out = [message for message in queue if run_id in (None, message.run_id)]
        for message in out:
            queue.remove(message)
        if not queue:
            self._waiting.pop(session, None)
        for run in runs:
            run.stop(reason)
        return runs, out

    def running(self) -> list[tuple[str, Running]]:
        """Return the runs that go on in their turn, each with its session."""
        return [(session, run) for session, runs in self._running.items() for run in runs.values()]

    def stop_beside(self, reason: str) -> None:
        """Stop the runs that go on beside the others."""
        for run in list(self._beside.values()):
            run.stop(reason)

    def sessions(self) -> list[str]:
        """Return the sessions that have a run or a waiting message."""
        return list({**self._running, **self._waiting})

    def count(self) -> tuple[int, int]:
        """Return how many runs go on, and how many messages wait."""
        return len(self._beside) + sum(map(len, self._running.values())), sum(map(len, self._waiting.values()))
