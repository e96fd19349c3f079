"""Live policy: it changes at once, keeps the history, and may go back by itself."""

from __future__ import annotations

from collections.abc import Sequence

from stentor.protocol.errors import BadSpec, Refused

from ..policy._budget import Window, longest
from ..policy._policy import RestartPolicy, too_slow
from ..policy._spec import ChildSpec
from ._calls import Calls
from ._effects import Decided, Fail, Reply, SetTimer
from ._events import SetPolicy
from ._revision import PolicyRevision, differences

__all__ = ["Policies", "insignificant", "unfit"]


class Policies(Calls):
    """What a change of the policy means for what is going on."""

    def _set_policy(self, event: SetPolicy) -> None:
        policy, duration = event.policy, event.duration
        if self.ending is not None:
            self.out.append(Fail(event.call, Refused("the supervisor stops")))
            return
        faults = unfit(policy, [child.spec for child in self.children.values()], dynamic=self.dynamic)
        if faults:
            self.out.append(Fail(event.call, BadSpec(faults)))
            return
        self._stop_revert()
        if duration is None:
            self.permanent = policy
            self._enforce(policy, "set", event.reason)
        else:
            self._enforce(policy, "set", event.reason, duration)
            self._serial += 1
            self.revert_timer = self._serial
            self.out.append(SetTimer(None, self.revert_timer, duration))
        self.out.append(Reply(event.call, self.revision))

    def _revert(self) -> None:
        """The time of a policy is over: the last one that was set for good is in force again."""
        self.revert_timer = 0
        over = self.revision
        # A child that came meanwhile may not fit any more; nothing of the old policy asks it for anything then.
        self._enforce(self.permanent, "revert", f"{over.duration:g} s are over: {over.reason}")

    def _enforce(self, policy: RestartPolicy, decision: str, reason: str, duration: float | None = None) -> None:
        old, self.policy = self.policy, policy
        reverts_at = None if duration is None else self.now + duration
        self.revision = PolicyRevision(self.revision.revision + 1, policy, reason, duration, reverts_at)
        facts = {"reason": reason, "revision": self.revision.revision, "duration": duration}
        facts.update(differences(old, policy))
        self._record(Decided("policy", None, decision, "set_policy", facts=facts))
        self._verdicts.clear()
        self._too_slow = too_slow(policy)
        after = self.permanent
        self._reach = longest(policy.budget, policy.child_budget, after.budget, after.child_budget)
        if old.child_budget is None and policy.child_budget is not None:
            self._hand_down()
        if policy.hold is None:
            self.causes.clear()
            for incident in list(self.incidents.values()):
                self._let_go(incident, "set_policy")
        if old.unpark_after != policy.unpark_after:
            self._unpark_anew()

    def _hand_down(self) -> None:
        """From now on each child pays for itself: what its restarts cost the supervisor counts in its own window."""
        for at, child in self._payers:
            if self.children.get(child.spec.id) is child:
                child.window = child.window or Window()
                child.window.enter(at)
        self._payers.clear()

    def _unpark_anew(self) -> None:
        """Parked children stay so, but are tried again when the new policy says, counted from their park."""
        for child in self.children.values():
            if child.state == "parked" and child.parked_at is not None:
                self._clear_timer(child)
                wait = self.policy.unpark_wait(child.parks - 1, self.chance)
                if wait is not None:
                    self._set_timer(child, max(0.0, child.parked_at + wait - self.now))


def unfit(policy: RestartPolicy, specs: Sequence[ChildSpec], *, dynamic: bool) -> list[str]:
    """Return why these children can not be put under this policy, one text for each fault."""
    faults: list[str] = []
    seen: set[str] = set()
    if dynamic and policy.strategy != "one_for_one":
        faults.append(f"policy.strategy is {policy.strategy!r}; allowed for a dynamic supervisor: one_for_one")
    if dynamic and policy.auto_shutdown != "never":
        faults.append(f"policy.auto_shutdown is {policy.auto_shutdown!r}; allowed for a dynamic supervisor: never")
    for spec in specs:
        if spec.id in seen:
            faults.append(f"spec {spec.id!r}.id stands twice in the list; allowed: each id once")
        seen.add(spec.id)
        faults.extend(insignificant(policy, spec))
    return faults


def insignificant(policy: RestartPolicy, spec: ChildSpec) -> list[str]:
    """Return the fault of a significant child under a policy in which nothing comes of it."""
    if not spec.significant or policy.auto_shutdown != "never":
        return []
    return [f"spec {spec.id!r}.significant is True; allowed: False, for the policy's auto_shutdown is 'never'"]
