"""Stores: the adapters of the delivery ports."""

from ._memory import MemoryStore

__all__ = ["MemoryStore"]
