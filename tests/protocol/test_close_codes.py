"""Close codes and limits."""

from __future__ import annotations

import attrs
import pytest
from stentor.protocol import CloseCode, Limits, reconnects


def test_41xx_come_back_and_45xx_stop() -> None:
    """The code alone says whether a client reconnects."""
    actual = {code: reconnects(code) for code in CloseCode}

    assert {code: code == 1000 or 4100 <= code < 4200 for code in CloseCode} == actual


@pytest.mark.parametrize(("code", "expected"), [(1006, True), (1011, True), (1007, False), (1009, False)])
def test_the_librarys_verdict_on_our_bytes_stops_a_client(code: int, expected: bool) -> None:
    """The same frame would be sent and refused for ever; a lost connection is taken up again."""
    assert expected == reconnects(code)


def test_every_limit_has_a_unit_and_a_default_above_zero() -> None:
    """The policy file and the docs are made from them."""
    limits = Limits()

    assert all(field.metadata["unit"] and getattr(limits, field.name) > 0 for field in attrs.fields(Limits))


def test_the_clients_bounds_lie_within_the_servers() -> None:
    """An ordinary client never runs into a limit of the server."""
    limits = Limits()

    assert limits.says_in_flight < limits.say_burst
    assert limits.ack_events < limits.window_events
    assert limits.retain_events >= 2 * limits.ack_events
    assert limits.silence > limits.ping_idle
