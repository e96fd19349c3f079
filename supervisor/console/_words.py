"""What happens to a connection or a session, in words for whoever sits at the terminal."""

from __future__ import annotations

from stentor.protocol import CloseCode
from stentor.protocol.clients import Notice, StateChanged

__all__ = ["loss_words", "notice_words"]

_LOSSES = {
    CloseCode.DRAINING: "the host is going down",
    CloseCode.SLOW_CONSUMER: "the host waited too long for this side",
    CloseCode.SESSION_RESTARTED: "the session was restarted",
    CloseCode.STORE_UNAVAILABLE: "the host's store does not answer",
    CloseCode.SESSION_PARKED: "the session is parked, after crashes or by its operator",
}
_NOTICES = {
    "session_restarting": "the session crashed and was restarted; what it had to say was kept",
    "actor_parked": "the session is parked, after crashes or by its operator; this answer will not be ended",
}


def loss_words(change: StateChanged) -> str:
    """Say why a connection was lost."""
    known = {int(code): words for code, words in _LOSSES.items()}
    return known.get(change.code or 0) or change.reason or "no reason was given"


def notice_words(notice: Notice) -> str:
    """Say what the host wants the user to know, with the id under which it has recorded a failure."""
    words = _NOTICES.get(notice.code, notice.msg)
    return f"{words} (failure {notice.failure})" if notice.failure else words
