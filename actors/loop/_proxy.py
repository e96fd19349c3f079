"""ActorProxy: attributes and methods of an actor as futures, over its class and its live instance."""

# pyright: reportPrivateUsage=false
from __future__ import annotations

import logging
from typing import Any, TypeVar, cast

import pykka
from pykka._introspection import AttrInfo, get_attr_directly, introspect_attrs
from pykka.messages import ProxyGetAttr, ProxySetAttr

from ._attributes import NOTHING, raw_attribute, sort_of

__all__ = ["ActorProxy"]

logger = logging.getLogger("pykka")

A = TypeVar("A", bound=pykka.Actor)


class ActorProxy(pykka.ActorProxy[A]):
    """Proxy of one actor. It holds the address, never the instance, so it stays valid across restarts.

    An attribute is looked up when it is first used. Pykka goes through all of them beforehand, which costs as much as
    a hundred messages.

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
        self._known_attrs = {}
        for name, value in self._own_attributes():
            if isinstance(value, pykka.ActorProxy) and not name.startswith("_") and self == value:
                self._warn_of_itself((name,))

    @property
    def _actor(self) -> Any:  # type: ignore[override]
        """The live instance; between two incarnations a blank one, which shows what the class has."""
        live = self.actor_ref._actor_weakref()
        if live is not None:
            return live
        cls: Any = self.actor_ref.actor_class  # pyright: ignore[reportUnknownMemberType]
        return object.__new__(cls)

    def __repr__(self) -> str:
        ref: Any = self.actor_ref
        return f"<ActorProxy for {ref}, {ref._slot.standing}, attr_path={self._attr_path!r}>"

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
        info = self._known_attrs.get(path) or self._look_up(path)
        if info is None:
            raise AttributeError(f"{self} has no attribute {name!r}")
        if info.callable:
            return self._callable(path)
        if info.traversable:
            return self._nested(path)
        return self.actor_ref.ask(ProxyGetAttr(attr_path=path), block=False)

    def __dir__(self) -> list[str]:
        self._known_attrs = {**introspect_attrs(root=self._actor, proxy=self), **self._known_attrs}
        return super().__dir__()

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
            # From now on Python finds it by itself; asking __getattr__ takes half as long as the whole ask.
            self.__dict__[path[-1]] = found
        return found

    def _nested(self, path: tuple[str, ...]) -> pykka.ActorProxy[A]:
        found = self._actor_proxies.get(path)
        if found is None:
            found = self._actor_proxies[path] = ActorProxy(actor_ref=self.actor_ref, attr_path=path)
        return found

    def _look_up(self, path: tuple[str, ...]) -> AttrInfo | None:
        """Return of which sort the attribute at *path* is, or None if there is none."""
        if len(path) == 1:
            cls: Any = self.actor_ref.actor_class  # pyright: ignore[reportUnknownMemberType]
            found = raw_attribute(cls, self.actor_ref._actor_weakref(), path[0])
        else:
            parent = get_attr_directly(self._actor, path[:-1])
            found = raw_attribute(parent.__class__, parent, path[-1])
        if found is NOTHING:
            return None
        if self == found:
            self._warn_of_itself(path)
            return None
        info = self._known_attrs[path] = sort_of(found)
        return info

    def _own_attributes(self) -> list[tuple[str, Any]]:
        # One step, so that the actor may go on setting attributes meanwhile.
        own: dict[str, Any] = getattr(self.actor_ref._actor_weakref(), "__dict__", {})
        return list(own.items())

    def _warn_of_itself(self, path: tuple[str, ...]) -> None:
        logger.warning(
            f"{self._actor} attribute {'.'.join(path)!r} is a proxy to itself. "
            f"Consider making it private by renaming it to {'_' + path[-1]!r}."
        )
