"""Names of any exception: its stable code, and its type's qualified name."""

from __future__ import annotations

import re

from ._redact import safe_text

__all__ = ["code_of", "type_name"]

_CODE = re.compile(r"[a-z][a-z0-9_.-]{0,63}")
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_CACHE_LIMIT = 1024
_cache: dict[type[BaseException], str] = {}


def code_of(exception: BaseException | type[BaseException]) -> str:
    """Return a stable name, ``^[a-z][a-z0-9_.-]{0,63}$``.

    It is the class attribute ``code``, where the class has a usable one. Any other class gets
    ``exception.`` and its name: ``exception.zero_division_error``.
    """
    cls = exception if isinstance(exception, type) else type(exception)
    found = _cache.get(cls)
    if found is None:
        if len(_cache) >= _CACHE_LIMIT:
            _cache.clear()
        found = _cache[cls] = _code(cls)
    return found


def _code(cls: type[BaseException]) -> str:
    for base in cls.__mro__:
        own = vars(base).get("code")
        if isinstance(own, str) and _CODE.fullmatch(own):
            return str(own)
    words = _HUMPS.sub("_", cls.__name__).lower()
    return f"exception.{re.sub('[^a-z0-9_]', '_', words)}"[:64]


def type_name(exception: BaseException) -> str:
    """Return the qualified name of the type: a builtin without its module, one of ours by its door."""
    cls = type(exception)
    module, name = safe_text(cls.__module__), safe_text(cls.__qualname__)
    if module.startswith("stentor."):
        module = ".".join(part for part in module.split(".") if not part.startswith("_"))
    return name if module == "builtins" else f"{module}.{name}"
