"""From hello to welcome: fencing, the claim, and where the stream begins."""

from __future__ import annotations

from .._closecodes import CloseCode
from .._frames import HelloFrame, NoticeFrame, Resume, WelcomeFrame
from .._log_values import LogState, Rejection, Token
from ._acks import raise_floor, repeat_ack
from ._buffer import ReplayBuffer
from ._effects import AskSnapshot, Claim, Effect, Note, Resolve
from ._ledger import Ledger
from ._lines import bare_line, close_consumer, close_line, queue
from ._pump import fits, pump, repeat_fail
from ._state import Claiming, Line, SessionState

__all__ = ["abandon_claim", "claimed", "fenced", "hello", "refused", "repeat_claim", "take_state"]

VERSION = 1
_HELLO_FRAME = 1024 * 1024
"""Bytes that a frame may have for a peer that named no bound of its own."""


def hello(state: SessionState, line: int, frame: HelloFrame, now: float) -> list[Effect]:
    """Fence the previous line, and claim."""
    if frame.v != VERSION:
        return _turn_away(state, line, frame, CloseCode.VERSION, f"version {frame.v}; this is 1", now)
    if frame.session != state.session:
        return _turn_away(state, line, frame, CloseCode.FORBIDDEN, "another session", now)
    if state.closed:
        return _turn_away(state, line, frame, CloseCode.SESSION_CLOSED, "the session is closed", now)
    waiting = None if state.claiming is None else state.claiming.hello.tab
    effects = abandon_claim(state, now, *_fence_code(waiting, frame.tab))
    current = state.consumer.line
    if current is not None:
        effects += close_consumer(state, *_fence_code(current.tab, frame.tab))
    # From here on the log may know us under a new number: what was acked and not confirmed is told again under it.
    state.consumer.conn = 0
    state.claiming = Claiming(line, frame, now)
    state.wake(now + state.limits.hello_timeout)
    effects.append(Claim(line, state.consumer.name, state.token, frame.tab))
    return effects


def abandon_claim(state: SessionState, now: float, code: CloseCode, reason: str) -> list[Effect]:
    """Close the line that waits for its welcome, if there is one."""
    claiming = state.claiming
    if claiming is None:
        return []
    state.claiming = None
    return _turn_away(state, claiming.line, claiming.hello, code, reason, now)


def claimed(
    state: SessionState, line: int, token: Token, log: LogState | None, conn: int, now: float, crash: str | None = None
) -> list[Effect]:
    """Take over what the log says, and welcome the line if it still waits."""
    claiming = state.claiming
    if _outdated(state, token, log):
        return [] if claiming is not None and claiming.line != line else repeat_claim(state)
    effects = take_state(state, token, log)
    consumer = state.consumer
    if conn:
        consumer.conn = conn
    if claiming is None or claiming.line != line:
        # Overtaken by another hello, or gone: the session is ours all the same, and so is a line that was there.
        return [*effects, *repeat_ack(state), *pump(state, now)]
    state.claiming = None
    frame = claiming.hello
    why, base = _where(state, frame.resume)
    if why is None and not _fits(state, base, frame):
        why, base = "position_lost", consumer.floor
    new = _open(state, line, conn, frame, base, now)
    consumer.line = new
    consumer.cursor = consumer.acked = base
    consumer.stalled_since = None
    consumer.flight_since = now
    queue(new, _welcome(state, new, why, base))
    if crash is not None:
        state.counter += 1
        queue(new, NoticeFrame(code="session_restarting", id=state.counter, after_ms=0, failure=crash))
    state.wake(now + state.limits.ping_idle)
    if why is None and frame.resume is not None:
        raise_floor(state, base, _refused(state, frame.resume))
    effects += repeat_ack(state)
    if why is not None and state.snapshots:
        new.why = why
        return [*effects, *pump(state, now), AskSnapshot(line, why, base)]
    return [*effects, *pump(state, now)]


def repeat_claim(state: SessionState) -> list[Effect]:
    """Claim again for the line that waits, or for an ack that waits for the number that a claim brings."""
    claiming, consumer, token = state.claiming, state.consumer, state.token
    if claiming is not None:
        return [Claim(claiming.line, consumer.name, token, claiming.hello.tab)]
    if token is not None and not consumer.conn and consumer.floor > state.ledger.floor:
        return [Claim(0, consumer.name, token)]
    return []


def fenced(state: SessionState, tab: str | None, now: float, token: Token | None, conn: int) -> list[Effect]:
    """Let go of the session: another process has it, and *tab* is there, if that is known."""
    if token is not None and (token != state.token or (conn and conn != state.consumer.conn)):
        # What it refused was asked for again when the newer one came.
        return []
    claiming, line = state.claiming, state.consumer.line
    effects: list[Effect] = []
    if claiming is not None and token is None:
        # With a token it is older than the claim that is out; whose the session is now, that one will say.
        effects += abandon_claim(state, now, *_moved(claiming.hello.tab, tab))
    if line is not None:
        effects += close_consumer(state, *_moved(line.tab, tab))
    state.forget()
    return effects


def refused(state: SessionState, line: int, tab: str | None, now: float, token: Token) -> list[Effect]:
    """The claim for *line* brought *token*, which was void before the line could be attached by it."""
    claiming, held = state.claiming, state.token
    if claiming is None or claiming.line != line:
        return fenced(state, tab, now, token, 0)
    if held is not None and held.gen > token.gen:
        # Another claim of ours was the newer one.
        return repeat_claim(state)
    return fenced(state, tab, now, None, 0)


def take_state(state: SessionState, token: Token, log: LogState | None) -> list[Effect]:
    """Own the session by *token*; believe the log about everything before."""
    renewed = token != state.token
    state.token = token
    if log is None:
        return []
    effects: list[Effect] = []
    consumer = state.consumer
    line = consumer.line
    if renewed and line is not None and (log.epoch != state.epoch or consumer.cursor < log.floor):
        # Elsewhere somebody acknowledged what this line has yet to get; it comes back, and is told where it stands.
        effects += close_consumer(state, CloseCode.GAP_DETECTED, "the session was at another process meanwhile")
    if log.epoch != state.epoch:
        if state.epoch is not None:
            effects.append(Note("epoch_changed", {"old": state.epoch, "new": log.epoch}))
        state.epoch = log.epoch
        state.ledger = Ledger(state.ledger.most)
        # A hint is kept: it may be of the new epoch, and a wrong one costs a Read.
        state.head = state.maxsent = 0
        consumer.floor = consumer.acked = consumer.cursor = 0
        consumer.rejected = ()
        state.failing = ()
        renewed = True
    before = state.ledger.floor
    new = state.ledger.settle(log.floor, log.failed)
    if new or state.ledger.floor > before:
        # Another owner settled events of ours.
        effects.append(Resolve(log.epoch, state.ledger.floor, new))
    state.head = max(state.head, log.head)
    consumer.floor = max(consumer.floor, log.floor)
    if renewed:
        state.reading = None
        state.buffer = ReplayBuffer(consumer.floor + 1)
        # Another owner may have sent all that the log holds.
        state.maxsent = max(state.maxsent, log.head)
        effects += repeat_fail(state)
    return effects


def _fence_code(old: str | None, new: str) -> tuple[CloseCode, str]:
    if old is None or old == new:
        return CloseCode.SESSION_RESTARTED, "the same tab is back on a new connection"
    return CloseCode.TAKEN_OVER, "another tab took the session over"


def _moved(old: str, new: str | None) -> tuple[CloseCode, str]:
    if new is None or old == new:
        return CloseCode.SESSION_RESTARTED, "the session moved to another process"
    return CloseCode.TAKEN_OVER, "another tab took the session over, at another process"


def _turn_away(
    state: SessionState, line: int, frame: HelloFrame, code: CloseCode, reason: str, now: float
) -> list[Effect]:
    return close_line(state, bare_line(line, frame.tab, now), code, reason)


def _where(state: SessionState, resume: Resume | None) -> tuple[str | None, int]:
    """Return why the position can not be resumed (None if it can), and the base of the stream."""
    floor = state.consumer.floor
    if resume is None:
        return "fresh", floor
    if resume.epoch != state.epoch:
        return "epoch_changed", floor
    if resume.seq > state.maxsent:
        return "position_future", floor
    if resume.seq < floor and not _retained(state, resume.seq, floor):
        return "position_lost", floor
    return None, resume.seq


def _outdated(state: SessionState, token: Token, log: LogState | None) -> bool:
    """Return whether a claim's answer is older than what is held: there is nothing to take it for.

    It says "unchanged" since a state that was let go of meanwhile, or learnt anew; or a later claim was faster.
    """
    if log is None:
        return token != state.token
    return state.token is not None and log.epoch == state.epoch and token.gen < state.token.gen


def _fits(state: SessionState, base: int, frame: HelloFrame) -> bool:
    """Return whether the peer takes every event that was acked and is to be told again: none of them can fail."""
    floor, buffer = state.consumer.floor, state.buffer
    if base >= floor:
        return True
    size = _frame_size(frame)
    return all(body is None or fits(body, size) for body in buffer.since(base, min(floor, buffer.last)))


def _retained(state: SessionState, after: int, floor: int) -> bool:
    """Return whether everything after *after* up to *floor* can be told again: its body is here, or it failed.

    What was acked and skipped (its client had it from another process) is a hole that nothing can fill any more.
    """
    buffer, ledger = state.buffer, state.ledger
    if after < buffer.first - 1:
        return False
    while after < floor:
        gap = ledger.failed_from(after + 1)
        if gap is not None and gap.first <= after + 1:
            after = gap.last
            continue
        upto = floor if gap is None else min(floor, gap.first - 1)
        if upto > buffer.last or None in buffer.since(after, upto):
            return False
        after = upto
    return True


def _open(state: SessionState, line: int, conn: int, frame: HelloFrame, base: int, now: float) -> Line:
    limits = state.limits
    window, size = limits.window_events, _frame_size(frame)
    if frame.recv is not None:
        window = min(window, frame.recv.window or window)
    return Line(
        line,
        frame.tab,
        conn,
        window,
        size,
        heard=now,
        written=base,
        top=base,
        says=float(limits.say_burst),
        says_at=now,
        room=min(limits.batch_bytes, size),
    )


def _frame_size(frame: HelloFrame) -> int:
    return min(_HELLO_FRAME, (frame.recv.frame if frame.recv is not None else 0) or _HELLO_FRAME)


def _welcome(state: SessionState, line: Line, why: str | None, base: int) -> WelcomeFrame:
    limits = state.limits
    return WelcomeFrame(
        v=VERSION,
        session=state.session,
        epoch=state.epoch or "",
        conn=line.conn,
        resumed=why is None,
        why=why,
        base=base,
        head=max(state.head, base),
        limits={
            "event": limits.event_bytes,
            "frame": limits.frame_bytes,
            "window": line.window,
            "ack_events": limits.ack_events,
            "ack_ms": int(limits.ack_delay * 1000),
        },
    )


def _refused(state: SessionState, resume: Resume) -> tuple[Rejection, ...]:
    """Return the refused events of a resume whose ack did not arrive."""
    floor = state.consumer.floor
    return tuple(
        Rejection(seq) for first, last in resume.rej for seq in range(max(first, floor + 1), min(last, resume.seq) + 1)
    )
