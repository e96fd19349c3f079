"""The root of every exception that stentor raises."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, cast

__all__ = ["StentorError"]

_PLAIN = (str, int, bool, type(None))
_DEPTH = 6


class StentorError(RuntimeError):
    """Base of all our exceptions: a code, the facts in fields, and a text that says what helps.

    It derives from ``RuntimeError`` because agent frameworks retry a plain ``Exception`` or a ``ConnectionError``
    and treat ``NotImplementedError`` as "no answer": a ``RuntimeError`` passes through all of them.

    Args:
        message: What happened, and what helps. The class's own sentence where it is left out.
        user_id: The user whom it concerns, where one is known.
        thread_id: The conversation that it concerns, where one is known.
        **details: Further facts. Each is readable as an attribute too, unless the class has one of that name.
    """

    code: ClassVar[str] = "stentor_error"
    """Stable name of this failure; matches ``^[a-z][a-z0-9_.-]{0,63}$``."""

    help: ClassVar[str] = "stentor failed"

    failure_id: str | None
    """The id under which a guard recorded this failure: 32 hexadecimal digits, or None."""

    def __init__(
        self,
        message: str | None = None,
        *,
        user_id: str | None = None,
        thread_id: str | None = None,
        **details: Any,
    ) -> None:
        super().__init__(message if message is not None else self.help)
        self.user_id = user_id
        self.thread_id = thread_id
        self.details: dict[str, Any] = details
        self.failure_id = None

    def __getattr__(self, name: str) -> Any:
        # Only reached where the ordinary look-up found nothing; `details` itself is missing while unpickling.
        details = self.__dict__.get("details", {})
        if name in details:
            return details[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def to_dict(self) -> dict[str, Any]:
        """Return the failure for monitoring: always JSON-serialisable, whatever was put in."""
        return {
            "code": self.code,
            "type": type(self).__name__,
            "message": _text(self),
            "user_id": _plain(self.user_id),
            "thread_id": _plain(self.thread_id),
            "failure_id": self.failure_id,
            "details": _plain(self.details),
        }

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(cls: type[StentorError], args: tuple[Any, ...], state: dict[str, Any]) -> StentorError:
    # Subclasses have keyword-only constructors of their own, so unpickling goes round them.
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


def _text(value: Any) -> str:
    try:
        return str(value).encode("utf-8", "backslashreplace").decode()
    except Exception as broken:  # A __str__ may raise anything; a monitor must still get its line.
        return f"<{type(value).__name__}: __str__ raised {type(broken).__name__}>"


def _plain(value: Any, depth: int = 0) -> Any:
    """Return *value* as something that JSON can hold: unknown objects become text, deep ones are cut."""
    if type(value) is str:
        return _text(value)
    if type(value) in _PLAIN:
        return value
    if type(value) is float:
        return value if value - value == 0.0 else repr(value)
    if depth >= _DEPTH:
        return f"<{type(value).__name__}: too deep>"
    if isinstance(value, StentorError):
        return {"code": value.code, "message": _text(value)}
    if isinstance(value, Mapping):
        pairs = list(cast(Mapping[Any, Any], value).items())[:100]
        return {_text(key): _plain(item, depth + 1) for key, item in pairs}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item, depth + 1) for item in list(cast(Iterable[Any], value))[:100]]
    return _text(value)
