"""Options of a runtime: checked together, so that every fault is told at once, in words."""

from __future__ import annotations

import difflib
import os
import socket
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from secrets import token_hex
from typing import Any, TypeAlias, TypedDict, cast, get_args

from attrs import field, fields, frozen
from stentor.actors import Clock, FaultPoints
from stentor.actors.stores import MemoryStore
from stentor.protocol import Limits
from stentor.protocol.errors import BadUsage, NotSupported

from ..policy._policy import RestartPolicy
from ..policy._spec import ChildSpec
from ..runs._book import Concurrency
from ..runs._identity import Identity
from ..runs._run_actor import Agent
from ._agents import plain

__all__ = ["Authenticate", "Given", "Options", "options", "refuse"]

Authenticate: TypeAlias = Callable[[str | None], Identity | Awaitable[Identity]]
"""A client's token to whom it names; raises ``Unauthenticated``."""


def _node() -> str:
    # Never the same twice: a node's bare emits are numbered from 1 in each life.
    return f"{socket.gethostname()}-{os.getpid()}-{token_hex(3)}"


@frozen(kw_only=True)
class Options:
    """What a runtime was asked to be.

    Times are seconds.
    """

    on_message: Agent | None = None
    """The agent: answers a prompt, as a child of ``/runs``."""
    says: Mapping[str, Agent] = field(factory=dict[str, Agent])
    """Answers for further types of ``say``; each begins at once, whatever else goes on in its session."""
    concurrency: Concurrency = "queue"
    """What a prompt does that comes during a run of its session: ``queue``, ``reject`` or ``parallel``."""
    authenticate: Authenticate | None = None
    """Token to identity; without it only loopback is served."""
    store: MemoryStore = field(factory=MemoryStore)
    """``"memory"``, or a store that several runtimes of one process share."""
    shared: bool = False
    """Whether other runtimes may use the store too: it was given, not made here."""
    children: Sequence[ChildSpec] = ()
    """Actors of the host's own, under ``/children``."""
    limits: Limits = field(factory=Limits)
    sessions: RestartPolicy | None = None
    """Another policy for ``/sessions``."""
    origins: Collection[str] = ()
    """Origins of web pages that may connect, beside the server's own."""
    faults: FaultPoints | None = None
    """Where a test makes the runtime fail."""
    clock: Clock | None = None
    """Where time comes from; the loop by default."""
    node: str = field(factory=_node)
    """Name of this runtime among those that share a store."""
    drain: float = 10.0
    """Bound of a drain."""
    emit_timeout: float | None = 30.0
    """Bound of an awaited emit's wait for room; None for no bound."""
    record_size: int = 1000
    """Failures and other entries that are kept."""
    blocked_after: float | None = 1.0
    """Seconds that one thing may hold up the loop before it is recorded, with its line; None for no watchdog."""


class Given(TypedDict, total=False):
    """The arguments of ``Runtime``; :class:`Options` says what each means."""

    on_message: Agent | None
    says: Mapping[str, Agent]
    concurrency: Concurrency
    authenticate: Authenticate | None
    store: str | MemoryStore
    children: Sequence[ChildSpec]
    limits: Limits
    sessions: RestartPolicy | None
    origins: Collection[str]
    faults: FaultPoints | None
    clock: Clock | None
    node: str
    drain: float
    emit_timeout: float | None
    record_size: int
    blocked_after: float | None


_AGENT = "async def (session, message)"
_NONE_MEANS = ("emit_timeout", "blocked_after")
"""Options for which None is a choice, not a word for the default."""
_LATER = {
    "snapshot": "a client that lost its position is told so by resumed:false, and begins anew",
    "max_memory": "set Limits(buffer_bytes=…) for each session",
    "on_host_lost": "the memory store ends with its process, and no run outlives it",
}


_STORES = ("sqlite", "postgres", "postgresql", "redis")
"""Stores that a later version has."""


def options(given: Mapping[str, Any]) -> Options:
    """Return the options of *given*.

    Raises:
        NotSupported: For what a later version does: a durable store, snapshots, a memory bound.
        BadUsage: For every other fault; ``errors`` has all of them, and what is not supported besides.
    """
    later = [NotSupported(f"{name}=…", instead) for name, instead in _LATER.items() if given.get(name) is not None]
    values: dict[str, Any] = {name: value for name, value in given.items() if name not in _LATER}
    limits, clock, store = values.get("limits"), values.get("clock"), values.get("store")
    if isinstance(store, str) and store.partition(":")[0] in _STORES:
        later.append(NotSupported(f"store={store!r}", 'use store="memory"; what it holds ends with the process'))
        values["store"] = None
    elif store is None or store == "memory":
        values["store"] = MemoryStore(
            limits if isinstance(limits, Limits) else None, clock if isinstance(clock, Clock) else None
        )
    values["shared"] = values["store"] is store
    refuse([*_unknown(name for name in given if name not in _LATER), *_wrong(values)], later)
    chosen: dict[str, Any] = {name: value for name, value in values.items() if value is not None or name in _NONE_MEANS}
    return Options(**chosen)


def refuse(faults: Sequence[str], later: Sequence[NotSupported], **facts: Any) -> None:
    """Refuse what is wrong and what a *later* version does, all in one.

    Args:
        faults: What is wrong.
        later: What is right, and not supported.
        **facts: For the refusal: ``of``, whose faults they are, and its details.

    Raises:
        BadUsage: If there are *faults*.
        NotSupported: If there are none, and something is not supported.
    """
    if faults:
        raise BadUsage([*faults, *(text for each in later for text in each.errors)], **facts)
    if later:
        texts = [text for each in later for text in each.errors]
        raise NotSupported(later[0].details["what"], later[0].details["instead"], others=texts[1:], **facts)


def _unknown(names: Iterable[str]) -> list[str]:
    known = [attribute.name for attribute in fields(Options) if attribute.name != "shared"]
    found: list[str] = []
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {close[0]}?" if close else f"; there are {', '.join(known)}"
            found.append(f"Runtime has no option {name!r}{hint}")
    return found


def _wrong(values: Mapping[str, Any]) -> list[str]:
    found: list[str] = []

    def need(name: str, fits: Callable[[Any], bool], allowed: str) -> None:
        value = values.get(name)
        if value is not None and not fits(value):
            found.append(f"{name} is {value!r}; allowed: {allowed}")

    need("on_message", callable, _AGENT)
    need("says", _is_says, f"a mapping of type to {_AGENT}; prompt and cancel are taken")
    found += plain(values.get("on_message"), values.get("says"))
    need("concurrency", lambda value: value in get_args(Concurrency), ", ".join(get_args(Concurrency)))
    need("authenticate", callable, "a function of the token that returns an Identity")
    need("store", lambda value: isinstance(value, MemoryStore), '"memory", or a MemoryStore')
    need("children", _is_specs, "a list of ChildSpec")
    need("limits", lambda value: isinstance(value, Limits), "Limits(…)")
    need("sessions", lambda value: isinstance(value, RestartPolicy), "a RestartPolicy")
    need("origins", _is_texts, 'a list of origins such as "https://example.org"')
    need("faults", lambda value: callable(getattr(value, "hit", None)), "stentor.testing.Faults()")
    need("clock", lambda value: isinstance(value, Clock), "a Clock")
    need("node", lambda value: isinstance(value, str) and bool(value), "a name")
    need("drain", _is_seconds, "seconds, 0 or more")
    need("emit_timeout", _is_seconds, "seconds, 0 or more; None for no bound")
    need("blocked_after", lambda value: _is_seconds(value) and value > 0, "seconds, more than 0; None for no watchdog")
    need("record_size", lambda value: type(value) is int and value > 0, "a whole number, 1 or more")
    return found


def _is_says(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(name, str) and name not in ("prompt", "cancel") and callable(answer)
        for name, answer in cast(Mapping[object, object], value).items()
    )


def _is_specs(value: Any) -> bool:
    return isinstance(value, Sequence) and all(isinstance(spec, ChildSpec) for spec in value)  # pyright: ignore[reportUnknownVariableType]


def _is_texts(value: Any) -> bool:
    return (
        isinstance(value, Collection) and not isinstance(value, str) and all(isinstance(each, str) for each in value)  # pyright: ignore[reportUnknownVariableType]
    )


def _is_seconds(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < float("inf")
