"""What a run's actor, its scope and its desk share: the run's id, and whether its end was told."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

from attrs import define, field

__all__ = ["Prompted", "prompted"]


def _never() -> bool:
    return False


@define(eq=False)
class Prompted:
    """One for each run; the first scope in its task takes it."""

    run_id: str
    opened: bool = False
    ended: bool = False
    cancelled: str | None = None
    """Why the run is being cancelled, where somebody said so."""
    failure: BaseException | None = None
    """What the scope failed with; the actor's guard records it, if it comes that far."""
    fenced: Callable[[], bool] = field(default=_never)
    """Whether its actor was abandoned: whoever hears that the run is gone tells its end then, and nobody else."""

    def take_end(self) -> bool:
        """Say whether its end was not told yet; whoever asks and gets True tells it."""
        told, self.ended = self.ended, True
        return not told


prompted: ContextVar[Prompted | None] = ContextVar("stentor_prompted", default=None)
"""The run that the task's actor carries."""
