"""What a client says: rate, order, handing up, and the answer."""

from __future__ import annotations

from .._closecodes import CloseCode
from .._frames import Refusal, SaidFrame, SayFrame
from ..errors import ProtocolError
from ._effects import Effect, Handle, Note
from ._lines import break_line, close_consumer, queue
from ._state import Line, PendingSay, SessionState

__all__ = ["answered", "handed", "repeat_says", "said"]

_TRIES = 2
"""Incarnations that a message may cost before it is refused."""
_FAILED = ("handling_failed", "the host failed at this message; say it differently")


def said(state: SessionState, line: Line, frame: SayFrame, now: float) -> list[Effect]:
    """Hand a message up. A repeated one goes up again if it is not being handled: the inbox knows its answer."""
    if not _take_one(state, line, now):
        return close_consumer(state, CloseCode.RATE_LIMITED, "too many messages", after_ms=1000)
    key = (line.tab, frame.cid)
    if key in state.says:
        return []
    last = state.last_cid.get(line.tab)
    # Only the session's first owner has heard every message: what another one answered is not said again.
    only_owner = state.token is not None and state.token.gen == 1
    if only_owner and last is not None and frame.cid > last + 1:
        reason = f"cid {frame.cid} after {last}; they are contiguous per tab"
        return break_line(state, line, ProtocolError(reason, int(CloseCode.PROTOCOL_ERROR), kind="cid"))
    if len(state.says) >= state.limits.say_burst:
        return close_consumer(state, CloseCode.RATE_LIMITED, "too many unanswered messages", after_ms=1000)
    state.last_cid.pop(line.tab, None)
    state.last_cid[line.tab] = max(last or 0, frame.cid)
    if len(state.last_cid) > state.limits.tabs:
        # The tab that spoke longest ago; should it come back, any cid of it is believed once.
        del state.last_cid[next(iter(state.last_cid))]
    state.says[key] = PendingSay(line.line, frame)
    return [_handle(key, state.says[key])]


def answered(state: SessionState, tab: str, cid: int, refused: tuple[str, str] | None) -> None:
    """Queue the answer for the tab if it is here; if not, it will ask again."""
    state.says.pop((tab, cid), None)
    line = state.consumer.line
    if line is not None and line.tab == tab:
        refusal = None if refused is None else Refusal(code=refused[0], msg=refused[1])
        queue(line, SaidFrame(cid=cid, refused=refusal))


def handed(state: SessionState, tab: str, cid: int) -> None:
    """The message is in hand; it is handed up no more."""
    pending = state.says.get((tab, cid))
    if pending is not None:
        pending.handed = True


def repeat_says(state: SessionState) -> list[Effect]:
    """Hand up again what was not answered; what two incarnations died of is refused."""
    effects: list[Effect] = []
    for key, pending in list(state.says.items()):
        pending.tries += not pending.handed
        if pending.tries > _TRIES:
            answered(state, *key, _FAILED)
            effects.append(Note("failed_handling", {"tab": key[0], "cid": key[1], "refused": _FAILED}))
        else:
            effects.append(_handle(key, pending))
    return effects


def _handle(key: tuple[str, int], pending: PendingSay) -> Handle:
    return Handle(pending.line, key[0], key[1], pending.frame.type, pending.frame.data)


def _take_one(state: SessionState, line: Line, now: float) -> bool:
    limits = state.limits
    allowance = line.says + (now - line.says_at) * limits.says_per_second
    line.says = min(allowance, float(limits.say_burst))
    line.says_at = now
    if line.says < 1.0:
        return False
    line.says -= 1.0
    return True
