"""Named: what a text such as ``"package.module:name"`` in the file stands for."""

from __future__ import annotations

import builtins
import importlib
from typing import Any

from stentor.protocol import errors

__all__ = ["NotThere", "exception", "named"]

_FORM = 'a text "package.module:name"'


class NotThere(LookupError):
    """A name that stands for nothing; the text says what is allowed, or what is missing."""


def named(text: object) -> Any:
    """Return what ``"package.module:name"`` stands for.

    Raises:
        NotThere: If it has another form, or there is no such module or name.
    """
    module, _, name = text.partition(":") if isinstance(text, str) else ("", "", "")
    if not module or not name:
        raise NotThere(_FORM)
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as missing:
        raise NotThere(f"{_FORM} that can be imported; {missing}") from missing
    return found


def exception(text: str) -> type[BaseException]:
    """Return the exception type that *text* names: one of stentor's, one of Python's, or ``"package.module:Name"``.

    Raises:
        NotThere: If there is no such type.
    """
    found: object = named(text) if ":" in text else getattr(errors, text, None) or getattr(builtins, text, None)
    if isinstance(found, type) and issubclass(found, BaseException):
        return found
    raise NotThere(f'the name of an exception of stentor or of Python, or "package.module:Name"; {text!r} is none')
