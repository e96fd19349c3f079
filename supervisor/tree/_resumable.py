"""Estates of supervised children; one of them can take its crashed incarnation back, where a row says resume."""

from __future__ import annotations

from typing import Any

from stentor.actors import Estate, ExitReason, Failure

from ._port import SlotPort

__all__ = ["ResumableEstate", "SupervisedEstate"]


class SupervisedEstate(Estate[Any]):
    """A child's slot. It becomes a :class:`ResumableEstate` where a new policy has a row that says resume."""

    __slots__ = ("_fallen", "_port")

    _fallen: Any
    _port: Any

    @property
    def parent(self) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Where it reports, in its own name. Made for each report: kept, it would be one more object for each child."""
        return SlotPort(self._port, self)

    @parent.setter
    def parent(self, port: Any) -> None:
        self._port = port


class ResumableEstate(SupervisedEstate):
    """Keeps the actor that crashed until it is decided what becomes of it."""

    # Nothing more than its base: so one can become the other, and a policy without such a row pays nothing for it.
    __slots__ = ()

    @property
    def resumable(self) -> bool:
        """Whether there is a crashed incarnation to resume."""
        return self._actor is None and getattr(self, "_fallen", None) is not None

    def _gone(
        self,
        actor: Any,
        reason: ExitReason,
        failure: Failure | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        self._fallen = (actor, self.context, self.lease) if reason == "crash" else None
        super()._gone(actor, reason, failure, *args, **kwargs)

    def resume_actor(self) -> None:
        """Let the actor that crashed last go on with its state; the message that crashed it is not repeated.

        One of the loop goes on with its timers and tasks too; what a thread had is fenced, and it gets a new one.
        """
        fallen, self._fallen = getattr(self, "_fallen", None), None
        if fallen is None or self._actor is not None:
            raise TypeError(f"{self!r} has no crashed incarnation to resume")
        actor, context, lease = fallen
        self._settle_again(self.actor_class, context, lease)
        self._actor = actor
        self.state = "running"
        self._kick()

    def park(self, why: Any) -> None:
        """Set it aside; the crashed incarnation does not go on."""
        super().park(why)
        self.forget_actor()

    def close(self, reason: str) -> None:
        """End it for good; the crashed incarnation does not go on."""
        super().close(reason)
        self.forget_actor()

    def forget_actor(self) -> None:
        """It was decided otherwise: hold the crashed incarnation no longer."""
        self._fallen = None
