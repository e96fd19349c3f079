"""Fingerprints: which failures are the same one again."""

from __future__ import annotations

import re
from collections.abc import Callable

from stentor.actors import Failure
from stentor.supervisor.ledger._fingerprint import fingerprint

MakeFailure = Callable[..., Failure]
FRAMES = (("/srv/app/main.py", 10, "handle"), ("/srv/app/store.py", 20, "save"))


def test_it_is_16_hexadecimal_digits(make_failure: MakeFailure) -> None:
    """Short enough to be read out."""
    assert re.fullmatch("[0-9a-f]{16}", fingerprint(make_failure(ValueError("x"), frames=FRAMES)))


def test_message_and_line_do_not_count(make_failure: MakeFailure) -> None:
    """Messages hold ids; lines move with every edit."""
    moved = tuple((file, line + 7, function) for file, line, function in FRAMES)

    assert fingerprint(make_failure(ValueError("a"), frames=FRAMES)) == fingerprint(
        make_failure(ValueError("b"), frames=moved)
    )


def test_type_place_and_cause_count(make_failure: MakeFailure) -> None:
    """Another type, function or cause is another failure."""
    caused = ValueError("x")
    prints = [
        make_failure(ValueError("x"), frames=FRAMES),
        make_failure(KeyError("x"), frames=FRAMES),
        make_failure(ValueError("x"), frames=FRAMES[:1]),
        make_failure(caused, frames=FRAMES, chain=(("cause", OSError(), ()),)),
        make_failure(caused, frames=FRAMES, chain=(("context", OSError(), ()),)),
    ]

    assert 5 == len({fingerprint(failure) for failure in prints})


def test_only_the_user_s_own_frames_count(make_failure: MakeFailure) -> None:
    """An update of a library is no new failure."""
    library = ("/srv/venv/lib/python3.11/site-packages/lib/core.py", 5, "call")

    assert fingerprint(make_failure(ValueError("x"), frames=FRAMES)) == fingerprint(
        make_failure(ValueError("x"), frames=(library, *FRAMES, library))
    )


def test_without_own_frames_all_count(make_failure: MakeFailure) -> None:
    """A failure within a library is told by its place there."""
    one = (("/x/site-packages/lib/core.py", 5, "call"),)
    two = (("/x/site-packages/lib/core.py", 5, "send"),)

    assert fingerprint(make_failure(ValueError("x"), frames=one)) != fingerprint(
        make_failure(ValueError("x"), frames=two)
    )


def test_only_the_last_five_frames_count(make_failure: MakeFailure) -> None:
    """Who called in the first place does not matter, however deep it is."""
    deep = tuple(("/srv/app/main.py", 1, f"level_{number}") for number in range(100))
    shallow = deep[-5:]

    assert fingerprint(make_failure(ValueError("x"), frames=deep)) == fingerprint(
        make_failure(ValueError("x"), frames=shallow)
    )
