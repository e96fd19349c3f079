"""The slots of a supervisor's children: estates, built when they are first needed, launched, fenced and closed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from attrs import evolve
from stentor.actors import Clock, Estate, Failure, LaunchResult, Recorder, StartFailed, drop_traceback
from stentor.protocol.errors import ChildStartError

from ..core._child import Child
from ..core._effects import Decided
from ._parking import parking, when_due
from ._port import Port
from ._resumable import ResumableEstate, SupervisedEstate

__all__ = ["Slots", "abandon_below"]


class Slots:
    """Builds and launches the children of one supervisor.

    Args:
        own: The supervisor's own estate.
        port: Where the children report.
        recorder: Where they record.
        clock: Their time.
        resumes: Whether a crashed incarnation may have to go on.
    """

    def __init__(self, own: Estate[Any], port: Port, recorder: Recorder, clock: Clock, *, resumes: bool) -> None:
        self._own = own
        self._port = port
        self._recorder = recorder
        self._clock = clock
        self.resumes = resumes

    def let_resume(self, children: Iterable[Child]) -> None:
        """The policy has a row that says resume now: let the slots that there are keep what crashes."""
        if self.resumes:
            return
        self.resumes = True
        for child in children:
            if child.handle is not None:
                child.handle.__class__ = ResumableEstate

    def launch(self, child: Child, rung: int) -> LaunchResult:
        """Launch the next incarnation of *child*, which is to throw away as much as *rung* says.

        What building or launching it raises is its failed start.
        """
        estate: Estate[Any] | None = child.handle
        try:
            if estate is None:
                estate = self._build(child)
            else:
                if self.resumes:
                    estate.forget_actor()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
                if estate.parked is not None:
                    estate.reopen()
            estate.rung = rung
            return estate.launch()
        except Exception as error:
            return StartFailed(child.spec.id, child.incarnation, self._failed(child, error))

    def _failed(self, child: Child, error: Exception) -> Failure:
        """Return *error* as the failure of *child*; whatever there is of its incarnation is fenced."""
        path = f"{self._own.path}/{child.spec.id}"
        failure = evolve(
            self._own.capture(error, "init"),
            path=path,
            kind=child.spec.kind,
            incarnation=child.incarnation,
            uptime=0.0,
            mailbox_depth=0,
        )
        drop_traceback(error)
        estate: Estate[Any] | None = child.handle
        if estate is not None:
            self.abandon(child)
            estate.last_failure = failure
        return failure

    def overdue(self, child: Child) -> tuple[ChildStartError, Failure]:
        """Give up the start of *child*; return what it failed with."""
        error = ChildStartError(child_id=child.spec.id, reason=f"it took longer than {child.spec.start_timeout:g} s")
        failure = child.handle.capture(error, "on_start")
        self.cut_off(child)
        return error, failure

    def abandon(self, child: Child) -> None:
        """Fence the incarnation of *child*, and everything below it, and write it down."""
        estate: Estate[Any] = child.handle
        abandon_below(estate)
        estate.abandon()

    def cut_off(self, child: Child) -> None:
        """Do what :meth:`abandon` does for one whose end the machine has decided upon, which is on record."""
        estate: Estate[Any] = child.handle
        abandon_below(estate)
        estate.cut_off("abandoned")

    def close(self, child: Child, reason: str) -> None:
        """Close the slot of *child*; the next start gets a new one."""
        estate, child.handle = child.handle, None
        if estate is not None:
            estate.close(reason)

    def park(self, child: Child, why: Decided | None) -> None:
        """Keep the slot of *child*, and fail whoever waits. A child that was never built has none."""
        if child.handle is not None:
            child.handle.park("set aside" if why is None else parking(why, partial(when_due, child)))

    def _build(self, child: Child) -> Estate[Any]:
        spec = child.spec
        kind = ResumableEstate if self.resumes else SupervisedEstate
        estate = kind(
            spec.actor,
            spec.args,
            spec.kwargs,
            path=f"{self._own.path}/{spec.id}",
            kind=spec.kind,
            parent=self._port,  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
            child_id=spec.id,
            clock=self._clock,
            directory=self._own.directory,
            recorder=self._recorder,
            capacity=spec.capacity,
            dispatcher=self._own.dispatcher,
        )
        if child.incarnation > 1:
            # Its lives are counted on over a stop for good; an estate joins its dispatcher at the first of its own.
            estate.incarnation = child.incarnation - 1
            estate.dispatcher.add(estate)
        child.handle = estate
        child.ref = estate.ref
        return estate


def abandon_below(estate: Estate[Any]) -> None:
    """Fence everything below *estate*, if a supervisor lives there."""
    actor: Any = estate.ref._actor_weakref()  # pyright: ignore[reportPrivateUsage]
    abandon_children = getattr(actor, "abandon_children", None)
    if abandon_children is not None:
        abandon_children()
