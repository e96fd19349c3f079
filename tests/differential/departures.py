"""The departures from OTP: each by its rule, with what OTP does, what we do, and how the comparison allows for it.

Whatever else differs is a fault. A departure has one of four ways:

* *drawn*: the traces keep to where both agree, because a trace holds no other value.
* *world*: an option of the Erlang world brings OTP to do as we do, so that the rest of the trace is still compared.
* *even*: a function that brings what was seen of both to one form, at one step.
* *until*: the two go apart for good, so that the trace is compared up to there. A function says whether a difference is
  of this kind, and *trace* is the smallest that shows one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from attrs import evolve, frozen
from stentor.supervisor.policy._policy import Strategy

from .trace import Kid, Seen, Step, Trace

__all__ = ["DEPARTURES", "OPTIONS", "Departure", "Moment", "even", "parted"]

CALLS = ("start_child", "terminate_child", "restart_child", "delete_child", "count_children")
_COUNTS = re.compile(r"1 specs, (?P<active>-?\d+) active, (?P<all>.*)")
REFUSALS = ("running", "restarting", "not_found")


@frozen
class Moment:
    """One step of a trace, and what was seen of both after it."""

    trace: Trace
    step: Step | None
    """None for the start."""
    otp: Seen
    ours: Seen

    def made(self) -> tuple[Step, ...]:
        """Return what was done in this step, one by one."""
        if self.step is None:
            return ()
        return self.step.burst if self.step.what == "burst" else (self.step,)


@frozen
class Departure:
    """One difference that is meant."""

    rule: str
    otp: str
    ours: str
    drawn: str = ""
    world: str = ""
    even: Callable[[Moment], Moment] | None = None
    until: Callable[[Sequence[Moment]], bool] | None = None
    """Told all moments as they were seen, the last of which is the first that differs."""
    trace: Trace | None = None

    def __str__(self) -> str:
        return f"{self.rule}: {self.ours}"


def _loud(moment: Moment) -> Moment:
    ours, otp = moment.ours, moment.otp
    if ours.end == "gave_up" and otp.end == "shutdown":
        return evolve(moment, ours=evolve(ours, end="shutdown"))
    return moment


def _told(moment: Moment) -> Moment:
    # Not a departure of behaviour: one word for one thing.
    if moment.ours.end in ("stopped", "auto_shutdown"):
        return evolve(moment, ours=evolve(moment.ours, end="shutdown"))
    return moment


def _answers(moment: Moment, alike: Callable[[str, str, str], tuple[str, str]]) -> Moment:
    """Bring each pair of answers to one form by *alike*, which is also told the call."""
    calls = [step.what for step in moment.made() if step.what in CALLS]
    told = zip(calls, moment.otp.answers, moment.ours.answers, strict=True)
    pairs = [alike(*each) for each in told]
    otp, ours = evolve(moment.otp, answers=tuple(p[0] for p in pairs)), moment.ours
    return evolve(moment, otp=otp, ours=evolve(ours, answers=tuple(p[1] for p in pairs)))


def _gone(moment: Moment) -> Moment:
    def alike(call: str, otp: str, ours: str) -> tuple[str, str]:
        return (otp, otp) if (call, otp, ours) == ("terminate_child", "ok", "not_found") else (otp, ours)

    return _answers(moment, alike) if moment.trace.dynamic else moment


def _refused(moment: Moment) -> Moment:
    def alike(call: str, otp: str, ours: str) -> tuple[str, str]:
        return (ours, ours) if otp == "simple_one_for_one" and ours in REFUSALS else (otp, ours)

    return _answers(moment, alike) if moment.trace.dynamic else moment


def _counted(moment: Moment) -> Moment:
    def alike(call: str, otp: str, ours: str) -> tuple[str, str]:
        if otp.startswith("1 specs,") and " specs," in ours:
            return otp, "1 specs" + ours[ours.index(",") :]
        return otp, ours

    return _answers(moment, alike) if moment.trace.dynamic else moment


def _miscounted(moment: Moment) -> Moment:
    def alike(call: str, otp: str, ours: str) -> tuple[str, str]:
        theirs, own = _COUNTS.fullmatch(otp), _COUNTS.fullmatch(ours)
        if theirs is None or own is None or theirs["all"] != own["all"] or int(theirs["active"]) >= int(own["active"]):
            return otp, ours
        return ours, ours

    return _answers(moment, alike) if moment.trace.dynamic else moment


def _at_once(moment: Moment) -> Moment:
    if not moment.trace.dynamic or moment.otp.end == "alive":
        return moment
    otp, ours = (_stops_sorted(seen) for seen in (moment.otp, moment.ours))
    return evolve(moment, otp=otp, ours=ours)


def _stops_sorted(seen: Seen) -> Seen:
    last = next((at for at in range(len(seen.log), 0, -1) if seen.log[at - 1][0] == "start"), 0)
    return evolve(seen, log=(*seen.log[:last], *sorted(seen.log[last:])))


def _failed(moment: Moment) -> set[str]:
    """Return who failed to start while something else was waiting to be taken in before the next try."""
    if len(moment.made()) == 1:
        return set()
    return {name for what, name in (*moment.otp.log, *moment.ours.log) if what == "failed"}


def _retry_cancelled(moment: Moment) -> bool:
    """Whether a retry may never have been made: its child was terminated, or started with a group before."""
    failed = _failed(moment)
    if moment.trace.strategy == "one_for_one":
        return any(step.what == "terminate_child" and step.subject in failed for step in moment.made())
    return bool(failed)


def _charged_at_once(moments: Sequence[Moment]) -> bool:
    gave_up = [moment.ours.end == "gave_up" for moment in moments]
    return gave_up[-1] and (bool(_failed(moments[-1])) or any(_retry_cancelled(moment) for moment in moments))


def _retry_called_off(moments: Sequence[Moment]) -> bool:
    last, failed = moments[-1], _failed(moments[-1])
    called_off = any(step.what == "terminate_child" and step.subject in failed for step in last.made())
    return called_off and last.trace.strategy != "one_for_one"


def _group_waits(moments: Sequence[Moment]) -> bool:
    last = moments[-1]
    called = any(step.what in CALLS for step in last.made())
    missed = last.trace.auto_shutdown == "all_significant" and (last.otp.end, last.ours.end) == ("shutdown", "alive")
    return (called or missed) and bool(_failed(last)) and last.trace.strategy != "one_for_one"


_A, _B = Kid("a"), Kid("b")


def _example(strategy: Strategy, intensity: int, kids: tuple[Kid, ...], failing: str, *burst: Step) -> Trace:
    """Return a trace in which *burst* meets a child that fails to start again."""
    steps = (Step("script", failing, ("error",)), Step("burst", burst=burst))
    return Trace(strategy=strategy, dynamic=False, intensity=intensity, period=5, kids=kids, steps=steps)


DEPARTURES = (
    Departure(
        rule="B1",
        otp="charges a retry when its turn comes: what waited before it is still answered, and may cancel it",
        ours="charges it when the restart fails, also if it is cancelled then: with a backoff of half a minute, a "
        "budget that is spent would be known half a minute late",
        until=_charged_at_once,
        trace=_example("one_for_one", 1, (_A,), "a", Step("exit", "a", "crash"), Step("terminate_child", "a")),
    ),
    Departure(
        rule="F2",
        otp="terminate_child of the one that failed to start cancels the restart of its whole group",
        ours="only that one is out: the siblings that were stopped for it would stay down, and nobody would hear",
        until=_retry_called_off,
        trace=_example("one_for_all", 3, (_A, _B), "a", Step("exit", "b", "crash"), Step("terminate_child", "a")),
    ),
    Departure(
        rule="F3",
        otp="while a group waits for its retry, only the one that failed to start is restarting; the others run still, "
        "or are stopped: they are called so, and as significant ones that do not run they do not hold up the end",
        ours="all that wait are restarting",
        until=_group_waits,
        trace=_example("one_for_all", 3, (_A, _B), "a", Step("exit", "b", "crash"), Step("restart_child", "b")),
    ),
    Departure(
        rule="B2",
        otp="counts whole seconds",
        ours="counts seconds as they are",
        drawn="time advances by whole seconds only, where both count the same",
    ),
    Departure(
        rule="B5",
        otp="exits shutdown when its budget is spent, so that a transient supervisor stays down and nobody hears",
        ours="exits with RestartBudgetExceeded",
        even=_loud,
    ),
    Departure(
        rule="S4",
        otp="a group restart starts what was stopped by terminate_child",
        ours="it stays stopped",
        world="hold",
    ),
    Departure(
        rule="S5",
        otp="a child of simple_one_for_one has no id: any number of them may be alike",
        ours="each child of a dynamic supervisor has an id of its own",
        drawn="a dynamic supervisor is given no name twice",
    ),
    Departure(
        rule="S5, C1",
        otp="terminate_child with the pid of a child that is gone answers ok",
        ours="the id is not found",
        even=_gone,
    ),
    Departure(
        rule="S5, C1",
        otp="restart_child and delete_child are no calls for simple_one_for_one",
        ours="they are refused like those for any child that runs, restarts or is not there",
        even=_refused,
    ),
    Departure(
        rule="S5",
        otp="count_children of simple_one_for_one counts its template as the only spec",
        ours="counts the spec of each child",
        even=_counted,
    ),
    Departure(
        rule="F3",
        otp="count_children of simple_one_for_one counts too few as active, even -1, after a restarting child was "
        "terminated: it goes on counting it as restarting",
        ours="counts those that are active",
        even=_miscounted,
    ),
    Departure(
        rule="S5",
        otp="simple_one_for_one stops all at once, each asked in the order of a map of pids",
        ours="all at once, each asked in the order of its start",
        even=_at_once,
    ),
    Departure(
        rule="F3",
        otp="count_children looks whether each process is alive at that moment",
        ours="counts as active what has not ended as far as the supervisor was told",
        drawn="in a burst no child ends after the children were counted",
    ),
    Departure(
        rule="F4",
        otp="a child of simple_one_for_one that declines its restart leaves an entry without a process, over which "
        "the supervisor then breaks when it ends",
        ours="nothing is kept of it",
        drawn="a dynamic supervisor's children decline first starts only",
    ),
)

OPTIONS = tuple(departure.world for departure in DEPARTURES if departure.world)
"""What the Erlang world is to heed."""


def even(moment: Moment) -> tuple[Moment, list[Departure]]:
    """Return *moment* with all departures taken out, and those that were there."""
    moment = _told(moment)
    seen: list[Departure] = []
    for departure in DEPARTURES:
        if departure.even is not None:
            before, moment = moment, departure.even(moment)
            if moment != before:
                seen.append(departure)
    return moment, seen


def parted(moments: Sequence[Moment]) -> Departure | None:
    """Return the departure that shows at the last of *moments*, after which nothing is compared, or None."""
    return next((one for one in DEPARTURES if one.until is not None and one.until(moments)), None)
