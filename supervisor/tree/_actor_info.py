"""What an operator sees of one actor."""

from __future__ import annotations

from attrs import frozen

__all__ = ["ActorInfo", "LastFailure"]


@frozen
class LastFailure:
    """The last failure of an actor: id of its entry in the record, and code."""

    id: str
    code: str


@frozen(kw_only=True)
class ActorInfo:
    """One actor at one moment. Durations are seconds; what does not apply is None.

    Attributes:
        path: Its address; the root's is empty.
        kind: worker, supervisor, session, run, gateway.
        state: starting, running, stopping, restarting, stopped, parked, down.
        incarnation: Which life, from 1.
        uptime_s: Of this life.
        mailbox_depth: Messages that wait. ``mailbox_oldest_s``: for how long the oldest has.
        restarts: Automatic ones, in all.
        budget_left: Restarts that are left of ``max_restarts`` in ``window_s``, out of the budget that pays for it.
        backoff_s: Until the next attempt. ``next_attempt_at``: Unix time of it.
        policy: A supervisor's strategy and budgets in short. ``policy_rev``: revision of its policy, from 1.
    """

    path: str
    kind: str
    state: str
    incarnation: int = 0
    uptime_s: float = 0.0
    mailbox_depth: int = 0
    mailbox_oldest_s: float = 0.0
    restarts: int | None = None
    budget_left: int | None = None
    max_restarts: int | None = None
    window_s: float | None = None
    backoff_s: float | None = None
    next_attempt_at: float | None = None
    last_failure: LastFailure | None = None
    policy: str | None = None
    policy_rev: int | None = None
