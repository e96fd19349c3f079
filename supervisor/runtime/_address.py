"""The address that a runtime is to serve: checked before anything is bound, in words."""

from __future__ import annotations

from stentor.protocol.errors import BadUsage

__all__ = ["check_address"]

_HIGHEST = 65_535


def check_address(host: object, port: object) -> None:
    """Say nothing if *host* and *port* can be an address.

    Raises:
        BadUsage: If one of them can not be meant so; ``errors`` has both.
    """
    faults: list[str] = []
    if not isinstance(host, str) or not host.strip():
        faults.append(f'host is {host!r}; allowed: an address such as "127.0.0.1"')
    if type(port) is not int or not 0 <= port <= _HIGHEST:
        faults.append(f"port is {port!r}; allowed: a whole number from 0 (any that is free) to {_HIGHEST}")
    if faults:
        raise BadUsage(faults, host=host, port=port)
