"""Mailbox: two lanes, a bound, a lock under which it closes; it serves Pykka as inbox and as stop flag."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Callable
from typing import Any, TypeAlias

from pykka._envelope import Envelope
from stentor.protocol.errors import MailboxFull, WouldDeadlock

from .._fenced import fenced_threads, refuse_fenced
from ._dispatcher import Dispatcher
from ._future import LoopFuture

__all__ = ["Entry", "Mailbox"]

Entry: TypeAlias = tuple[Any, LoopFuture[Any] | None, float]
"""A waiting message, the future of its asker or None, and when it came (monotonic seconds)."""

_new_lock = threading.Lock


def _no_time() -> float:
    return 0.0


class Mailbox:
    """Where messages wait for one actor.

    Messages are taken from ``_out``, oldest last; senders append to ``_in``. Both are plain lists, so that an idle
    mailbox costs a hundred bytes. ``_calm`` says that the actor could work but has nothing to do: whoever gives it
    something clears the flag, and gives it a turn.
    """

    __slots__ = (
        "__weakref__",
        "_actor",
        "_barred",
        "_calm",
        "_control",
        "_event",
        "_in",
        "_lock",
        "_now",
        "_out",
        "_suspended",
        "_urn",
        "_woken",
        "actor_class",
        "capacity",
        "dispatcher",
        "path",
    )

    _actor: Any
    actor_class: type[Any]
    dispatcher: Dispatcher

    def __init__(self, path: str, capacity: int, now: Callable[[], float] = _no_time) -> None:
        self.path = path
        self.capacity = capacity
        self._lock = _new_lock()
        self._in: list[Entry] = []
        self._out: list[Entry] = []
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
        return len(self._in) + len(self._out)

    def oldest_age(self, now: float) -> float:
        """Return for how many seconds, at *now*, the oldest message has waited; 0.0 if there is none."""
        with self._lock:
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
        with self._lock:
            if self._barred is not None:
                refused = True
            else:
                inbox = self._in
                if len(inbox) + len(self._out) >= self.capacity:
                    raise MailboxFull(path=self.path, capacity=self.capacity, message=message)
                inbox.append(entry)
                if not self._calm:
                    return
                self._calm = refused = False
        if refused:
            self._bounce(message, reply)
        else:
            self.dispatcher.schedule(self)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

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
            if not (self._control or self._woken or ((self._in or self._out) and not self._suspended)):
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
            come, self._in = self._in, fresh
        waiting = self._out[::-1] + come
        self._out = [entry for entry in reversed(waiting) if not wanted(entry[0])]
        return [entry for entry in waiting if wanted(entry[0])]

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
            waiting = self._out[::-1] + self._in
            self._out, self._in = [], []
        return waiting

    def _bounce(self, message: Any, reply: LoopFuture[Any] | None) -> None:
        """Answer a sender who came too late."""
        raise NotImplementedError

    # Pykka's inbox and its stop flag

    def put(self, envelope: Envelope[Any], /) -> None:
        """Take one of Pykka's envelopes in."""
        self.push(envelope.message, envelope.reply_to)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    def get(self) -> Envelope[Any]:
        """Take the oldest message out.

        Raises:
            WouldDeadlock: If there is none. Only the dispatcher waits for messages.
        """
        with self._lock:
            if not self._out:
                self._in.reverse()
                self._out, self._in = self._in, self._out
            if not self._out:
                raise WouldDeadlock("the inbox is empty, and only its dispatcher may wait for messages")
            message, reply, _ = self._out.pop()
        return Envelope(message, reply)

    def empty(self) -> bool:
        """Say whether no message waits."""
        return not (self._in or self._out)

    def is_set(self) -> bool:
        """Say whether the actor has stopped for good."""
        return self._barred is not None and self._barred != "parked"

    def set(self) -> None:
        """Stop it: nothing is taken in any more."""
        self._bar("stopped")
        if self._event is not None:
            self._event.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Block until it has stopped, up to *timeout* seconds; say whether it has.

        Raises:
            WouldDeadlock: If called on the loop that has to stop it.
        """
        if self.is_set():
            return True
        running = asyncio._get_running_loop()
        if running is not None and running is self.dispatcher.loop:
            raise WouldDeadlock()
        event = threading.Event()
        with self._lock:
            if self._event is None:
                self._event = event
        # set() looks for the event after it has barred the mailbox: one of the two sees the other.
        return self.is_set() or self._event.wait(timeout) or self.is_set()
