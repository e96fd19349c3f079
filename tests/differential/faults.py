"""Differences that are known and not meant. A trace is compared up to the first of them, and they are counted.

Each has to go. Its own trace shows it; when that no longer differs it is struck here, and the traces go on beyond it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import frozen

from .departures import Moment
from .trace import Kid, Step, Trace

__all__ = ["FAULTS", "Fault", "fault"]

_A, _B = "a", "b"


@frozen
class Fault:
    """One known fault: what each does, how a difference is known to be it, and the smallest trace that shows it."""

    rule: str
    otp: str
    ours: str
    is_it: Callable[[Sequence[Moment]], bool]
    """Told all moments of a trace, the last of which is the first to differ."""
    trace: Trace


def _failed(moment: Moment) -> bool:
    return any(what == "failed" for what, _ in (*moment.otp.log, *moment.ours.log))


def _in_between(moment: Moment) -> bool:
    """Whether a start failed while more was waiting, so that something is taken in before the next try."""
    return len(moment.made()) > 1 and _failed(moment)


def _charged_early(moments: Sequence[Moment]) -> bool:
    cancelled = any(
        _in_between(moment) and "terminate_child" in [step.what for step in moment.made()] for moment in moments
    )
    return moments[-1].ours.end != "alive" and (cancelled or _in_between(moments[-1]))


def _group_waits(moments: Sequence[Moment]) -> bool:
    return _in_between(moments[-1]) and moments[-1].trace.strategy != "one_for_one"


def _mixed_up(moments: Sequence[Moment]) -> bool:
    return len(moments[-1].made()) > 1 and moments[-1].ours.end.startswith(("at rest", "two incarnations"))


def _declined(moments: Sequence[Moment]) -> bool:
    last = moments[-1]
    tried = [what for what, _ in last.otp.log]
    return last.trace.strategy == "one_for_all" and "failed" in tried and "declined" in tried


def _failed_by_hand(moments: Sequence[Moment]) -> bool:
    last = moments[-1]
    by_hand = any("restart_child" in [step.what for step in moment.made()] and _failed(moment) for moment in moments)
    return last.trace.strategy != "one_for_one" and by_hand and len(last.otp.log) > len(last.ours.log)


FAULTS = (
    Fault(
        rule="B1",
        otp="charges a retry when its turn comes: what waited before it is still answered, and may cancel it",
        ours="charges it when the restart fails, also if it is then cancelled, and gives up at once",
        is_it=_charged_early,
        trace=Trace(
            strategy="one_for_one",
            dynamic=False,
            intensity=1,
            period=5,
            kids=(Kid(_A),),
            steps=(
                Step("script", _A, ("error",)),
                Step("burst", burst=(Step("exit", _A, "crash"), Step("terminate_child", _A))),
            ),
        ),
    ),
    Fault(
        rule="F2, F3",
        otp="while a group restart waits for its retry, only the child that failed is restarting: the others run or "
        "are stopped, a child started meanwhile is restarted with them, and terminate_child of the failed one "
        "cancels the retry for all",
        ours="all that wait are restarting; a child started meanwhile is left alone; only the terminated one is out",
        is_it=_group_waits,
        trace=Trace(
            strategy="one_for_all",
            dynamic=False,
            intensity=3,
            period=5,
            kids=(Kid(_A),),
            steps=(
                Step("script", _A, ("error",)),
                Step("burst", burst=(Step("exit", _A, "crash"), Step("start_child", Kid(_B)))),
            ),
        ),
    ),
    Fault(
        rule="T4, W4",
        otp="the end of a killed child is not taken for that of the next one with its id",
        ours="it is, if it was on its way when the first was abandoned: both are incarnation 1 of that id",
        is_it=_mixed_up,
        trace=Trace(
            strategy="one_for_one",
            dynamic=False,
            intensity=3,
            period=5,
            kids=(Kid(_A, "temporary", "brutal_kill"),),
            steps=(
                Step(
                    "burst",
                    burst=(Step("terminate_child", _A), Step("start_child", Kid(_A)), Step("exit", _A, "crash")),
                ),
            ),
        ),
    ),
    Fault(
        rule="F2",
        otp="when one_for_all starts the group again, a child that declined at the try before is started too",
        ours="it is left out",
        is_it=_declined,
        trace=Trace(
            strategy="one_for_all",
            dynamic=False,
            intensity=3,
            period=5,
            kids=(Kid(_A), Kid(_B)),
            steps=(Step("script", _A, ("ignore",)), Step("script", _B, ("error",)), Step("exit", _A, "crash")),
        ),
    ),
    Fault(
        rule="S4",
        otp="a child that ended by itself, and that restart_child could not start, is started with its group",
        ours="it stays stopped, as if it had been stopped by hand",
        is_it=_failed_by_hand,
        trace=Trace(
            strategy="one_for_all",
            dynamic=False,
            intensity=3,
            period=5,
            kids=(Kid(_A, "transient"), Kid(_B)),
            steps=(
                Step("exit", _A, "normal"),
                Step("script", _A, ("error",)),
                Step("restart_child", _A),
                Step("exit", _B, "crash"),
            ),
        ),
    ),
)


def fault(moments: Sequence[Moment]) -> Fault | None:
    """Return the known fault that shows at the last of *moments*, or None."""
    return next((known for known in FAULTS if known.is_it(moments)), None)
