"""What a client said, as its agent gets it."""

from __future__ import annotations

from typing import Any

from attrs import frozen

__all__ = ["Message"]


@frozen(kw_only=True)
class Message:
    """One ``say`` of a client: a prompt, or a type of the host's own.

    ``data`` is the client's JSON value, checked for nothing but its size.
    """

    type: str
    data: Any
    user_id: str
    thread_id: str
    run_id: str
    """The run that answers it; the first ``session.run(...)`` inside takes this id."""

    tab: str | None = None
    """The tab that said it; None if the host itself did."""

    cid: int | None = None
    """The number that the tab gave it: contiguous for each tab."""
