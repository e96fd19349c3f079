"""Actor: a loop actor under guard. Whatever it raises ends this incarnation, and nobody else's."""

from __future__ import annotations

from ..loop._loop_actor import LoopActor
from ._guarded import Guarded

__all__ = ["Actor"]


class Actor(Guarded, LoopActor):
    """A guarded actor. ``actor_ref``, ``path``, ``incarnation``, ``last_failure`` and ``clock`` are there before
    the body of ``__init__`` runs.

    Any exception crashes it, whether its message came by ``tell``, ``ask`` or a proxy; an asker gets the exception
    too, with ``failure_id``. ``Refused`` and its kin answer the caller and do not crash. ``Shutdown(info)`` is a
    planned end. Every hook may be ``async def``.
    """
