"""The executor of a ClientProtocol: it opens lines, writes frames and keeps the one timer. It decides nothing."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import TypeAlias

from .._closecodes import CloseCode
from .._codec import decode_server
from ..client._client import ClientProtocol
from ..client._effects import (
    ClientEffect,
    Deliver,
    Gap,
    HangUp,
    Lost,
    Notice,
    Said,
    Send,
    Snapshot,
    StateChanged,
)
from ..client._effects import Dial as DialEffect
from ..errors import ProtocolError, StentorError, WebSocketSendFailureError
from ._clock import ClientClock, ClientTimer
from ._line import Dial, Line

__all__ = ["Engine", "Observed", "Ordered", "Token"]

Ordered: TypeAlias = Deliver | Gap | Lost | Snapshot
Observed: TypeAlias = Ordered | Notice | Said | StateChanged | Exception
Token: TypeAlias = str | Callable[[], str | Awaitable[str | None] | None] | None


class Engine:
    """Runs *machine* on the running loop.

    Args:
        machine: Decides; every input to it goes through here.
        dial: Opens a line.
        clock: Gives the time, and the timer.
        chance: Gives a random number in [0, 1).
        token: Sent in hello; a function is asked for each connection.
        observe: Gets what the application must learn, in order; it returns at once and raises nothing.
    """

    def __init__(
        self,
        machine: ClientProtocol,
        dial: Dial,
        *,
        clock: ClientClock,
        chance: Callable[[], float],
        token: Token,
        observe: Callable[[Observed], None],
    ) -> None:
        self.machine = machine
        self.status: int | None = None
        """HTTP status of the newest upgrade, where a server answered it with no WebSocket."""
        self._dial = dial
        self._clock = clock
        self._chance = chance
        self._token = token
        self._observe = observe
        self._todo: deque[ClientEffect] = deque()
        self._stepping = False
        self._dialing: tuple[int, asyncio.Task[None]] | None = None
        self._lines: dict[int, Line] = {}
        self._leaving: list[Line] = []
        self._timer: ClientTimer | None = None
        self._due = 0.0

    # Inputs of the application

    def connect(self) -> None:
        """Begin."""
        self._run(self.machine.connect(self._clock.now()))

    def handled(self, seq: int) -> None:
        """The handler has returned for the ordered effect that is out."""
        self._run(self.machine.handled(seq, self._clock.now()))

    def rejected(self, seq: int, code: str, msg: str) -> None:
        """The handler refused the event that is out."""
        self._run(self.machine.rejected(seq, code, msg, self._clock.now()))

    def say(self, type_: str, data: object, number: Callable[[int], None]) -> None:
        """Send a message; *number* is told its cid before an answer to it can be observed."""
        cid, effects = self.machine.say(type_, data, self._clock.now())
        number(cid)
        self._run(effects)

    def wake(self) -> None:
        """The network may be back."""
        self._run(self.machine.wake(self._clock.now()))

    def stop(self, *, end: bool = False) -> None:
        """Say bye and end."""
        self._run(self.machine.stop(self._clock.now(), end=end))

    async def closed(self) -> None:
        """Wait until every line is gone, and leave nothing behind on the loop."""
        self._disarm()
        if self._dialing is not None:
            self._dialing[1].cancel()
            await asyncio.wait([self._dialing[1]])
        while self._leaving:
            await self._leaving.pop().wait_closed()

    # Inputs of a line

    def received(self, line: int, data: bytes | str) -> None:
        """Take one message of *line*."""
        try:
            effects = self.machine.received(line, decode_server(data), self._clock.now())
        except ProtocolError as error:
            self._drop(line, error.close_code, str(error))
            return
        self._run(effects)

    def lost(self, line: int, code: int | None, reason: str) -> None:
        """Learn that *line* is gone, or could not be opened."""
        self._lines.pop(line, None)
        self._run(self.machine.closed(line, code, reason, self._clock.now(), self._chance()))

    # Effects

    def _run(self, effects: list[ClientEffect]) -> None:
        self._todo.extend(effects)
        if self._stepping:
            # An effect led to this input: what was decided before it is executed before it.
            return
        self._stepping = True
        try:
            while self._todo:
                self._execute(self._todo.popleft())
        finally:
            self._stepping = False
        self._arm()

    def _execute(self, effect: ClientEffect) -> None:
        match effect:
            case Send(line, frames):
                self._write(line, frames)
            case Deliver() | Gap() | Lost() | Snapshot() | Notice() | Said() | StateChanged():
                self._observe(effect)
            case DialEffect(line):
                self._dialing = line, asyncio.get_running_loop().create_task(self._open(line))
            case HangUp(line, code, reason):
                self._hang_up(line, code, reason)
            case _:  # pyright: ignore[reportUnnecessaryComparison]
                raise TypeError(f"a client can not execute {effect!r}")

    def _write(self, line: int, frames: list[bytes]) -> None:
        if line not in self._lines:
            return
        try:
            self._lines[line].write(frames)
        except WebSocketSendFailureError as error:
            self._drop(line, 1006, str(error))

    def _drop(self, line: int, code: int, reason: str) -> None:
        self._hang_up(line, code if code >= CloseCode.DRAINING else CloseCode.NORMAL, reason)
        self.lost(line, code, reason)

    def _hang_up(self, line: int, code: int, reason: str) -> None:
        if self._dialing is not None and self._dialing[0] == line:
            self._dialing[1].cancel()
            self._dialing = None
        leaving = self._lines.pop(line, None)
        if leaving is not None:
            leaving.close(code, reason)
            self._leaving.append(leaving)
            del self._leaving[:-3]

    async def _open(self, line: int) -> None:
        self.status = None
        try:
            token = self._token() if callable(self._token) else self._token
            self.machine.token = await token if isawaitable(token) else token
            opened = await self._dial(_Receiver(self, line))
        except ProtocolError as error:
            self._dialing = None
            self.status = error.details.get("status")
            self.lost(line, error.close_code, str(error))
        except OSError as error:
            self._dialing = None
            self.lost(line, None, str(error) or type(error).__name__)
        except (
            Exception
        ) as error:  # The application's token function may raise anything: it is told, by its own reader.
            self._dialing = None
            self._observe(error)
            self.stop()
        else:
            self._dialing = None
            self._lines[line] = opened
            self._run(self.machine.opened(line, self._clock.now()))

    # The timer

    def _arm(self) -> None:
        due = self.machine.next_deadline()
        if due is None:
            self._disarm()
        elif self._timer is None or due < self._due:
            # A timer that is set too early costs one look; setting it anew for every event costs more.
            self._disarm()
            self._due = due
            self._timer = self._clock.call_later(max(0.0, due - self._clock.now()), self._ring)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring(self) -> None:
        self._timer = None
        self.guard(self._tick)

    def _tick(self) -> None:
        now = self._clock.now()
        due = self.machine.next_deadline()
        self._run(self.machine.tick(now, self._chance()) if due is not None and due <= now else [])

    def guard(self, step: Callable[..., None], *args: object) -> None:
        """Take a step that a socket or a timer asks for. What it raises would end in a log; here it is observed."""
        try:
            step(*args)
        except (
            Exception
        ) as error:  # Ours or the application's bug: the only ones who can hear it are those who iterate.
            self._observe(error)


class _Receiver:
    """One line's way into the engine."""

    def __init__(self, engine: Engine, line: int) -> None:
        self._engine = engine
        self._line = line

    def received(self, data: bytes | str) -> None:
        self._engine.guard(self._engine.received, self._line, data)

    def lost(self, code: int, reason: str, error: StentorError | None) -> None:
        self._engine.guard(self._engine.lost, self._line, code, reason)
