"""Why a client ended, or a message of the user was refused, as typed exceptions."""

from __future__ import annotations

from typing import Any, ClassVar

from .._closecodes import CloseCode
from ..errors import (
    ConcurrencyRejected,
    Forbidden,
    NotFound,
    ProtocolError,
    Refused,
    SessionClosed,
    StentorError,
    Unauthenticated,
)

__all__ = ["ClientClosed", "TakenOver", "ended_error", "refused_error"]


class TakenOver(StentorError):
    """Another tab or process uses the session now."""

    code: ClassVar[str] = "taken_over"
    help: ClassVar[str] = "another client took the session over; connect again to take it back"


class ClientClosed(StentorError):
    """This client was closed by its own application."""

    code: ClassVar[str] = "client_closed"
    help: ClassVar[str] = "the client was closed; make a new one, with resume= where it shall go on"


def ended_error(session: str, code: int | None, reason: str, status: int | None = None) -> StentorError:
    """Return the typed failure for the close *code* that ended a client of *session*.

    Args:
        session: Its name.
        code: The close code, or the one that stands for *status*.
        reason: Why, in words.
        status: HTTP status that refused the upgrade; None where the connection was open.
    """
    facts: dict[str, Any] = {"close_code": code, "reason": reason, "session": session, "status": status}
    refused = None if status is None else reason
    match code:
        case CloseCode.UNAUTHENTICATED:
            return Unauthenticated(refused, **facts)
        case CloseCode.FORBIDDEN:
            return Forbidden(refused, **facts)
        case CloseCode.TAKEN_OVER:
            return TakenOver(**facts)
        case CloseCode.SESSION_CLOSED:
            return SessionClosed("the host closed the session; it sends nothing more", **facts)
        case CloseCode.SESSION_UNKNOWN:
            return NotFound(session, close_code=code, reason=reason)
        case _:
            text = f"the connection ended for good ({code}): {reason or 'no reason was given'}"
            return ProtocolError(text, code or 1006, session=session)


_REFUSALS: dict[str, type[Refused]] = {cls.code: cls for cls in (ConcurrencyRejected, Forbidden, Unauthenticated)}


def refused_error(code: str, msg: str) -> Refused:
    """Return the typed refusal of a say; its ``refused_code`` is the host's own word."""
    cls = _REFUSALS.get(code, Refused)
    return cls(msg or None, refused_code=code)
