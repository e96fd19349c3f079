"""stentor: an actor-model runtime for hosts of AI agents.

Every name of the three floors that a host needs stands here and is loaded when it is first used, so that
``import stentor`` costs little.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from stentor.protocol import Text

_DOORS = {
    "stentor.protocol": ["Text"],
}
_DOOR_OF = {name: door for door, names in _DOORS.items() for name in names}

__all__ = ["Text", "__version__"]


def __getattr__(name: str) -> Any:
    door = _DOOR_OF.get(name)
    if door is None:
        raise AttributeError(f"module 'stentor' has no attribute {name!r}")
    value = getattr(importlib.import_module(door), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
