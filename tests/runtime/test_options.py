"""What a runtime can not be asked to be, or to serve: refused in words, all faults at once."""

from __future__ import annotations

from typing import Any

import pytest
import stentor


@pytest.mark.parametrize(
    "given",
    [
        {"record_size": True},
        {"record_size": 0},
        {"record_size": 1.0},
        {"drain": True},
        {"drain": float("nan")},
        {"emit_timeout": False},
        {"node": 7},
        {"limits": {"event_bytes": 1}},
    ],
    ids=repr,
)
def test_an_option_that_can_not_be_meant_so_is_refused(given: dict[str, Any]) -> None:
    """True is no number of seconds, and no count."""
    (name,) = given

    with pytest.raises(stentor.BadUsage) as caught:
        stentor.Runtime(**given)

    assert 1 == len(caught.value.errors)
    assert caught.value.errors[0].startswith(f"{name} is {given[name]!r}; allowed: ")


def test_all_wrong_options_are_told_at_once() -> None:
    """Nobody mends them one by one."""
    given: dict[str, Any] = {"record_size": True, "drain": True, "colour": "red"}

    with pytest.raises(stentor.BadUsage) as caught:
        stentor.Runtime(**given)

    assert 3 == len(caught.value.errors)
    assert str(caught.value).splitlines() == ["3 faults:", *(f"  {error}" for error in caught.value.errors)]


def test_what_is_not_supported_is_told_with_all_other_faults() -> None:
    """A durable store and a slip, in one refusal."""
    given: dict[str, Any] = {"store": "sqlite:x", "snapshot": lambda: None, "drain": -1, "colour": "red"}

    with pytest.raises(stentor.BadUsage) as caught:
        stentor.Runtime(**given)

    assert all(f"{name}=" in str(caught.value) for name in ("store", "snapshot"))
    assert 4 == len(caught.value.errors)


def test_what_is_not_supported_alone_is_told_as_such() -> None:
    """All of it at once, in one line if there is one."""
    later: dict[str, Any] = {"store": "sqlite:x", "max_memory": 5}

    with pytest.raises(stentor.NotSupported, match=r"^store='sqlite:x' is not supported by this version; use store="):
        stentor.Runtime(store="sqlite:x")
    with pytest.raises(stentor.NotSupported) as caught:
        stentor.Runtime(**later)

    assert 2 == len(caught.value.errors)


@pytest.mark.parametrize("port", ["8765", True, -1, 70000, None, 80.0])
async def test_a_port_that_is_none_is_refused_in_one_line(port: Any) -> None:
    """Before anything is bound."""
    async with stentor.Runtime(drain=0.1) as runtime:
        with pytest.raises(stentor.BadUsage) as caught:
            await runtime.serve("127.0.0.1", port)

    assert f"port is {port!r}; allowed: a whole number from 0 (any that is free) to 65535" == str(caught.value)


@pytest.mark.parametrize("host", [None, 8765, "", b"127.0.0.1"])
async def test_a_host_that_is_no_address_is_refused_in_one_line(host: Any) -> None:
    """None would be every interface of the machine."""
    async with stentor.Runtime(drain=0.1) as runtime:
        with pytest.raises(stentor.BadUsage) as caught:
            await runtime.serve(host, 0)

    assert f'host is {host!r}; allowed: an address such as "127.0.0.1"' == str(caught.value)
