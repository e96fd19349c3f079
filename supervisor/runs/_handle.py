"""The session handle: a name, by which a session is reached wherever it lives and however often it restarts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stentor.protocol import Event
from stentor.protocol.errors import Fenced, StentorError

from ._identity import Identity
from ._run import Run
from ._scope import RunScope

if TYPE_CHECKING:
    from stentor.actors import Receipt

    from ._bridge import Bridge

__all__ = ["Session"]


class Session:
    """One user in one conversation. It survives restarts; what can not be done raises a typed exception."""

    __slots__ = ("_bridge", "_id", "_timeout", "_who")

    def __init__(self, bridge: Bridge, who: Identity, name: str, timeout: float | None) -> None:
        self._bridge = bridge
        self._who = who
        self._id = name
        self._timeout = timeout

    def __repr__(self) -> str:
        return f"<Session {self._id}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Session) and (self._id, self._bridge) == (other._id, other._bridge)

    def __hash__(self) -> int:
        return hash(self._id)

    @property
    def user_id(self) -> str:
        """The user."""
        return self._who.user_id

    @property
    def thread_id(self) -> str:
        """The conversation."""
        return self._who.thread_id or ""

    @property
    def id(self) -> str:
        """``user/thread``, each part percent-encoded."""
        return self._id

    def emit(self, event: Event) -> Receipt:
        """Accept *event* for the user and return its receipt. Any thread; never waits, never touches the network.

        Raises:
            EventNotSerialisable: If a field holds what JSON can not carry; it names the field.
            EventTooLarge: If it is over the limit; it names the largest field and the size.
            BufferFull: If the session holds as much as it may.
            StoreUnavailable: If the store does not work.
            ActorParked: If the session is parked.
            SessionClosed: If it has ended.
            WebSocketManagerNotInitializedError: If the runtime does not run.
            Fenced: If called by the thread of an actor that was given up.
        """
        run = Run.current.get()
        try:
            return self._bridge.emit(self._id, event, None)
        except Fenced:
            raise  # Who was given up fails no run.
        except StentorError as refused:
            if run is not None and run.session == self._id:
                run.blame(refused)
            raise

    def run(self, agent: str = "agent", *, run_id: str | None = None, emit_timeout: float | None = None) -> RunScope:
        """Open a run of *agent*: ``async with session.run("researcher") as run``.

        Args:
            agent: Its name, as the user may read it.
            run_id: The run's id; given by default. The first scope that answers a message takes the message's.
            emit_timeout: Seconds that an awaited emit waits for room; the runtime's by default.
        """
        return RunScope(
            self._bridge, self._id, self._who, agent, run_id, self._timeout if emit_timeout is None else emit_timeout
        )

    async def say(self, kind: str, data: Any = None) -> str:
        """Give the session a message of type *kind* as if its client had said it; return the id of its run.

        Raises:
            ConcurrencyRejected: If a run goes on and the runtime takes one at a time.
        """
        return await self._bridge.say(self._id, kind, data)

    async def cancel(self, run_id: str | None = None, reason: str = "cancelled by the host") -> int:
        """End the session's runs, or that of *run_id*, as agent_cancelled; return how many there were."""
        return await self._bridge.cancel(self._id, run_id, reason)

    async def close(self, timeout: float = 5.0) -> None:
        """End the session: wait up to *timeout* seconds for the last acks, then say goodbye to its clients.

        Raises:
            FlushTimeout: If events were left; each is failed(unconfirmed) then.
        """
        await self._bridge.close(self._id, timeout)

    async def position(self) -> Any:
        """Return how far the session is: its epoch, floor, head, and how many events wait."""
        return await self._bridge.position(self._id)

    async def outcomes(self) -> Any:
        """Return what became of its events: everything up to the floor has ended, and these ranges of it failed."""
        return await self._bridge.outcomes(self._id)
