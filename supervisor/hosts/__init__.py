"""Hosts: how the runtime is embedded in web frameworks."""

from ._lifespan import lifespan

__all__ = ["lifespan"]
