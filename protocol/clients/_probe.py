"""A client for tests: it records every frame and every event, and misbehaves when it is told to."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, cast

import msgspec

from .._limits import Limits
from ..client._client import ClientProtocol
from ..client._effects import ClientState, Deliver, Gap, Lost, Notice, Position, Said, Snapshot, StateChanged
from ..errors import StentorError
from ._clock import ClientClock, LoopTime
from ._delivered import Delivered, delivered
from ._engine import Engine, Observed, Ordered, Token
from ._line import Dial, Line, LineReceiver

__all__ = ["ProbeClient"]


class ProbeClient:
    """A real client half over any line, with its log in the open.

    It handles each event at once, unless it holds. ``handled`` is the client's own log, to be compared with an audit.

    Args:
        dial: Opens a line: ``dial_websocket(url)``, ``memory_dial(connect)``, or one of the test's own.
        session, tab, token, resume, limits, clock: As for ``Client``.
        chance: For the backoff; by default always one half.
    """

    def __init__(
        self,
        dial: Dial,
        *,
        session: str,
        tab: str = "probe",
        token: Token = None,
        resume: Position | None = None,
        limits: Limits | None = None,
        clock: ClientClock | None = None,
        chance: Callable[[], float] = lambda: 0.5,
    ) -> None:
        self.frames_in: list[dict[str, Any]] = []
        self.frames_out: list[dict[str, Any]] = []
        self.given: list[Ordered] = []
        """What a handler was called with: it has handled or refused it, or holds it at this moment."""
        self.handled: list[Delivered] = []
        self.refused: list[Delivered] = []
        self.gaps: list[Gap] = []
        self.losses: list[Lost] = []
        self.snapshots: list[Snapshot] = []
        self.notices: list[Notice] = []
        self.states: list[StateChanged] = []
        self.said: dict[int, tuple[str, str] | None] = {}
        self.errors: list[Exception] = []
        self.line: Line | None = None
        """The line that was opened last."""
        self._holding = False
        self._held: Ordered | None = None
        self._rejections: deque[tuple[str, str]] = deque()
        self._changed: asyncio.Event = asyncio.Event()
        self._engine = Engine(
            ClientProtocol(session, tab, resume=resume, limits=limits, name="stentor-probe"),
            self._recording(dial),
            clock=clock or LoopTime(),
            chance=chance,
            token=token,
            observe=self._observe,
        )

    @property
    def state(self) -> ClientState:
        """Where the client is now."""
        return self._engine.machine.state

    @property
    def position(self) -> Position | None:
        """The last event that was handled."""
        return self._engine.machine.position

    @property
    def seqs(self) -> list[int]:
        """The seqs of the handled events, in their order."""
        return [delivery.seq for delivery in self.handled]

    def start(self) -> None:
        """Connect."""
        self._engine.connect()

    async def stop(self, *, end: bool = False) -> None:
        """Say bye and wait for the line's end."""
        self._engine.stop(end=end)
        await self._engine.closed()

    def wake(self) -> None:
        """Try now instead of later."""
        self._engine.wake()

    def say(self, type_: str, data: Any = None) -> int:
        """Send a message of the user and return its cid; the answer comes into ``said``."""
        numbers: list[int] = []
        self._engine.say(type_, data, numbers.append)
        return numbers[0]

    def hold(self) -> None:
        """Let handlers hang from now on: nothing is handled, so nothing is acknowledged."""
        self._holding = True

    def release(self) -> None:
        """Let the hanging handler return, and all later ones at once."""
        self._holding = False
        held, self._held = self._held, None
        if held is not None:
            self._return(held)

    def reject(self, code: str = "handler_error", msg: str = "") -> None:
        """Let the handler of the next event refuse it."""
        self._rejections.append((code, msg))

    def cut(self) -> None:
        """Break the line without a goodbye, as a network does."""
        if self.line is not None:
            self.line.abort()

    def send(self, frame: dict[str, Any] | bytes | str) -> None:
        """Send a frame past the machine, well-formed or not."""
        if self.line is None:
            raise StentorError("the probe has no line to send over")
        data = frame if isinstance(frame, bytes) else frame.encode() if isinstance(frame, str) else _json(frame)
        self.line.write([data])

    async def until(self, condition: Callable[[ProbeClient], object]) -> None:
        """Wait until *condition* of this probe holds; looked at after everything that happens to it."""
        while not condition(self):
            self._changed.clear()
            await self._changed.wait()

    def _observe(self, what: Observed) -> None:
        match what:
            case Deliver() | Gap() | Lost() | Snapshot():
                self.given.append(what)
                self._take(what)
            case Notice():
                self.notices.append(what)
            case Said(cid, refused):
                self.said[cid] = refused
            case StateChanged():
                self.states.append(what)
            case Exception():
                self.errors.append(what)
            case _:  # pyright: ignore[reportUnnecessaryComparison]
                raise TypeError(f"a probe has no use for {what!r}")
        self._changed.set()

    def _take(self, item: Ordered) -> None:
        if self._holding:
            self._held = item
        else:
            self._return(item)

    def _return(self, item: Ordered) -> None:
        match item:
            case Deliver() if self._rejections:
                self.refused.append(delivered(item))
                self._engine.rejected(item.seq, *self._rejections.popleft())
                return
            case Deliver():
                self.handled.append(delivered(item))
            case Gap():
                self.gaps.append(item)
            case Lost():
                self.losses.append(item)
            case Snapshot():
                self.snapshots.append(item)
            case _:  # pyright: ignore[reportUnnecessaryComparison]
                raise TypeError(f"a probe has no use for {item!r}")
        # The handler has returned, and its trace is in the log: only now it counts as handled.
        self._engine.handled(item.seq)

    def _recording(self, dial: Dial) -> Dial:
        async def recorded(receiver: LineReceiver) -> Line:
            self.line = _RecordedLine(await dial(_RecordedReceiver(receiver, self.frames_in)), self.frames_out)
            return self.line

        return recorded


class _RecordedLine:
    def __init__(self, line: Line, log: list[dict[str, Any]]) -> None:
        self._line = line
        self._log = log
        self.close = line.close
        self.abort = line.abort
        self.wait_closed = line.wait_closed

    def write(self, frames: Sequence[bytes]) -> None:
        self._line.write(frames)
        self._log.extend(_parsed(frame) for frame in frames)


class _RecordedReceiver:
    def __init__(self, receiver: LineReceiver, log: list[dict[str, Any]]) -> None:
        self._log = log
        self._receiver = receiver
        self.lost = receiver.lost

    def received(self, data: bytes | str) -> None:
        self._log.append(_parsed(data))
        self._receiver.received(data)


def _json(frame: dict[str, Any]) -> bytes:
    return msgspec.json.encode(frame)


def _parsed(frame: bytes | str) -> dict[str, Any]:
    try:
        value: Any = msgspec.json.decode(frame)
    except msgspec.DecodeError:
        return {"t": None, "raw": frame}
    return cast(dict[str, Any], value) if isinstance(value, dict) else {"t": None, "raw": value}
