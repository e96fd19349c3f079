"""Child spec: what a supervisor needs to know to start, restart and stop one child."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, Never, TypeAlias

from attrs import evolve, field, frozen
from stentor.protocol.errors import BadSpec

from ._checks import Faults, assign, is_seconds, one_of

__all__ = ["KINDS", "RESTARTS", "ChildSpec", "Kind", "RestartKind", "Stop", "derive"]

RestartKind = Literal["permanent", "transient", "temporary"]
Kind = Literal["worker", "supervisor", "session", "run", "gateway"]
Stop: TypeAlias = float | Literal["brutal_kill", "infinity"]

RESTARTS = ("permanent", "transient", "temporary")
KINDS = ("worker", "supervisor", "session", "run", "gateway")
_STOPS = ("brutal_kill", "infinity")
_FIELDS = ("id", "actor", "args", "kwargs", "restart", "shutdown", "start_timeout", "significant", "kind", "capacity")
_WORKER_SHUTDOWN = 5.0
_NAME = "a text that is not empty, without / and control characters"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@frozen(init=False)
class ChildSpec:
    """One child of a supervisor.

    Args:
        id: Name of the child within its supervisor; the last part of its path. No ``/``: only the names that a
            dynamic supervisor gives to the children of its template may hold one, as those of sessions do.
        actor: The actor's class.
        args: Positional arguments of its constructor, the same for each incarnation.
        kwargs: Keyword arguments of its constructor.
        restart: ``permanent`` always, ``transient`` after an abnormal end only, ``temporary`` never.
        shutdown: Seconds that it may take to stop before it is abandoned; ``infinity``, or ``brutal_kill`` to
            abandon it without asking. 5 seconds by default, ``infinity`` for a supervisor.
        start_timeout: Seconds that its start may take.
        significant: Whether its end counts for ``auto_shutdown``.
        kind: ``worker``, ``supervisor``, ``session``, ``run`` or ``gateway``: how it is shown and counted.
        capacity: Messages that its mailbox holds.

    Raises:
        BadSpec: If a value is not allowed; ``errors`` has all faults.
    """

    id: str
    actor: type[Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any] = field(hash=False)
    restart: RestartKind
    shutdown: Stop
    start_timeout: float
    significant: bool
    kind: Kind
    capacity: int

    def __init__(
        self,
        id: str,  # noqa: A002
        actor: type[Any],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
        restart: RestartKind = "permanent",
        shutdown: Stop | None = None,
        start_timeout: float = 30.0,
        significant: bool = False,
        kind: Kind = "worker",
        capacity: int = 10_000,
        **unknown: Never,
    ) -> None:
        if shutdown is None:
            shutdown = "infinity" if kind == "supervisor" else _WORKER_SHUTDOWN
        faults = Faults(f"spec {id!r}")
        faults.need(_is_name(id) and "/" not in id, "id", id, _NAME)
        faults.need(_is_actor(actor), "actor", actor, "a class derived from stentor.Actor")
        faults.need(isinstance(args, (tuple, list)), "args", args, "a tuple")  # pyright: ignore[reportUnnecessaryIsInstance]
        faults.need(kwargs is None or _is_kwargs(kwargs), "kwargs", kwargs, "a mapping with texts as keys")
        faults.need(restart in RESTARTS, "restart", restart, one_of(RESTARTS))
        stops = is_seconds(shutdown) or (isinstance(shutdown, str) and shutdown in _STOPS)
        faults.need(stops, "shutdown", shutdown, "seconds, 0 or more | brutal_kill | infinity")
        faults.need(is_seconds(start_timeout, above=0), "start_timeout", start_timeout, "seconds, more than 0")
        faults.need(isinstance(significant, bool), "significant", significant, "True | False")  # pyright: ignore[reportUnnecessaryIsInstance]
        faults.need(kind in KINDS, "kind", kind, one_of(KINDS))
        faults.need(_is_size(capacity), "capacity", capacity, "a whole number, 1 or more")
        faults.need(
            not (significant is True and restart == "permanent"),
            "significant",
            significant,
            "False for a permanent child, which never ends by itself",
        )
        faults.unknown(unknown, _FIELDS)
        if faults.found:
            raise BadSpec(faults.found)
        assign(self, id=id, actor=actor, args=tuple(args), kwargs=dict(kwargs or {}), restart=restart)
        assign(self, shutdown=shutdown, start_timeout=start_timeout, significant=significant, kind=kind)
        assign(self, capacity=capacity)


def derive(template: ChildSpec, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> ChildSpec:
    """Return the child *name* of a template: *args* follow the template's own, *kwargs* are laid over them.

    Raises:
        BadSpec: If the id, args or kwargs are not allowed.
    """
    if not (_is_name(name) and isinstance(args, (tuple, list)) and _is_kwargs(kwargs)):  # pyright: ignore[reportUnnecessaryIsInstance]
        # A name that is allowed here may be none for a spec: it is left out of what is looked at.
        return evolve(template, id=template.id if _is_name(name) else name, args=args, kwargs=kwargs)
    # The template was checked when it was built; only what is new is looked at, for each start passes here.
    spec = object.__new__(ChildSpec)
    _set_id(spec, name)
    _set_actor(spec, template.actor)
    _set_args(spec, template.args + tuple(args) if args else template.args)
    _set_kwargs(spec, {**template.kwargs, **kwargs} if kwargs else template.kwargs)
    _set_restart(spec, template.restart)
    _set_shutdown(spec, template.shutdown)
    _set_start_timeout(spec, template.start_timeout)
    _set_significant(spec, template.significant)
    _set_kind(spec, template.kind)
    _set_capacity(spec, template.capacity)
    return spec


# The slots themselves: a quarter of the time of object.__setattr__, where one spec is made at each start.
(
    _set_id,
    _set_actor,
    _set_args,
    _set_kwargs,
    _set_restart,
    _set_shutdown,
    _set_start_timeout,
    _set_significant,
    _set_kind,
    _set_capacity,
) = [ChildSpec.__dict__[name].__set__ for name in _FIELDS]


def _is_name(name: object) -> bool:
    # What is printable holds no control character; the other way round that is not so.
    return isinstance(name, str) and name != "" and (name.isprintable() or _CONTROL.search(name) is None)


def _is_actor(actor: object) -> bool:
    return isinstance(actor, type) and callable(getattr(actor, "on_start", None))


def _is_kwargs(kwargs: object) -> bool:
    if type(kwargs) is dict and not kwargs:
        return True
    return isinstance(kwargs, Mapping) and all(isinstance(key, str) for key in kwargs)  # pyright: ignore[reportUnknownVariableType]


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
