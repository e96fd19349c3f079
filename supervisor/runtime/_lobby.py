"""The lobby: connections that were accepted and are not let in yet. It outlives a crash of the gateway."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import define, field
from stentor.actors import Clock, Recorder
from stentor.protocol import CloseCode, HelloFrame, Limits
from stentor.protocol.errors import SessionClosed, StentorError
from stentor.protocol.transports import Connection

from ..ledger._redact import hide, safe_text
from ..runs._identity import Identity
from ._visitor import Visitor

__all__ = ["Guest", "Lobby"]


@define(eq=False)
class Guest:
    """A visitor that said hello; *known* is its identity where the host named it when it attached the socket."""

    visitor: Visitor
    hello: HelloFrame
    known: Identity | None = None


@define(eq=False)
class Lobby:
    """Holds the visitors, and hands each that said hello to the gateway, once."""

    clock: Clock
    limits: Limits
    recorder: Recorder
    announce: Callable[[Guest], None]
    """Tells the gateway of a guest; raises if its mailbox is full."""

    open: bool = True
    _visitors: dict[Visitor, Identity | None] = field(factory=dict[Visitor, "Identity | None"], init=False)

    def enter(self, connection: Connection, known: Identity | None = None) -> None:
        """Take *connection* in."""
        visitor = Visitor(connection, self.clock, self.limits, self._said_hello, self._left)
        if visitor.gone:
            return
        self._visitors[visitor] = known
        if not self.open:
            visitor.refuse(CloseCode.DRAINING, SessionClosed("the host is going down; come back"), 1000)

    def refused(self, remote: str, code: int, why: StentorError | str, secrets: Sequence[str] = ()) -> None:
        """Put on record that *remote* was not let in: *code* is what it was told, a close code or an HTTP status."""
        self.recorder.note(
            "connection_refused",
            path="/gateway",
            remote=remote,
            close_code=int(code),
            reason=why.code if isinstance(why, StentorError) else "left",
            text=hide(safe_text(why), secrets)[0][:300],
        )

    def leave(self, visitor: Visitor) -> None:
        """Let go of a visitor that was let in."""
        visitor.taken_over()
        self._visitors.pop(visitor, None)

    def close(self, after_ms: int) -> None:
        """Take nobody in any more, and show out who waits."""
        self.open = False
        for visitor in list(self._visitors):
            visitor.refuse(CloseCode.DRAINING, SessionClosed("the host is going down; come back"), after_ms)

    def guests(self) -> list[Guest]:
        """Return those that said hello and were not let in: a new gateway takes them up again."""
        return [Guest(it, it.hello, known) for it, known in self._visitors.items() if it.hello is not None]

    def _said_hello(self, visitor: Visitor, hello: HelloFrame) -> None:
        try:
            self.announce(Guest(visitor, hello, self._visitors.get(visitor)))
        except StentorError as error:
            visitor.refuse(CloseCode.RATE_LIMITED, error, 1000)

    def _left(self, visitor: Visitor, code: int, why: StentorError | str) -> None:
        self._visitors.pop(visitor, None)
        self.refused(visitor.connection.remote, code, why, visitor.secrets)
