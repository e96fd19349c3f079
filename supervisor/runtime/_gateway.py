"""The gateway: who may come in, and to which session a connection belongs."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import frozen
from stentor.actors import Actor
from stentor.protocol import CloseCode, HelloFrame, split_session_id
from stentor.protocol.errors import (
    Fenced,
    Forbidden,
    ProtocolError,
    StentorError,
    Unauthenticated,
    WebSocketContextValidationError,
)

from ..runs._identity import Identity
from ._lobby import Guest, Lobby

if TYPE_CHECKING:
    from ._options import Authenticate

__all__ = ["Admit", "Gateway"]

Admit: TypeAlias = Callable[[Guest, Identity], None]
"""Gives a guest's connection to its session; raises a :class:`StentorError` where that can not be."""


@frozen
class _Checked:
    guest: Guest
    identity: Identity | None
    error: BaseException | None


class Gateway(Actor):
    """Checks each hello: version, session, token, and that the session is the identity's own.

    Nothing that a client sends crashes it: a refusal ends that connection with its code. A bug in the host's
    ``authenticate`` refuses its client and is put on record.

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
                self._check(message)
            case _Checked(guest, Identity() as identity, None):
                self._let_in(guest, identity)
            case _Checked(guest, _, error):
                self._refuse(guest, error)
            case _:
                raise TypeError(f"the gateway has no use for {message!r}")

    def _check(self, guest: Guest) -> None:
        if guest.visitor.gone:
            return
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
        except Exception as error:
            # The host's own code: whatever it raises keeps this client out, and is told below.
            self._refuse(guest, error)
            return
        if inspect.isawaitable(answer):
            check = asyncio.get_running_loop().create_task(self._await(guest, answer))
            self._checks.add(check)
            check.add_done_callback(self._checks.discard)
        else:
            self._judge(guest, answer)

    async def _await(self, guest: Guest, answer: Any) -> None:
        try:
            identity = await answer
            verdict = _Checked(guest, identity, None if isinstance(identity, Identity) else _no_identity())
        except Exception as error:
            # The host's own code: whatever it raises keeps this client out, and is told in the gateway.
            verdict = _Checked(guest, None, error)
        try:
            self.actor_ref.tell(verdict)
        except Fenced:
            # This gateway ended meanwhile; its successor asks again about everybody who waits.
            return

    def _judge(self, guest: Guest, identity: object) -> None:
        if isinstance(identity, Identity):
            self._let_in(guest, identity)
        else:
            self._refuse(guest, _no_identity())

    def _refuse(self, guest: Guest, error: BaseException | None) -> None:
        if isinstance(error, Unauthenticated):
            guest.visitor.refuse(CloseCode.UNAUTHENTICATED, error)
            return
        if error is not None:
            self.estate.recorder.failure(self.estate.capture(error, "authenticate", guest.hello))
        # What the host's code raised is for the operator; the client learns that it was not let in.
        guest.visitor.refuse(CloseCode.UNAUTHENTICATED, Unauthenticated())

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
            guest.visitor.refuse(CloseCode.STORE_UNAVAILABLE, error, 1000)
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
        raise ProtocolError(str(error), CloseCode.PROTOCOL_ERROR) from error


def _no_identity() -> StentorError:
    return StentorError("authenticate has to return a stentor.Identity, or raise stentor.Unauthenticated")
