"""stentor: an actor-model runtime for hosts of AI agents."""

from ._version import __version__

__all__ = ["__version__"]
