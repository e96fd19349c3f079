"""The gateway: who may come in, and to which session a connection belongs."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import evolve, frozen
from stentor.actors import Actor
from stentor.protocol import CloseCode, HelloFrame, split_session_id
from stentor.protocol.errors import (
    ActorDied,
    AdmissionFailed,
    Fenced,
    Forbidden,
    MailboxFull,
    ProtocolError,
    Refused,
    StentorError,
    WebSocketContextValidationError,
)

from ..runs._identity import Identity
from ._lobby import Guest, Lobby
from ._visitor import LATER_MS

if TYPE_CHECKING:
    from ._options import Authenticate

__all__ = ["Admit", "Gateway"]

Admit: TypeAlias = Callable[[Guest, Identity], None]
"""Gives a guest's connection to its session; raises a :class:`StentorError` where that can not be."""


_TRIES = 2
"""How often a guest is taken up; one with whom it went wrong each time is sent away."""
_SOON_MS = 1000


@frozen
class _Checked:
    guest: Guest
    identity: Identity | None
    error: BaseException | None


class Gateway(Actor):
    """Checks each hello: version, session, token, and that the session is the identity's own.

    Nothing that a client sends crashes it: a refusal ends that connection with its code, 4502 or 4503. Where the
    host's ``authenticate`` fails instead of refusing, by a bug or an outage, that is put on record, and the client is
    told by 4107 to come back: it may have done nothing wrong. So it is with a bug that the admission of one guest
    brings out: after two tries that guest is sent away, and everybody else comes in.

    Args:
        lobby: The connections that wait.
        authenticate: Token to identity; None lets everybody be who they say, which only loopback may.
        admit: What to do with a guest who may come in.
    """

    def __init__(self, lobby: Lobby, authenticate: Authenticate | None, admit: Admit) -> None:
        super().__init__()
        self._lobby = lobby
        self._authenticate = authenticate
        self._admit = admit
        self._checks: set[asyncio.Task[None]] = set()

    def on_start(self) -> None:
        """Take up those whom the last incarnation left waiting."""
        if self.incarnation > 1:
            for guest in self._lobby.guests():
                self.actor_ref.tell(guest)

    def on_stop(self) -> None:
        """Check nobody any more."""
        for check in self._checks:
            check.cancel()

    def on_receive(self, message: Any) -> None:
        """Take a guest, or the verdict on one."""
        match message:
            case Guest():
                self._take(message, self._check)
            case _Checked(guest, Identity() as identity, None):
                self._take(guest, lambda guest: self._let_in(guest, identity))
            case _Checked(guest, _, error):
                self._refuse(guest, error)
            case _:
                raise TypeError(f"the gateway has no use for {message!r}")

    def _take(self, guest: Guest, step: Callable[[Guest], None]) -> None:
        try:
            step(guest)
        except Exception as error:
            # The boundary of this actor, drawn around one guest: its bug must not shut the door to all others, and
            # a client that comes back again and again must not use up the budget of the whole tree.
            self._on_record(guest, error, "admit")
            self._tell(guest, guest)

    def _check(self, guest: Guest) -> None:
        visitor = guest.visitor
        if visitor.gone:
            return
        if visitor.tries >= _TRIES:
            visitor.refuse(CloseCode.STORE_UNAVAILABLE, AdmissionFailed(), LATER_MS)
            return
        # Counted before it is tried: whatever it is that goes wrong, a crash of ours included.
        visitor.tries += 1
        try:
            user, thread = _wanted(guest.hello)
        except ProtocolError as error:
            guest.visitor.refuse(error.details["close_code"], error)
            return
        if guest.known is not None:
            self._let_in(guest, guest.known)
        elif self._authenticate is None:
            self._let_in(guest, Identity(user, thread))
        else:
            self._ask(guest, self._authenticate)

    def _ask(self, guest: Guest, authenticate: Authenticate) -> None:
        try:
            answer = authenticate(guest.hello.token)
        except BaseException as error:
            # The host's own code, asked about one client: whatever it raises, SystemExit too, keeps that client out.
            self._refuse(guest, error)
            return
        if inspect.isawaitable(answer):
            check = asyncio.get_running_loop().create_task(self._await(guest, answer))
            self._checks.add(check)
            check.add_done_callback(self._checks.discard)
            guest.visitor.asked = check.cancel
        else:
            self._judge(guest, answer)

    async def _await(self, guest: Guest, answer: Any) -> None:
        try:
            identity = await answer
            verdict = _Checked(guest, identity, None if isinstance(identity, Identity) else _no_identity())
        except BaseException as error:
            if isinstance(error, (asyncio.CancelledError, GeneratorExit)) and _given_up():
                raise
            # The host's own code: whatever it raises keeps this client out, and is told in the gateway. Out of a task
            # SystemExit and KeyboardInterrupt would stop the loop.
            verdict = _Checked(guest, None, error)
        self._tell(guest, verdict)

    def _tell(self, guest: Guest, message: Guest | _Checked) -> None:
        try:
            self.actor_ref.tell(message)
        except Fenced:
            # This gateway ended meanwhile; its successor asks again about everybody who waits.
            return
        except MailboxFull as full:
            guest.visitor.refuse(CloseCode.RATE_LIMITED, full, _SOON_MS)
        except ActorDied as died:
            guest.visitor.refuse(CloseCode.DRAINING, died, _SOON_MS)

    def _judge(self, guest: Guest, identity: object) -> None:
        if isinstance(identity, Identity):
            self._let_in(guest, identity)
        else:
            self._refuse(guest, _no_identity())

    def _refuse(self, guest: Guest, error: BaseException | None) -> None:
        match error:
            case Forbidden():
                guest.visitor.refuse(CloseCode.FORBIDDEN, error)
            case Refused():
                guest.visitor.refuse(CloseCode.UNAUTHENTICATED, error)
            case _:
                # What the host's code raised is for the operator; the client learns that it may try again.
                failed = _no_identity() if error is None else error
                self._on_record(guest, failed, "authenticate")
                guest.visitor.refuse(CloseCode.STORE_UNAVAILABLE, AdmissionFailed(), LATER_MS)

    def _on_record(self, guest: Guest, error: BaseException, operation: str) -> None:
        failure = self.estate.capture(error, operation, guest.hello)
        self.estate.recorder.failure(evolve(failure, secrets=guest.visitor.secrets))

    def _let_in(self, guest: Guest, identity: Identity) -> None:
        if guest.visitor.gone:
            return
        user, thread = _wanted(guest.hello)
        if not identity.owns(user, thread):
            guest.visitor.refuse(CloseCode.FORBIDDEN, Forbidden(user_id=identity.user_id))
            return
        try:
            self._admit(guest, Identity(user, thread))
        except StentorError as error:
            guest.visitor.refuse(CloseCode.STORE_UNAVAILABLE, error, _SOON_MS)
            return
        self._lobby.leave(guest.visitor)


def _wanted(hello: HelloFrame) -> tuple[str, str]:
    if hello.v != 1:
        raise ProtocolError(f"version {hello.v} is not spoken here; this is version 1", CloseCode.VERSION)
    if hello.payload not in (None, "native"):
        raise ProtocolError(
            f"payload {str(hello.payload)[:40]!r} is not known; there is native", CloseCode.PROTOCOL_ERROR
        )
    try:
        return split_session_id(hello.session)
    except WebSocketContextValidationError as error:
        needed = error.details["missing"]
        raise ProtocolError(f"the hello names no session: it needs a {needed}", CloseCode.PROTOCOL_ERROR) from error


def _given_up() -> bool:
    """Whether it is we who ended this task: the gateway stops, the client is gone, or the loop is."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return True
    return task is None or task.cancelling() > 0


def _no_identity() -> StentorError:
    return StentorError("authenticate has to return a stentor.Identity, or raise stentor.Unauthenticated")
