"""Supervisor: the actor that starts, restarts and stops its children as its machine decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stentor.protocol.errors import BadSpec, BadUsage, NotFound

from ..core._child import Child
from ..core._events import DeleteChild, ParkChild, RestartChild, SetPolicy, StartChild, TerminateChild, UnparkChild
from ..core._explain import Explanation, explain
from ..core._policies import insignificant
from ..core._revision import PolicyRevision
from ..ledger._fingerprint import fingerprint
from ..policy._change import changed
from ..policy._directives import an_exception
from ..policy._policy import RestartPolicy
from ..policy._spec import ChildSpec, derive
from ._life import SupervisorLife
from ._questions import misfitting
from ._snapshot import TreeSnapshot, snapshot_below
from ._views import ChildCounts, ChildInfo, count, info

__all__ = ["Supervisor"]


class Supervisor(SupervisorLife):
    """Keeps its children running, by its policy.

    Start it by ``Supervisor.start(policy=…, children=[…])`` or ``await Supervisor.start_async(…)``; one whose
    children come and go by ``Supervisor.dynamic(…)``; one below another by a ``ChildSpec`` of ``kind="supervisor"``.

    Use it through its proxy, where each call gives a future for ``get()`` and ``await``. Questions are answered at
    once. Calls that change something wait until a start, stop or group restart that is going on has ended; in a
    dynamic supervisor they wait only for their own child. A wrong call is ``Refused`` and harms nobody.

    Args:
        policy: What to do when a child fails; ``RestartPolicy()`` by default.
        children: The list of children, started in this order and stopped in reverse.
        dynamic: Children come by ``start_child``; each stands for itself, and all are stopped at once.
        template: What children of a dynamic supervisor are made of.
        max_children: How many a dynamic supervisor holds, those that wait for a restart included.
        clock: Where time comes from, for the children too; by default the supervisor's own.

    Raises:
        BadSpec: If the children do not fit together or under the policy; ``errors`` has all faults.
        ChildStartError: From the start, if a child did not start; it names the child and the reason.
    """

    # Calls that change something

    def start_child(
        self,
        spec: ChildSpec | None = None,
        *,
        id: str | None = None,  # noqa: A002
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Add a child after the others, start it, and answer with its address; None if it declined to start.

        Args:
            spec: What to start; not with a template.
            id: Name of a child of the template; made up where it is left out.
            args: Positional arguments that follow the template's.
            kwargs: Keyword arguments laid over the template's.

        Raises:
            BadSpec: If the child can not be meant so.
            AlreadyStarted: If one of that id runs; ``ref`` is its address.
            AlreadyPresent: If one of that id is there and does not run.
            Exception: Whatever its start raised; nothing of it is kept then.
        """
        chosen = self._chosen(spec, id, args, {} if kwargs is None else kwargs)
        self._hands.feed(StartChild(self.defer_reply(), chosen))

    def terminate_child(self, child_id: str) -> Any:
        """Stop a child for good; its spec is kept, unless it is temporary or the supervisor dynamic.

        Raises:
            NotFound: If there is none of that id.
        """
        self._hands.feed(TerminateChild(self.defer_reply(), child_id))

    def restart_child(self, child_id: str, now: bool = False) -> Any:
        """Start a stopped child and answer with its address. With *now* also one that waits for its backoff.

        Raises:
            NotFound: If there is none of that id.
            StillRunning: If it runs.
            StillRestarting: If it waits for its restart, without *now*.
            Exception: Whatever its start raised.
        """
        self._hands.feed(RestartChild(self.defer_reply(), child_id, now))

    def delete_child(self, child_id: str) -> Any:
        """Forget a stopped or parked child.

        Raises:
            NotFound: If there is none of that id.
            StillRunning: If it runs.
            StillRestarting: If it waits for its restart.
        """
        self._hands.feed(DeleteChild(self.defer_reply(), child_id))

    def park_child(self, child_id: str) -> Any:
        """Stop a child and set it aside: kept, visible, not restarted; who asks it gets ``ActorParked``.

        Raises:
            NotFound: If there is none of that id.
            Refused: If it is stopped.
        """
        self._hands.feed(ParkChild(self.defer_reply(), child_id))

    def unpark_child(self, child_id: str) -> Any:
        """Try a parked child again and answer with its address. It is on trial: one failure parks it again.

        Raises:
            NotFound: If there is none of that id.
            Refused: If it is neither parked nor running.
            Exception: Whatever its start raised; it stays parked then.
        """
        self._hands.feed(UnparkChild(self.defer_reply(), child_id))

    def set_policy(
        self, policy: RestartPolicy | None = None, *, reason: str, duration: float | None = None, **changes: Any
    ) -> Any:
        """Change the policy, at once, and answer with its :class:`PolicyRevision`. The history is kept.

        What was charged stays charged, attempts and parks count on, and a restart that waits keeps its time. What its
        restarts cost the supervisor counts in a child's own window, should children pay for themselves from now on.
        A parked child stays so until the new ``unpark_after``, counted from its park. An un-fitting change is refused,
        and changes nothing.

        Args:
            policy: The new policy, whole; or else
            reason: Why, for the record.
            duration: Seconds after which the last policy that was set for good is in force again; None for good.
            **changes: Fields of :class:`RestartPolicy`, laid over the policy that is in force.

        Raises:
            BadPolicy: If a value is not allowed; ``errors`` has all faults.
            BadSpec: If the children that there are do not fit under it.
        """
        chosen = changed(self._machine.policy, policy, reason, duration, changes)
        self._hands.set_policy(SetPolicy(self.defer_reply(), chosen, reason, duration))

    # Questions

    def which_children(self) -> list[ChildInfo]:
        """Return all children, in the order of their start."""
        now, revision = self._hands.clock.now(), self._machine.revision.revision
        return [info(child, self.path, now, revision) for child in self._machine.children.values()]

    def which_child(self, child_id: str) -> ChildInfo:
        """Return one child.

        Raises:
            NotFound: If there is none of that id.
        """
        return info(self._child(child_id), self.path, self._hands.clock.now(), self._machine.revision.revision)

    def count_children(self) -> ChildCounts:
        """Return how many children of each sort there are."""
        return count(list(self._machine.children.values()))

    def get_childspec(self, child_id: str) -> ChildSpec:
        """Return the spec of one child.

        Raises:
            NotFound: If there is none of that id.
        """
        return self._child(child_id).spec

    def policy(self) -> PolicyRevision:
        """Return the policy that is in force, since which revision, why, and for how long."""
        return self._machine.revision

    def explain(self, exception: BaseException | type[BaseException], child_id: str | None = None) -> Explanation:
        """Return what would happen now if a child failed with *exception*, and by which rule; nothing is charged.

        Args:
            exception: What it would fail with, or its class. One that was never raised stands for the newest failure
                of its type.
            child_id: Which child; by default a permanent one that never failed.

        Raises:
            NotFound: If there is none of that id.
            BadUsage: If *exception* is neither an exception nor the class of one.
        """
        failed = an_exception(exception)
        if failed is None:
            raise BadUsage(f"exception is {exception!r}; allowed: an exception, or the class of one")
        child = None if child_id is None else self._child(child_id)
        cause = None
        if self._machine.policy.hold is not None and failed.__traceback__ is not None:
            cause = fingerprint(self.estate.capture(failed, "explain"))
        return explain(self._machine, failed, child, self._hands.clock.now(), cause)

    def tree(self) -> TreeSnapshot:
        """Return this supervisor and everything below it, as it is now; it prints well."""
        return snapshot_below(self.estate, self._hands.clock)

    def record(self) -> Any:
        """Return the record into which this supervisor writes its decisions."""
        return self._hands.ledger.record

    def _handle_receive(self, message: Any) -> Any:
        try:
            return super()._handle_receive(message)
        except TypeError as error:
            # A call with the wrong arguments is its caller's fault: the supervisor and its children must not go for it.
            misfit = misfitting(self, message)
            if misfit is None:
                raise
            raise BadUsage(misfit) from error

    def _child(self, child_id: str) -> Child:
        child = self._machine.children.get(child_id)
        if child is None:
            raise NotFound(child_id)
        return child

    def _chosen(self, spec: Any, name: str | None, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> ChildSpec:
        template = self._template
        if spec is not None and (name is not None or args or kwargs):
            raise BadSpec("start_child got a spec and parts of one; allowed: either of them")
        if spec is None:
            if template is None:
                raise BadSpec("start_child got no spec, and this supervisor has no template; allowed: a ChildSpec")
            self._named += name is None
            return derive(template, f"{template.id}-{self._named}" if name is None else name, args, kwargs)
        if not isinstance(spec, ChildSpec):
            raise BadSpec(f"start_child got {spec!r}; allowed: a ChildSpec")
        faults = insignificant(self._machine.policy, spec)
        if faults:
            raise BadSpec(faults)
        return spec
