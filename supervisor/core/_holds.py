"""Holds: the children of one incident wait, one of them probes, and the others follow or wait on."""

from __future__ import annotations

from typing import Any

from ._child import Child
from ._effects import Decided
from ._incident import Charge, Incident
from ._state import Core

__all__ = ["Holds"]

_SPREAD = 0.6180339887498949
"""Steps of this length, the fractional part of the golden ratio, fill an interval evenly at any number."""
_NAMED = 20


class Holds(Core):
    """What happens to an incident after it was opened."""

    def _cause_of(self, failure: Any, exception: BaseException | None) -> str:
        if self.fingerprint is not None:
            return self.fingerprint(failure)
        return type(exception).__qualname__

    def _hold(self, child: Child, incident: Incident, failure: object) -> None:
        """Let *child*, which has just failed, wait for what comes of the probe. It costs nothing."""
        note = Decided("failure", child, "hold", "hold", failure, incident.first, child.attempts, charged=False)
        self._record(note)
        child.restarts += 1
        incident.total += 1
        self._move(child, "restarting")
        self._join(child, incident)
        if incident.probe is child:
            incident.probe = None
            incident.probes += 1
        if incident.probe is None:
            self._probe_next(incident)
        self._release(child)

    def _join(self, child: Child, incident: Incident) -> None:
        child.held = incident
        incident.waiting[child.spec.id] = child

    def _probe_next(self, incident: Incident) -> None:
        """Let the one that waited longest probe after the next wait; without any the incident is over."""
        if not incident.waiting:
            self._let_go(incident, "nobody is left")
            return
        _, child = incident.waiting.popitem(last=False)
        incident.probe = child
        incident.trial_over = None
        self._set_timer(child, self.policy.backoff.delay(incident.probes, self.chance))

    def _on_trial(self, child: Child) -> None:
        """The probe runs: its timer, for which it has no other use now, says when it has done so for long enough."""
        hold, incident = self.policy.hold, child.held
        if hold is None:
            return
        if incident.trial_over is None:
            incident.trial_over = self.now + hold.seconds
        if incident.trial_over > self.now:
            self._set_timer(child, incident.trial_over - self.now)
        else:
            self._let_go(incident, "probe")

    def _leave(self, child: Child) -> None:
        """*child* is no part of its incident any more, whatever it was there; another probes in its place."""
        incident: Incident | None = child.held
        if incident is None:
            return
        child.held = None
        if incident.probe is child:
            incident.probe = None
            incident.probes += 1
            self._probe_next(incident)
        else:
            incident.waiting.pop(child.spec.id, None)

    def _let_go(self, incident: Incident, rule: str) -> None:
        """The incident is over: whoever waits follows, spread over the seconds of the hold."""
        self.incidents.pop(incident.fingerprint, None)
        probe, waiting = incident.probe, list(incident.waiting.values())
        facts = {
            "incident": incident.id,
            "probe": None if probe is None else probe.spec.id,
            "seconds": self.now - incident.began,
            "followers": len(waiting),
            "failures": incident.total,
        }
        self._record(Decided("release", None, "release", rule, None, incident.first, facts=facts))
        incident.waiting.clear()
        incident.probe = None
        if probe is not None:
            probe.held = None
            if probe.state == "running":
                self._clear_timer(probe)
        hold = self.policy.hold
        seconds = 0.0 if hold is None else hold.seconds
        for number, child in enumerate(waiting):
            child.held = None
            self._set_timer(child, seconds * ((self.chance + number * _SPREAD) % 1.0))

    def _open(self, fingerprint: str, opener: Child, failure: Any) -> Incident:
        """The failure of *opener* makes it one incident: what the others paid is given back, and they wait."""
        charges = self.causes[fingerprint].charges
        self.causes.drop(fingerprint)
        first = next(iter(charges.values()))[1][0].failure
        incident = self.incidents[fingerprint] = Incident(fingerprint, first, self.now)
        given_back = 0
        for member, own in charges.values():
            was_parked = member.state == "parked"
            given_back += sum(self._give_back(member, charge) for charge in own)
            parked = was_parked and member.state == "restarting"
            if self.children.get(member.spec.id) is not member or member.state != "restarting":
                continue  # It runs, or somebody has decided otherwise.
            if member is opener or member.held is not None or not (member.timer or parked):
                continue
            member.held = incident
            if incident.probe is None and not parked:
                incident.probe = member
            else:
                self._clear_timer(member)
                self._join(member, incident)
        facts = {
            "incident": incident.id,
            "fingerprint": fingerprint,
            "children": len(charges),
            "names": ", ".join(list(charges)[:_NAMED]),
            "given_back": given_back,
            "probe": opener.spec.id if incident.probe is None else incident.probe.spec.id,
        }
        self._record(Decided("hold", None, "hold", "hold", None, first, charged=True, facts=facts))
        return incident

    def _forget_incidents(self) -> None:
        """The supervisor ends, and every child with it."""
        for incident in self.incidents.values():
            for child in (*incident.waiting.values(), incident.probe):
                if child is not None:
                    child.held = None
        self.incidents.clear()

    def _give_back(self, child: Child, charge: Charge) -> bool:
        if charge.payer is None or not charge.payer.refund(charge.at):
            return False
        child.attempts = max(0, child.attempts - 1)
        child.rung = max(1, child.rung - 1)
        if charge.payer is self.window:
            self._forgive(charge.failure)
            if (charge.at, child) in self._payers:
                self._payers.remove((charge.at, child))
        elif child.state == "parked" and child.parked_at == charge.at:
            self._unpark_for_free(child, charge)
        return True

    def _unpark_for_free(self, child: Child, charge: Charge) -> None:
        """The cause that it was parked for is shared: its park is given back too, and it waits like the others."""
        self._clear_timer(child)
        self._record(Decided("unpark", child, "unpark", "hold", None, charge.failure))
        child.parks = max(0, child.parks - 1)
        child.parked_at = None
        self._move(child, "restarting")
        if self.window.refund(charge.at):
            self._forgive(charge.failure)

    def _forgive(self, failure: object) -> None:
        kept = [item for item in self._failures if item[1] is not failure]
        self._failures.clear()
        self._failures.extend(kept)
