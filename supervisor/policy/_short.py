"""Short: a value for a person at a prompt, without what says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from attrs import fields

__all__ = ["Short"]


class Short:
    """Prints what a frozen value says: fields that are None or an empty mapping are left out.

    Numbers are rounded, classes have their names only, and a failure is its exception.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        kind: Any = type(self)
        pairs = ((attribute.name, getattr(self, attribute.name)) for attribute in fields(kind))
        return f"{kind.__name__}({', '.join(f'{name}={_short(value)}' for name, value in pairs if _says(value))})"


def _says(value: object) -> bool:
    return value is not None and value != {}


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, Mapping):
        pairs = cast(Mapping[object, object], value).items()
        return f"{{{', '.join(f'{_short(key)}: {_short(each)}' for key, each in pairs)}}}"
    exception = getattr(value, "exception", None)
    return repr(value if exception is None else exception)
