"""ActorProxy: attributes and methods of an actor as futures, over its class and its live instance."""

# pyright: reportPrivateUsage=false
from __future__ import annotations

from typing import Any, TypeVar, cast

import pykka
from pykka._introspection import AttrInfo, introspect_attrs
from pykka.messages import ProxyGetAttr, ProxySetAttr

__all__ = ["ActorProxy"]

A = TypeVar("A", bound=pykka.Actor)


class ActorProxy(pykka.ActorProxy[A]):
    """Proxy of one actor. It holds the address, never the instance, so it stays valid across restarts.

    Raises:
        pykka.ActorDeadError: If the actor is gone.
    """

    def __init__(self, *, actor_ref: pykka.ActorRef[A], attr_path: tuple[str, ...] | None = None) -> None:
        if not actor_ref.is_alive():
            raise pykka.ActorDeadError(f"{actor_ref} not found")
        self.actor_ref = actor_ref
        self._attr_path = attr_path or ()
        self._actor_proxies = {}
        self._callable_proxies = {}
        self._known_attrs = self._introspect()

    @property
    def _actor(self) -> Any:  # type: ignore[override]
        """The live instance; between two incarnations a blank one, which shows what the class has."""
        live = self.actor_ref._actor_weakref()
        if live is not None:
            return live
        cls: Any = self.actor_ref.actor_class  # pyright: ignore[reportUnknownMemberType]
        return object.__new__(cls)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, pykka.ActorProxy):
            return False
        its: Any = cast(Any, other)
        return self.actor_ref is its.actor_ref and self._attr_path == its._attr_path

    def __hash__(self) -> int:
        return hash((id(self.actor_ref), self._attr_path))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            # Private names are never exposed; answering here also keeps copying and pickling from recursing.
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        path = (*self._attr_path, name)
        info = self._known_attrs.get(path)
        if info is None:
            self._known_attrs = self._introspect()
            info = self._known_attrs.get(path)
            if info is None:
                raise AttributeError(f"{self} has no attribute {name!r}")
        if info.callable:
            return self._callable(path)
        if info.traversable:
            return self._nested(path)
        return self.actor_ref.ask(ProxyGetAttr(attr_path=path), block=False)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set the actor's attribute, and wait until it is set.

        Raises:
            WouldDeadlock: On the actor's own loop; tell it a message instead.
        """
        if name == "actor_ref" or name.startswith("_"):
            object.__setattr__(self, name, value)
            return
        self.actor_ref.ask(ProxySetAttr(attr_path=(*self._attr_path, name), value=value))

    def _callable(self, path: tuple[str, ...]) -> pykka.CallableProxy[A]:
        found = self._callable_proxies.get(path)
        if found is None:
            found = self._callable_proxies[path] = pykka.CallableProxy(actor_ref=self.actor_ref, attr_path=path)
        return found

    def _nested(self, path: tuple[str, ...]) -> pykka.ActorProxy[A]:
        found = self._actor_proxies.get(path)
        if found is None:
            found = self._actor_proxies[path] = ActorProxy(actor_ref=self.actor_ref, attr_path=path)
        return found

    def _introspect(self) -> dict[Any, AttrInfo]:
        return introspect_attrs(root=self._actor, proxy=self)
