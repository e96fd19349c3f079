"""The life of a supervisor: how it starts with its children, hears of them, and ends without leaving any behind."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Never, Self

from stentor.actors import Actor, ActorRef, Clock, Estate, LaunchResult, LoopFuture, Pending, mark_failure
from stentor.protocol.errors import BadSpec, ChildStartError, Refused, RestartBudgetExceeded, Shutdown

from ..core._effects import Exit
from ..core._events import Boot, StopAll
from ..core._machine import SupervisorMachine
from ..ledger._fingerprint import fingerprint
from ..ledger._redact import safe_text
from ..policy._brief import in_words
from ..policy._policy import RestartPolicy
from ..policy._spec import ChildSpec
from ._doubts import doubtful, misused, strange
from ._hands import Hands
from ._questions import answer_questions
from ._slots import abandon_below

__all__ = ["SupervisorLife"]

_TURN = 16
"""Reports that are taken in before other actors have their turn."""
_OF_THE_ESTATE = ("path", "directory", "recorder")


class SupervisorLife(Actor):
    """Start, turn and end of a supervisor; the calls are the subclass's."""

    def __init__(
        self,
        policy: RestartPolicy | None = None,
        children: Sequence[ChildSpec] = (),
        *,
        dynamic: bool = False,
        template: ChildSpec | None = None,
        max_children: int | None = None,
        clock: Clock | None = None,
        **unknown: Never,
    ) -> None:
        super().__init__()
        policy = RestartPolicy() if policy is None else policy
        faults = misused(policy, children, dynamic=dynamic, template=template, max_children=max_children)
        faults += strange(unknown)
        if faults:
            raise BadSpec(faults)
        self._template = template
        self._named = 0
        self._machine = SupervisorMachine(
            policy, children, dynamic=dynamic, max_children=max_children, fingerprint=fingerprint
        )
        self._hands = Hands(self, self._machine, self.clock if clock is None else clock)
        for text in self._doubts(policy, children):
            self._hands.ledger.record.note("warning", path=self.path, text=text)

    @classmethod
    def start(cls, *args: Any, **kwargs: Any) -> ActorRef[Self]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Start it and its children, and return its address. Arguments are those of the class, and these:

        Args:
            *args: As the class takes them.
            **kwargs: As the class takes them; ``path``, its address, ``""`` for the root of a tree; ``directory`` and
                ``recorder``, for it and everything below.

        Raises:
            BadUsage: If a child's start is a coroutine, and this was called on the loop that would have to run it:
                then it is ``await Supervisor.start_async(…)``.
            ChildStartError: If a child did not start.
        """
        estate = cls._estate(args, kwargs)
        loop = estate.dispatcher.loop
        if loop is not None and asyncio._get_running_loop() is not loop:
            return asyncio.run_coroutine_threadsafe(cls._launched(estate), loop).result()
        result = estate.launch()
        if isinstance(result, Pending):
            # Its start was not driven yet; what its children began has to be ended from here.
            abandon_below(estate)
            estate.close("start_refused")
            cls._refuse_start()
        return cls._standalone(estate, result)

    @classmethod
    async def start_async(cls, *args: Any, **kwargs: Any) -> ActorRef[Self]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Start it and its children on the running loop, and wait until all have started. See :meth:`start`.

        Raises:
            ChildStartError: If a child did not start.
        """
        return await cls._launched(cls._estate(args, kwargs))

    @classmethod
    def dynamic(
        cls,
        policy: RestartPolicy | None = None,
        template: ChildSpec | None = None,
        max_children: int | None = None,
        **kwargs: Any,
    ) -> ActorRef[Self]:
        """Start a dynamic supervisor and return its address.

        Args:
            policy: What to do when a child fails.
            template: What its children are made of; ``start_child(id=…, kwargs=…)`` needs one.
            max_children: How many it holds.
            **kwargs: As for :meth:`start`.
        """
        return cls.start(policy=policy, dynamic=True, template=template, max_children=max_children, **kwargs)

    @classmethod
    def _estate(  # pyright: ignore[reportIncompatibleMethodOverride]
        cls, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Estate[Self]:
        own = {name: kwargs.pop(name) for name in _OF_THE_ESTATE if name in kwargs}
        own.setdefault("path", super()._estate(args, kwargs).path)
        return Estate(cls, args, kwargs, kind="supervisor", clock=kwargs.get("clock"), **own)

    @classmethod
    async def _launched(cls, estate: Estate[Self]) -> ActorRef[Self]:
        """Launch *estate* on the running loop and return its address once it has started."""
        starter = estate._starter = LoopFuture[LaunchResult]()  # pyright: ignore[reportPrivateUsage]
        result = estate.launch()
        if isinstance(result, Pending):
            result = await starter
        else:
            estate._starter = None  # pyright: ignore[reportPrivateUsage]
        return cls._standalone(estate, result)

    # Start, turn, end

    def on_start(self) -> Any:
        """Start the children of the list, in order."""
        self._hands.feed(Boot())
        if self._hands.booted or self._hands.exit is not None:
            self._begun()
            return None
        return self._boot_on()

    def on_wake(self) -> None:
        """Take in what the children reported."""
        self._hands.drain(_TURN)
        self._leave_if_ended()
        if len(self._hands.port):
            self.actor_ref.wake()

    def on_stop(self) -> Any:
        """Stop the children: those of the list in reverse, each awaited; those of a dynamic supervisor at once."""
        self._hands.feed(StopAll())
        if self._hands.exit is None:
            return self._wind_down()
        self._over()
        return None

    def on_failure(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave no child behind, should this supervisor itself have failed."""
        self.abandon_children()

    def on_control(self, message: Any) -> None:
        """Take a message of the control lane; none is meant for a supervisor but what its children send to its port."""
        raise TypeError(f"a supervisor has no use for {message!r}")

    def on_receive(self, message: Any) -> Any:
        """Refuse a message: a supervisor is called, not told.

        Raises:
            BadSpec: Always.
        """
        raise BadSpec(f"a supervisor has no use for {message!r}; call it through its proxy")

    def abandon_children(self) -> None:
        """Fence all children and whatever is below them, without asking them."""
        self._hands.abandon_all()

    async def _boot_on(self) -> None:
        await self._hear(booting=True)
        self._begun()
        self.actor_ref.wake()

    def _begun(self) -> None:
        """The start is over. A significant child that has ended by now ends the supervisor, but not its start."""
        if self._hands.booted and self._hands.exit is not None and self._hands.exit.why == "auto_shutdown":
            self.actor_ref.wake()
        else:
            self._leave_if_ended()

    async def _wind_down(self) -> None:
        await self._hear(booting=False)
        self._over()

    def _over(self) -> None:
        """The stop is over. That it would have ended by itself is no matter then."""
        exit_ = self._hands.exit
        if exit_ is not None and exit_.why == "auto_shutdown":
            self._hands.close()
        else:
            self._leave_if_ended()

    async def _hear(self, *, booting: bool) -> None:
        """Take in reports, and answer questions, until this supervisor has started, or ended."""
        hands = self._hands
        try:
            while hands.exit is None and not (booting and hands.booted):
                answer_questions(self)
                await hands.port.arrival()
                hands.drain(_TURN)
        except BaseException:
            self.abandon_children()
            raise

    def _doubts(self, policy: RestartPolicy, children: Sequence[ChildSpec]) -> list[str]:
        """Return what is allowed and hardly meant so, a warning for each."""
        return doubtful(policy, children)

    def _knocked(self) -> None:
        self._hands.port.knock()

    def _leave_if_ended(self) -> None:
        """Raise what this supervisor ends with, if it has ended by a failure."""
        exit_ = self._hands.exit
        if exit_ is None:
            return
        self._hands.close()
        match exit_.why:
            case "stopped":
                return
            case "auto_shutdown":
                raise Shutdown("auto_shutdown")
            case "gave_up":
                raise self._exceeded(exit_) from exit_.exception
            case "start_failed":
                raise self._unstarted(exit_) from exit_.exception
            case "escalated":
                raise self._escalated(exit_)
            case _:  # pyright: ignore[reportUnnecessaryComparison]
                raise TypeError(f"a supervisor does not end by {exit_!r}")

    def _exceeded(self, exit_: Exit) -> RestartBudgetExceeded:
        ids = [failure.id for failure in exit_.failures]
        child = None if exit_.child is None else exit_.child.spec.id
        budget = in_words(self._machine.policy.budget)
        error = RestartBudgetExceeded(supervisor=self.path, failures=ids, budget=budget, child_id=child)
        error.failure_id = ids[-1] if ids else None
        return error

    def _unstarted(self, exit_: Exit) -> ChildStartError:
        name = "?" if exit_.child is None else exit_.child.spec.id
        reason = _reason(name, exit_.exception)
        error = ChildStartError(child_id=name, reason=reason, supervisor=self.path)
        failure = exit_.failures[0] if exit_.failures else None
        error.failure_id = None if failure is None else failure.id
        return error

    def _escalated(self, exit_: Exit) -> BaseException:
        """Return the child's own exception: the supervisor above decides by its type, and finds its failure's id.

        A start that failed by a refusal or a planned end is told as a failed start: raised here, it would be taken
        for an answer to somebody, or for a planned end of the supervisor.
        """
        error = exit_.exception
        if error is None:
            raise TypeError("nothing to escalate")
        if isinstance(error, Refused | Shutdown):
            wrapped = self._unstarted(exit_)
            wrapped.__cause__ = error
            return wrapped
        if exit_.failures:
            mark_failure(error, exit_.failures[0].id)
        return error


def _reason(child_id: str, error: BaseException | None) -> str:
    """Return why the child did not start; what says so by itself is not told of twice."""
    if isinstance(error, ChildStartError):
        return str(error.details["reason"]) if error.details["child_id"] == child_id else safe_text(error)
    return f"{type(error).__name__}: {safe_text(error)}"
