"""Finding an actor at its path, or saying in words why it can not be had."""

from __future__ import annotations

from typing import Any

from stentor.actors import Directory, Estate
from stentor.protocol.errors import BadUsage, NotFound, Refused

__all__ = ["check_reason", "own", "running", "standing"]

_OWN = "/children/"
_INSTEAD = {
    "sessions": "runtime.session(user_id=…, thread_id=…)",
    "runs": "session.run(…), session.cancel(run_id)",
    "gateway": "runtime.serve(…)",
    "children": 'runtime.supervisor("/children")',
}


def check_reason(reason: object) -> None:
    """Say nothing if *reason* says why.

    Raises:
        BadUsage: If it does not.
    """
    if not isinstance(reason, str) or not reason.strip():
        raise BadUsage(f"kill: reason is {reason!r}; allowed: a text that says why")


def standing(directory: Directory, path: str) -> Estate[Any]:
    """Return who stands at *path*, whether it runs or not.

    Raises:
        NotFound: If there is nobody; where only the slash before it was left out, it says so.
    """
    estate = directory.get("" if path == "/" else path)
    if estate is None:
        meant = f"/{path}"
        raise NotFound(path, did_you_mean=meant) if directory.get(meant) is not None else NotFound(path)
    return estate


def running(directory: Directory, path: str) -> Estate[Any]:
    """Return who stands at *path* and runs.

    Raises:
        NotFound: If there is nobody.
        Refused: If no incarnation runs there.
    """
    estate = standing(directory, path)
    state = "parked" if estate.parked is not None else "restarting" if estate.vacant else None
    if state is not None:
        raise Refused(f"no incarnation runs at {path}: it is {state}", path=path, state=state)
    return estate


def own(directory: Directory, path: str) -> Estate[Any]:
    """Return who stands at *path* below ``/children``.

    Raises:
        NotFound: If there is nobody.
        Refused: If it is none of the host's own.
    """
    estate = standing(directory, path)
    if not path.startswith(_OWN):
        instead = _INSTEAD.get(path.strip("/").partition("/")[0], "runtime.supervisor(path)")
        raise Refused(f"{path} is no actor of the host's own under /children; use {instead}", path=path)
    return estate
