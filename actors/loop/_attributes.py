"""Attributes of an actor as a proxy shows them: looked up one by one, by Pykka's rules."""

# pyright: reportPrivateUsage=false
from __future__ import annotations

from typing import Any

from pykka._introspection import AttrInfo

__all__ = ["NOTHING", "raw_attribute", "sort_of"]

NOTHING: Any = object()
"""Stands for an attribute that is not there."""


def raw_attribute(cls: type[Any], instance: Any, name: str) -> Any:
    """Return *name* of *instance*, else of *cls*, as it stands in their ``__dict__``: no property is run.

    Args:
        cls: Where to look if the instance has none; with its bases.
        instance: The instance, or None if only the class is known.
        name: Of the attribute.
    """
    own: Any = getattr(instance, "__dict__", None)
    if own is not None and name in own:
        return own[name]
    for base in cls.__mro__:
        if name in base.__dict__:
            return base.__dict__[name]
    return NOTHING


def sort_of(attribute: Any) -> AttrInfo:
    """Say whether *attribute* is called, or gone through; else it is asked for."""
    traversable = (
        getattr(attribute, "_pykka_traversable", False) is True
        or getattr(attribute, "pykka_traversable", False) is True
    )
    return AttrInfo(callable=callable(attribute), traversable=traversable)
