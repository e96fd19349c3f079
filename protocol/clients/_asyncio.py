"""The Python client: ``async with Client(url, session="ada/t1") as client: async for delivery in client: …``."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from types import TracebackType
from typing import Any, Self, TypeAlias
from uuid import uuid4

from .._limits import Limits
from ..client._client import ClientProtocol
from ..client._effects import ClientState, Deliver, Gap, Lost, Notice, Position, Said, Snapshot, StateChanged
from ..errors import BadUsage, Refused, StentorError
from ._address import checked_session
from ._clock import ClientClock, LoopTime
from ._delivered import Delivered, delivered
from ._ended import ClientClosed, ended_error
from ._engine import Engine, Observed, Ordered, Token
from ._line import Dial
from ._says import Says
from ._websocket import dial_websocket

__all__ = ["Client"]

Hook: TypeAlias = Callable[..., Awaitable[None] | None]


class Client:
    """One client of one session. It reconnects and resumes by itself, and never gives up silently.

    Iterate over it: an event is acknowledged when the loop's body comes back for the next one. Leaving the loop by
    ``break`` acknowledges the last event as the ``async with`` ends; an exception does not, and the event comes again.
    Or give *on_event* and await :meth:`run`.

    Args:
        url: Address of the host, ``ws://`` or ``wss://``; ``http://`` and ``https://`` stand for them.
        session: Name of the session, ``user/thread``, each part percent-encoded: ``session_id(user, thread)``.
        token: For the host's ``authenticate``; a function, also an async one, is asked for each connection.
        resume: Position that the application saved together with its state.
        tab: Name of this client in the session; made up where left out. Two runs of a program must not share one.
        on_event: Handler of :meth:`run`, gets a :class:`Delivered`; may be async.
        on_gap: Told in order, with a ``Gap``: its events failed and never come. May be async.
        on_lost: Told in order, with a ``Lost``: the position is worth nothing any more. May be async.
        on_snapshot: Told in order, with a ``Snapshot``. May be async.
        on_state: Told at once, with a ``StateChanged``.
        on_notice: Told at once, with a ``Notice``.
        on_error: Told what *on_event* raised; :meth:`run` then goes on after the refused event.
        limits: Waits and bounds.
        clock: Where time comes from.
        chance: Gives a random number in [0, 1), for the backoff.
        dial: Opens a line in place of a WebSocket to *url*.

    Raises:
        BadUsage: If *url* is no WebSocket address, or *session* names no session.
    """

    def __init__(
        self,
        url: str,
        *,
        session: str,
        token: Token = None,
        resume: Position | None = None,
        tab: str | None = None,
        on_event: Callable[[Delivered], Awaitable[None] | None] | None = None,
        on_gap: Hook | None = None,
        on_lost: Hook | None = None,
        on_snapshot: Hook | None = None,
        on_state: Callable[[StateChanged], None] | None = None,
        on_notice: Callable[[Notice], None] | None = None,
        on_error: Callable[[Exception, Delivered], None] | None = None,
        limits: Limits | None = None,
        clock: ClientClock | None = None,
        chance: Callable[[], float] = random.random,
        dial: Dial | None = None,
    ) -> None:
        self.session = checked_session(session)
        self.tab = tab or uuid4().hex[:12]
        self.on_event = on_event
        self.on_gap = on_gap
        self.on_lost = on_lost
        self.on_snapshot = on_snapshot
        self.on_state = on_state
        self.on_notice = on_notice
        self.on_error = on_error
        clock = clock or LoopTime()
        self._engine = Engine(
            ClientProtocol(session, self.tab, resume=resume, limits=limits),
            dial or dial_websocket(url),
            clock=clock,
            chance=chance,
            token=token,
            observe=self._observe,
        )
        self._item: Ordered | None = None
        self._taken = False
        self._ended: StentorError | None = None
        self._failures: deque[Exception] = deque()
        self._words = ""
        self._waiter: asyncio.Future[None] | None = None
        self._says = Says(clock)

    @property
    def state(self) -> ClientState:
        """Where the client is now."""
        return self._engine.machine.state

    @property
    def position(self) -> Position | None:
        """The last event that was handled; None before the first ``welcome`` of a client that resumed nothing."""
        return self._engine.machine.position

    async def __aenter__(self) -> Self:
        self._engine.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            self._returned()
        await self.close()
        if error is None and self._failures:
            raise self._failures.popleft()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Delivered:
        """Return the next event, and acknowledge the one before.

        Raises:
            StentorError: The typed reason where the client ended: ``TakenOver``, ``Unauthenticated``, ``Forbidden``,
                ``SessionClosed``, ``ProtocolError`` and others. Closed by its own application, the iteration stops.
        """
        self._returned()
        while True:
            item = await self._next()
            match item:
                case Deliver():
                    return delivered(item)
                case Gap():
                    await _call(self.on_gap, item)
                case Lost():
                    await _call(self.on_lost, item)
                case Snapshot():
                    await _call(self.on_snapshot, item)
                case _:  # pyright: ignore[reportUnnecessaryComparison]
                    raise TypeError(f"a client has no use for {item!r}")
            self._returned()

    async def run(self) -> None:
        """Give each event to *on_event* until the client is closed. What the handler raises refuses its event.

        ``Refused`` is an answer, and the client goes on. Any other exception is raised here after the host was told,
        or handed to *on_error* if there is one.

        Raises:
            BadUsage: If there is no *on_event*.
            StentorError: As for iterating.
        """
        if self.on_event is None:
            raise BadUsage("run() needs a handler: Client(url, ..., on_event=handler)")
        async for delivery in self:
            try:
                await _call(self.on_event, delivery)
            except Refused as refusal:
                self._refused(delivery, refusal, refusal.code, str(refusal))
            except Exception as error:
                self._refused(delivery, error, "handler_error", type(error).__name__)
                if self.on_error is None:
                    raise

    async def say(self, type: str, data: Any = None, *, timeout: float | None = None) -> None:  # noqa: A002
        """Send a message to the host; returns when the host has taken it. Repeated after a resume until answered.

        Args:
            type: Kind of the message, such as ``prompt``.
            data: What JSON can hold.
            timeout: Seconds to wait for the answer; None waits until the client ends.

        Raises:
            EmitTimeout: No answer came in time. The message is not taken back: the host may still take it.
            Refused: The host's own refusal; ``refused_code`` is its code.
            StentorError: The client ended before the answer came.
        """
        if self._ended is not None:
            raise self._ended
        answer = self._says.expect(type, timeout)
        try:
            self._engine.say(type, data, lambda cid: self._says.number(cid, answer))
            await answer
        finally:
            answer.cancel()

    def wake(self) -> None:
        """Try now instead of later, or ask whether an open connection still answers: the network may be back."""
        self._engine.wake()

    async def close(self, *, end: bool = False) -> None:
        """End this client; *end* asks the host to end the session too. What was not handled stays with the host."""
        if self._ended is None:
            self._ended = ClientClosed(session=self.session)
            self._engine.stop(end=end)
        await self._engine.closed()
        self._finish()

    # Ordered items: one is out at a time

    async def _next(self) -> Ordered:
        while True:
            if self._failures:
                raise self._failures.popleft()
            if self._ended is not None:
                if isinstance(self._ended, ClientClosed):
                    raise StopAsyncIteration
                raise self._ended
            if self._item is not None:
                self._taken = True
                return self._item
            if self._waiter is not None:
                raise BadUsage("one task iterates over a client; another one does already")
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    def _returned(self) -> None:
        if self._item is not None and self._taken:
            item, self._item, self._taken = self._item, None, False
            # Here the handler has returned: only now, and nowhere else, an event counts as handled and is acknowledged.
            self._engine.handled(item.seq)

    def _refused(self, delivery: Delivered, error: Exception, code: str, msg: str) -> None:
        self._item, self._taken = None, False
        self._engine.rejected(delivery.seq, code, msg)
        if self.on_error is not None:
            self.on_error(error, delivery)

    # What the engine lets us know

    def _observe(self, what: Observed) -> None:
        match what:
            case Deliver() | Gap() | Lost() | Snapshot():
                self._item = what
            case Said(cid, refused):
                self._says.answered(cid, refused)
            case Notice():
                self._words = what.msg
                self._tell(self.on_notice, what)
            case StateChanged():
                if what.state is ClientState.ENDED:
                    reason = self._words or what.reason
                    self._ended = self._ended or ended_error(self.session, what.code, reason, self._engine.status)
                    self._finish()
                elif what.state is ClientState.CONNECTING:
                    self._words = ""
                self._tell(self.on_state, what)
            case Exception():
                self._failures.append(what)
            case _:  # pyright: ignore[reportUnnecessaryComparison]
                raise TypeError(f"a client has no use for {what!r}")
        self._rouse()

    def _tell(self, hook: Callable[[Any], None] | None, what: object) -> None:
        try:
            if hook is not None:
                hook(what)
        except Exception as error:  # The application's own: it is raised to whoever iterates, not into the reader.
            self._failures.append(error)

    def _finish(self) -> None:
        self._says.end(self._ended or ClientClosed(session=self.session))
        self._rouse()

    def _rouse(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


async def _call(hook: Hook | None, what: object) -> None:
    returned = hook(what) if hook is not None else None
    if isawaitable(returned):
        await returned
