"""OTP's supervisor is the reference: under the strict settings ours does what it does, but for what is listed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .compare import compare
from .departures import DEPARTURES
from .faults import FAULTS, Fault
from .otp import Otp
from .run import run_traces

SEED = 1
TRACES = 300


@pytest.fixture(scope="module")
def otp(needs: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Otp]:
    """OTP's supervisor, as Debian's ``erlang-base`` has it."""
    with Otp(needs("erl"), tmp_path_factory.mktemp("otp")) as found:
        yield found


def test_the_same_traces_drive_otps_supervisor_and_ours_alike(otp: Otp) -> None:
    """Who runs, the order of starts and stops, the answers of calls, and whether the supervisor lives."""
    outcome = run_traces(otp, SEED, TRACES)

    assert [] == outcome.found, outcome.report(SEED)
    assert sum(outcome.known.values()) < TRACES // 20, outcome.report(SEED)


@pytest.mark.parametrize("known", FAULTS, ids=lambda known: known.rule)
def test_a_fault_that_is_known_still_shows(otp: Otp, known: Fault) -> None:
    """One that was mended is to be struck off the list, or it would hide the next."""
    assert known == compare(known.trace, otp)


def test_each_departure_is_allowed_for_in_one_way() -> None:
    """It is drawn around, brought about in the Erlang world, or evened out."""
    ways = [[departure.drawn != "", departure.world != "", departure.even is not None] for departure in DEPARTURES]

    assert [1] * len(DEPARTURES) == [sum(each) for each in ways]
