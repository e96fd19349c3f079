"""OTP's supervisor is the reference: under the strict settings ours does what it does, but for what is listed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from attrs import evolve

from .compare import Compared, compare
from .departures import DEPARTURES, Departure
from .otp import Otp
from .run import run_traces
from .trace import Kid, Step, Trace

SEED = 1
TRACES = 1000

LAST = Kid("a", "transient", significant=True)
A, B, T = Kid("a"), Kid("b"), Kid("a", "temporary", "brutal_kill")
SMALL = (
    # A significant child that is to be tried again keeps the supervisor from ending with the last that runs.
    Trace(
        "one_for_one",
        False,
        3,
        5,
        "all_significant",
        kids=(LAST, evolve(LAST, name="b")),
        steps=(
            Step("script", "a", ("error",)),
            Step("burst", burst=(Step("exit", "a", "crash"), Step("exit", "b", "normal"))),
        ),
    ),
    # A child that declined is started with its group when that is tried again.
    Trace(
        "one_for_all",
        False,
        3,
        5,
        kids=(A, B),
        steps=(
            Step("script", "a", ("ignore",)),
            Step("script", "b", ("error",)),
            Step("exit", "a", "crash"),
        ),
    ),
    # A child that is started while its group waits is started with it.
    *(
        Trace(
            strategy,
            False,
            3,
            5,
            kids=(A,),
            steps=(
                Step("script", "a", ("error",)),
                Step("burst", burst=(Step("exit", "a", "crash"), Step("start_child", B))),
            ),
        )
        for strategy in ("one_for_all", "rest_for_one")
    ),
    # The end of a killed child is not that of the next one with its name.
    Trace(
        "one_for_one",
        False,
        3,
        5,
        kids=(T,),
        steps=(
            Step("burst", burst=(Step("terminate_child", "a"), Step("start_child", T), Step("exit", "a", "crash"))),
        ),
    ),
    # A child that ended by itself, and that a call could not start, is not one that was stopped by hand.
    Trace(
        "one_for_all",
        False,
        3,
        5,
        kids=(Kid("a", "transient"), B),
        steps=(
            Step("exit", "a", "normal"),
            Step("script", "a", ("error",)),
            Step("restart_child", "a"),
            Step("exit", "b", "crash"),
        ),
    ),
)


@pytest.fixture(scope="module")
def otp(needs: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Otp]:
    """OTP's supervisor, as Debian's ``erlang-base`` has it."""
    with Otp(needs("erl"), tmp_path_factory.mktemp("otp")) as found:
        yield found


def test_the_same_traces_drive_otps_supervisor_and_ours_alike(otp: Otp) -> None:
    """Who runs, the order of starts and stops, the answers of calls, and whether the supervisor lives."""
    outcome = run_traces(otp, SEED, TRACES)

    assert [] == outcome.found, outcome.report(SEED)
    apart = sum(times for departure, times in outcome.departures.items() if departure.until)
    assert apart < TRACES // 20, outcome.report(SEED)


@pytest.mark.parametrize("departure", [one for one in DEPARTURES if one.until], ids=lambda one: one.rule)
def test_where_both_go_apart_they_still_do(otp: Otp, departure: Departure) -> None:
    """One that is no more is to be struck off the list, or it would hide what comes after it."""
    assert departure.trace is not None
    assert Compared(None, frozenset({departure})) == compare(departure.trace, otp)


@pytest.mark.parametrize("trace", SMALL, ids=lambda trace: f"{trace.strategy}-{len(trace.steps)}")
def test_what_once_differed_is_alike(otp: Otp, trace: Trace) -> None:
    """Each is the smallest trace of a fault that was mended."""
    assert Compared(None, frozenset()) == compare(trace, otp)


def test_each_departure_is_allowed_for_in_one_way() -> None:
    """It is drawn around, brought about in the Erlang world, evened out, or the comparison ends at it."""
    ways = [[one.drawn != "", one.world != "", one.even is not None, one.until is not None] for one in DEPARTURES]

    assert [1] * len(DEPARTURES) == [sum(each) for each in ways]
    assert all((one.until is None) == (one.trace is None) for one in DEPARTURES)
