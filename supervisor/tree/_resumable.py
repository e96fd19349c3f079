"""An estate that can take its crashed incarnation back: for policies with a row that says resume."""

from __future__ import annotations

from typing import Any

from stentor.actors import Estate, ExitReason, Failure

__all__ = ["ResumableEstate"]


class ResumableEstate(Estate[Any]):
    """Keeps the actor that crashed until it is decided what becomes of it."""

    __slots__ = ("_fallen",)

    _fallen: Any

    def _gone(
        self,
        actor: Any,
        reason: ExitReason,
        failure: Failure | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        self._fallen = actor if reason == "crash" else None
        super()._gone(actor, reason, failure, *args, **kwargs)

    def resume_actor(self) -> None:
        """Let the actor that crashed last go on with its state; the message that crashed it is not repeated."""
        fallen, self._fallen = self._fallen, None
        if fallen is None or self._actor is not None:
            raise TypeError(f"{self!r} has no crashed incarnation to resume")
        self._actor = fallen
        self.state = "running"
        self._kick()

    def forget_actor(self) -> None:
        """It was decided otherwise: hold the crashed incarnation no longer."""
        self._fallen = None
