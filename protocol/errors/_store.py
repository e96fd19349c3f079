"""Failures of a store."""

from __future__ import annotations

from typing import Any, ClassVar

from ._root import StentorError

__all__ = ["EngineStale", "EpochChanged", "Fenced", "OutcomeUnknown", "StoreInUse", "StoreUnavailable"]


class StoreUnavailable(StentorError):
    """The store did not take an operation; nothing is accepted until it works again."""

    code: ClassVar[str] = "store_unavailable"
    help: ClassVar[str] = "the store did not answer; nothing is accepted until it works again"


class StoreInUse(StentorError):
    """Another process owns the store."""

    code: ClassVar[str] = "store_in_use"

    def __init__(self, *, owner: str, **details: Any) -> None:
        super().__init__(f"the store is in use by {owner}; stop it, or choose another store", owner=owner, **details)


class Fenced(StentorError):
    """A newer owner holds the session; this one may not touch it any more."""

    code: ClassVar[str] = "fenced"

    def __init__(self, current: object, **details: Any) -> None:
        super().__init__(f"a newer owner holds it ({current})", current=current, **details)


class EpochChanged(StentorError):
    """The stream began anew; positions of the old epoch mean nothing in it."""

    code: ClassVar[str] = "epoch_changed"

    def __init__(self, *, expected: str, actual: str, **details: Any) -> None:
        super().__init__(
            f"the stream is of epoch {actual!r}, not {expected!r}; start from its beginning",
            expected=expected,
            actual=actual,
            **details,
        )


class OutcomeUnknown(StentorError):
    """The store may or may not have taken an operation; it is tried again under the same number."""

    code: ClassVar[str] = "outcome_unknown"
    help: ClassVar[str] = "the store did not say whether it took the operation; it is tried again"


class EngineStale(StentorError):
    """The store answered from a copy that lags behind."""

    code: ClassVar[str] = "engine_stale"
    help: ClassVar[str] = "the store answered from a copy that lags behind; ask again"
