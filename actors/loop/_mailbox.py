"""Mailbox: two lanes, a bound, a lock under which it closes; it serves Pykka as inbox and as stop flag."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from itertools import cycle
from typing import Any, TypeAlias

from pykka._envelope import Envelope
from stentor.protocol.errors import MailboxFull, WouldDeadlock

from .._fenced import fenced_threads, refuse_fenced
from ._future import LoopFuture
from ._stop_flag import StopFlag

__all__ = ["AGAIN", "Entry", "Mailbox"]

Entry: TypeAlias = tuple[Any, LoopFuture[Any] | None, float]
"""A waiting message, the future of its asker or None, and when it came (monotonic seconds)."""

# A few locks for all mailboxes, each held for a moment only and never two at a time: one of its own would be one more
# object for each actor. A finaliser that sends while its thread holds one may take it once more.
_next_lock = cycle([threading.RLock() for _ in range(64)]).__next__


_NOTHING: list[Entry] = []
"""Stands for both lists of a mailbox until two messages wait at once; nothing is ever put into it."""
AGAIN: Entry = ("look at the control lane and the wake flag first", None, 0.0)
"""What :meth:`Mailbox._next` returns instead of a message, if one of these has something."""


def _no_time() -> float:
    return 0.0


class Mailbox(StopFlag):
    """Where messages wait for one actor.

    A message that waits alone stands in ``_lone``. From the first time that two do, messages are taken from ``_out``,
    oldest last, and senders append to ``_in``: the garbage collector goes through whatever 100,000 mailboxes hold, and
    most of them never need the two lists.

    ``_calm`` says that the actor could work but has nothing to do: whoever gives it something clears the flag, and
    gives it a turn.
    """

    __slots__ = (
        "__weakref__",
        "_actor",
        "_calm",
        "_control",
        "_in",
        "_lone",
        "_now",
        "_out",
        "_suspended",
        "_urn",
        "_woken",
        "actor_class",
        "capacity",
        "path",
    )

    _actor: Any
    _in: list[Entry]
    _out: list[Entry]
    actor_class: type[Any]

    def __init__(self, path: str, capacity: int, now: Callable[[], float] = _no_time) -> None:
        self.path = path
        self.capacity = capacity
        self._lock = _next_lock()
        self._in = self._out = _NOTHING
        self._lone: Entry | None = None
        self._control: list[Any] | None = None
        self._now = now
        self._calm = False
        self._woken = False
        self._suspended = False
        self._barred: str | None = None
        self._event: threading.Event | None = None
        self._urn: str | None = None

    @property
    def standing(self) -> str:
        """How its actor is, for people to read."""
        return "alive" if self._barred is None else "stopped"

    @property
    def depth(self) -> int:
        """Messages that wait; the control lane is not counted."""
        return len(self._in) + len(self._out) + (self._lone is not None)

    def oldest_age(self, now: float) -> float:
        """Return for how many seconds, at *now*, the oldest message has waited; 0.0 if there is none."""
        with self._lock:
            if self._lone is not None:
                return max(0.0, now - self._lone[2])
            if self._out:
                return max(0.0, now - self._out[-1][2])
            return max(0.0, now - self._in[0][2]) if self._in else 0.0

    @property
    def urn(self) -> str:
        """The actor's URN, made when it is first asked for."""
        if self._urn is None:
            urn = uuid.uuid4().urn
            with self._lock:
                if self._urn is None:
                    self._urn = urn
        return self._urn

    # Sending

    def push(self, message: Any, reply: LoopFuture[Any] | None) -> None:
        """Take a message in.

        Raises:
            MailboxFull: If it is at its limit; holds the message.
            Fenced: If called by a thread that was given up.
        """
        if fenced_threads:
            refuse_fenced("send")
        # Nothing that the garbage collector could interrupt is allocated under the lock: a finaliser may need it.
        entry = (message, reply, self._now())
        placed = refused = False
        while not placed:
            if self._lone is not None:
                self._furnish()
            with self._lock:
                inbox = self._in
                if self._barred is not None:
                    placed = refused = True
                elif inbox is not _NOTHING:
                    if len(inbox) + len(self._out) >= self.capacity:
                        raise MailboxFull(path=self.path, capacity=self.capacity, message=message)
                    inbox.append(entry)
                    placed = True
                elif self._lone is None:
                    self._lone = entry
                    placed = True
                if placed and not refused:
                    if not self._calm:
                        return
                    self._calm = False
        if refused:
            self._bounce(message, reply)
        else:
            self.dispatcher.schedule(self)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    def _furnish(self) -> None:
        """Make the two lists."""
        inbox: list[Entry] = []
        outbox: list[Entry] = []
        with self._lock:
            if self._in is _NOTHING and self._lone is not None:
                outbox.append(self._lone)
                self._in, self._out, self._lone = inbox, outbox, None

    def push_control(self, message: Any) -> bool:
        """Take a message into the control lane: no bound, ahead of all others. Return False if it is closed."""
        refuse_fenced("send")
        with self._lock:
            if self._barred is not None and self._barred != "parked":
                return False
            if self._control is None:
                self._control = []
            self._control.append(message)
            if not self._calm:
                return True
            self._calm = False
        self.dispatcher.schedule(self)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        return True

    def wake(self) -> None:
        """Raise the wake flag; costs nothing when it is up, and needs no room."""
        if self._woken:
            return
        with self._lock:
            self._woken = True
            if not self._calm:
                return
            self._calm = False
        self.dispatcher.schedule(self)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    def suspend(self) -> None:
        """Hold messages back. The control lane and the wake flag go on."""
        with self._lock:
            self._suspended = True

    def resume(self) -> None:
        """Let messages through again."""
        with self._lock:
            self._suspended = False
        self._kick()

    def _kick(self) -> None:
        """The actor could work: give it a turn if there is anything to do, else note that it is calm."""
        with self._lock:
            if not (self._control or self._woken or (self.depth and not self._suspended)):
                self._calm = True
                return
            self._calm = False
        self.dispatcher.schedule(self)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    def pick(self, wanted: Callable[[Any], bool]) -> list[Entry]:
        """Take out what is *wanted*, oldest first; the rest keeps its places. For an actor whose own hook goes on.

        From here on whatever comes gives it a turn, in which it is told by ``_knocked``.
        """
        fresh: list[Entry] = []
        with self._lock:
            self._calm = True
            lone, self._lone = self._lone, None
            come, self._in = self._in, fresh
        waiting = self._out[::-1] + come if lone is None else [lone]
        self._out = [entry for entry in reversed(waiting) if not wanted(entry[0])]
        return [entry for entry in waiting if wanted(entry[0])]

    def _next(self) -> Entry | None:
        """Take the oldest message where ``_out`` is empty or held back; None, and calm, if there is nothing to do."""
        with self._lock:
            if not self._suspended:
                entry = self._lone
                if entry is not None:
                    self._lone = None
                    return entry
                if self._in:
                    self._in.reverse()
                    self._out, self._in = self._in, self._out
                    return self._out.pop()
            if self._control or self._woken:
                return AGAIN
            self._calm = True
            return None

    # Closing

    def _bar(self, reason: str | None) -> bool:
        """Take in nothing any more, or, with None, take in again; say whether it was open before."""
        with self._lock:
            was_open = self._barred is None
            self._barred = reason
        return was_open

    def _drain(self) -> list[Entry]:
        """Take everything out, oldest first."""
        with self._lock:
            waiting = self._out[::-1] + self._in if self._lone is None else [self._lone]
            self._out = self._in = _NOTHING
            self._lone = None
        return waiting

    def _bounce(self, message: Any, reply: LoopFuture[Any] | None) -> None:
        """Answer a sender who came too late."""
        raise NotImplementedError

    # Pykka's inbox

    def put(self, envelope: Envelope[Any], /) -> None:
        """Take one of Pykka's envelopes in."""
        self.push(envelope.message, envelope.reply_to)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    def get(self) -> Envelope[Any]:
        """Take the oldest message out.

        Raises:
            WouldDeadlock: If there is none. Only the dispatcher waits for messages.
        """
        entry = self._out.pop() if self._out else self._next()
        if entry is None or entry is AGAIN:
            raise WouldDeadlock("the inbox is empty, and only its dispatcher may wait for messages")
        return Envelope(entry[0], entry[1])

    def empty(self) -> bool:
        """Say whether no message waits."""
        return not self.depth
