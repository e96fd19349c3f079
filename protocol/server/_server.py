"""ServerSession: the server half of the wire protocol, a machine without I/O, clock or chance."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import evolve

from .._closecodes import CloseCode
from .._codec import snapshot_frame
from .._frames import ClientFrame, HelloFrame, NoticeFrame
from .._limits import Limits
from .._log_values import Append, Appended, FailedRange, Floor, LogState, Token
from ..errors import ProtocolError
from . import _acks, _drain, _handshake, _log, _says, _watch
from ._acks import repeat_ack
from ._effects import Effect, EndAsked, Note, Resolve, Write
from ._ledger import Ledger
from ._lines import close_consumer, detach, queue, repeat_closing
from ._pump import fail, pump, recover_line, repeat_fail
from ._received import broken, received
from ._state import Drain, SessionState

__all__ = ["ServerSession"]


class ServerSession:
    """One session: its log position, its outcomes, its consumer and its connection.

    Every input returns the effects to execute, in order. An input that raises changed nothing. *now* is monotonic
    time in seconds. The object is plain data, kept by the estate; an incarnation only executes effects.

    Args:
        session: Its name.
        limits: Bounds and waits.
        snapshots: Whether the host has a hook for snapshots (``AskSnapshot`` is emitted after ``resumed: false``).
    """

    __slots__ = ("state",)

    def __init__(self, session: str, limits: Limits | None = None, *, snapshots: bool = False) -> None:
        limits = limits if limits is not None else Limits()
        self.state = SessionState(session, limits, snapshots, Ledger(max(limits.failed_ranges, limits.retain_events)))

    def rebuilt(self) -> ServerSession:
        """Return the same session, to be learnt anew from the log: give it a hello, or the answer to a ``Claim``.

        Nothing is kept but what no log can give: lines that are still to be closed, and what clients have said. Its
        line has to be dismissed before; one that drains, or is closed, has nothing to learn any more.
        """
        fresh = ServerSession(self.state.session, self.state.limits, snapshots=self.state.snapshots)
        fresh.state.inherit(self.state)
        return fresh

    # What it knows.

    @property
    def epoch(self) -> str | None:
        """The log's epoch, or None before the first claim."""
        return self.state.epoch

    @property
    def token(self) -> Token | None:
        """The right to speak for the session, or None where another process has it."""
        return self.state.token

    @property
    def head(self) -> int:
        """Highest seq that the log confirmed."""
        return self.state.head

    @property
    def ledger(self) -> Ledger:
        """The outcomes."""
        return self.state.ledger

    @property
    def line(self) -> int | None:
        """The line that was welcomed and may receive events."""
        line = self.state.consumer.line
        return None if line is None else line.line

    @property
    def phase(self) -> str:
        """One of closed, draining, claiming, stalled, attached, detached."""
        state = self.state
        if state.closed:
            return "closed"
        if state.drain is not None:
            return "draining"
        if state.claiming is not None:
            return "claiming"
        if state.consumer.line is None:
            return "detached"
        return "attached" if state.consumer.stalled_since is None else "stalled"

    # The connection.

    def hello(self, line: int, hello: HelloFrame, now: float) -> list[Effect]:
        """A connection said hello, and its identity may use this session. Fences the consumer's previous line."""
        return _handshake.hello(self.state, line, hello, now)

    def claimed(
        self, line: int, token: Token, log: LogState | None, conn: int, now: float, crash: str | None = None
    ) -> list[Effect]:
        """Answer to ``Claim``: the session is ours by *token*. *log* None: unchanged since we had it.

        The latter counts only if *token* is still the one that we hold. A session may be claimed without a connection
        too, to drain it or let events fail: *line* is 0 then, and *conn* is 0 if no consumer was attached. *crash* is
        the id of a failure that took the last connection: the client reads of it before the next event.
        """
        effects = _handshake.claimed(self.state, line, token, log, conn, now, crash)
        return effects + _drain.finish_if_done(self.state, now)

    def refused(self, line: int, token: Token, now: float, tab: str | None = None) -> list[Effect]:
        """Answer to ``Claim``: *token*, got for *line*, is not the newest any more; *tab* is with its new owner."""
        return _handshake.refused(self.state, line, tab, now, token) + _drain.finish_if_done(self.state, now)

    def fenced(self, now: float, tab: str | None = None, token: Token | None = None, conn: int = 0) -> list[Effect]:
        """Another process owns the session now, as a store said of an operation; with *tab*, if it said so.

        *token*, and *conn* for an ack, are what that operation was asked with: a refusal of one that is not held any
        more comes late, and changes nothing. Without a token it is believed.
        """
        return _handshake.fenced(self.state, tab, now, token, conn) + _drain.finish_if_done(self.state, now)

    def received(self, line: int, frame: ClientFrame | None, now: float) -> list[Effect]:
        """A decoded frame came (None: an unknown optional one). The peer's faults close its line; nothing raises."""
        return received(self.state, line, frame, now)

    def broken(self, line: int, error: ProtocolError, now: float) -> list[Effect]:
        """The line sent something that could not be decoded: ``error``, ``bye`` and Close with the error's code."""
        return broken(self.state, line, error, now)

    def written(self, write: Write) -> None:
        """The write was executed; call it right after each ``Write``."""
        state = self.state
        line = state.consumer.line
        if line is None or line.line != write.line:
            line = state.closing.get(write.line)
            if line is None:
                return
        if write.upto > line.written:
            line.written = write.upto
        if write.mark > line.confirmed:
            del line.control[: write.mark - line.confirmed]
            line.confirmed = write.mark

    def lost(self, line: int, code: int | None, reason: str, now: float) -> list[Effect]:
        """The socket is gone. A ``Note("line_lost")`` among the effects says that nobody had closed it."""
        state = self.state
        if state.closing.pop(line, None) is not None:
            return []
        if state.claiming is not None and state.claiming.line == line:
            state.claiming = None
        elif self.line == line:
            detach(state)
        else:
            return []
        return [Note("line_lost", {"line": line, "code": code, "reason": reason})]

    # The log.

    def append(self, writer: str, n0: int, bodies: tuple[bytes, ...], done: tuple[str, ...] = ()) -> Append:
        """Return the effect that appends *bodies*. Nothing is remembered: the outbox offers them until Appended."""
        return Append(self.state.session, self.state.epoch, writer, n0, bodies, done)

    def appended(self, done: Iterable[tuple[Append, Appended]], now: float) -> list[Effect]:
        """The log answered these Append effects (several writers in one call, in the order of their seqs)."""
        return _log.appended(self.state, done, now)

    def read(self, first: int, bodies: tuple[bytes | None, ...], now: float, epoch: str | None = None) -> list[Effect]:
        """Answer to ``Read``: the bodies of *first* (the seq after *after*) and those that follow; None is no body.

        An answer without bodies says that the log has no more.

        Raises:
            StoreUnavailable: If the log does not give what it had confirmed.
        """
        return _log.read(self.state, first, bodies, now, epoch)

    def head_hint(self, head: int, now: float) -> list[Effect]:
        """Another process says that the log reaches *head*. Hints may be lost, doubled, out of order or wrong."""
        if head <= self.state.hinted:
            return []
        self.state.hinted = head
        return pump(self.state, now)

    def floor(self, answer: Floor, now: float) -> list[Effect]:
        """Answer to ``Ack`` and ``Fail``: receipts resolve, the buffer is trimmed, a drain may be done."""
        state = self.state
        effects = _acks.floor(state, answer)
        if state.consumer.cursor < state.head or state.consumer.cursor < state.hinted:
            effects += pump(state, now)
        if state.drain is not None:
            effects += _drain.finish_if_done(state, now)
        return effects

    def fail(self, ranges: tuple[FailedRange, ...], now: float) -> list[Effect]:
        """These events shall fail (expired, quarantined): asked for until the log has confirmed it."""
        return fail(self.state, ranges)

    # What goes to the client beside events.

    def answered(self, tab: str, cid: int, refused: tuple[str, str] | None, now: float) -> list[Effect]:
        """Answer to ``Handle``: taken, or *refused* with (code, msg)."""
        _says.answered(self.state, tab, cid, refused)
        return pump(self.state, now)

    def handed(self, tab: str, cid: int) -> None:
        """Answer to ``Handle``: the message went up, and its answer will come."""
        _says.handed(self.state, tab, cid)

    def notice(
        self, code: str, now: float, *, msg: str = "", after_ms: int | None = None, failure: str | None = None
    ) -> list[Effect]:
        """Tell the user who is there; nobody there, nobody told."""
        state = self.state
        line = state.consumer.line
        if line is None:
            return []
        state.counter += 1
        queue(line, NoticeFrame(code=code, id=state.counter, msg=msg, after_ms=after_ms, failure=failure))
        return pump(state, now)

    def snapshot(self, line: int, data: Any, now: float) -> list[Effect]:
        """Answer to ``AskSnapshot``; None for no snapshot.

        Raises:
            TypeError: If *data* can not be said in JSON.
        """
        state, current = self.state, self.state.consumer.line
        if current is None or current.line != line or current.why is None:
            return []
        if data is not None:
            queue(current, snapshot_frame(state.consumer.acked, data))
        current.why = None
        return pump(state, now)

    # Time, and the end.

    def tick(self, now: float) -> list[Effect]:
        """Time has come to ``next_deadline``. A call later than ``loop_lag`` passes no verdict on the peer."""
        return _watch.tick(self.state, now)

    def next_deadline(self) -> float:
        """Return when ``tick`` should be called (infinity: never): may be too early, never too late.

        Cheap: ask after each step, and set the timer anew where it is earlier than the one that is set.
        """
        return self.state.wake_at

    def dismiss(self, code: CloseCode, reason: str, now: float, after_ms: int | None = None) -> list[Effect]:
        """Close the connection, if there is one; the session goes on."""
        effects = _handshake.abandon_claim(self.state, now, code, reason)
        return effects + close_consumer(self.state, code, reason, after_ms)

    def drain(
        self,
        now: float,
        timeout: float,
        *,
        code: CloseCode = CloseCode.SESSION_CLOSED,
        after_ms: int | None = None,
        keep: bool = False,
    ) -> list[Effect]:
        """Send what is left, then close with *code*; ``Closed`` tells the end. Append what the outbox holds before.

        At the timeout (seconds; 0: at once) what is left fails with ``flush_timeout``, or stays in the log if *keep*.
        """
        state = self.state
        if state.closed:
            return _drain.repeat_closed(state)
        state.drain = Drain(now + timeout, code, after_ms, keep)
        state.end_asked = None
        effects = _drain.finish_if_done(state, now)
        return effects if state.closed else effects + _drain.at_deadline(state, now)

    def recover(self, now: float, incarnation: int | None = None) -> list[Effect]:
        """A new incarnation took over: ask again for whatever was not confirmed. The outbox does so on its own.

        *incarnation* is its number, for the token that stores compare.
        """
        state = self.state
        state.reading = None
        state.wake(now)
        if state.token is not None and incarnation is not None:
            state.token = evolve(state.token, incarnation=incarnation)
        # The answer to a claim died with the last incarnation, and the number that it brought.
        effects = repeat_closing(state) + _handshake.repeat_claim(state)
        effects += repeat_ack(state)
        effects += repeat_fail(state)
        if state.epoch is not None:
            effects.append(Resolve(state.epoch, state.ledger.floor, state.ledger.failed))
        effects += _says.repeat_says(state)
        effects += recover_line(state, now)
        if state.end_asked is not None:
            effects.append(EndAsked(state.end_asked))
        return effects + _drain.finish_if_done(state, now) + _drain.repeat_closed(state)
