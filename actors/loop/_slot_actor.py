"""SlotActor: a Pykka actor whose slot is its inbox, its stop flag and its address in one."""

# pyright: reportPrivateUsage=false
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import pykka
from pykka.messages import ProxyCall, ProxyGetAttr, ProxySetAttr, _ActorStop

from ._future import LoopFuture
from ._mailbox import Mailbox
from ._ref import ActorRef
from ._slot import SlotBase

if TYPE_CHECKING:
    from types import TracebackType

    from pykka._actor import ActorInbox

__all__ = ["SlotActor"]

_PYKKAS_OWN = frozenset({_ActorStop, ProxyCall, ProxyGetAttr, ProxySetAttr})


class SlotActor(pykka.Actor):
    """What all our actors have in common, wherever their handlers run."""

    _slot: SlotBase

    @property
    def actor_urn(self) -> str:  # type: ignore[override]
        """The actor's URN."""
        return self._slot.urn

    @property
    def actor_inbox(self) -> Mailbox:  # type: ignore[override]
        """The mailbox."""
        return self._slot

    @property
    def actor_stopped(self) -> Mailbox:  # type: ignore[override]
        """The stop flag."""
        return self._slot

    @property
    def _actor_ref(self) -> ActorRef[Self]:  # type: ignore[override]
        return self._slot.ref

    @property
    def actor_ref(self) -> ActorRef[Self]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The actor's address."""
        return self._slot.ref

    # Pykka's hooks once more, so that they may also be coroutines.

    def on_start(self) -> Any:
        """Called before the first message; may be ``async def``."""

    def on_stop(self) -> Any:
        """Called after the last message; may be ``async def``."""

    def on_failure(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> Any:
        """Called after an exception that nobody asked for; may be ``async def``."""

    @staticmethod
    def _create_actor_inbox() -> ActorInbox:
        raise NotImplementedError("a loop actor's slot is its inbox")

    @staticmethod
    def _create_future() -> LoopFuture[Any]:
        return LoopFuture()

    def _handle_receive(self, message: Any) -> Any:
        # One look-up for the common cases, where Pykka asks four times and walks the path.
        if type(message) in _PYKKAS_OWN:
            if type(message) is ProxyCall and len(message.attr_path) == 1:
                return getattr(self, message.attr_path[0])(*message.args, **message.kwargs)
            return super()._handle_receive(message)
        return self.on_receive(message)
