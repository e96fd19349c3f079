"""What the log answers to a session: appended events, events read, hints of more."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import StoreUnavailable
from ._effects import Append, Appended, Effect, Hint
from ._pump import pump
from ._state import SessionState

__all__ = ["appended", "read"]


def appended(state: SessionState, done: Iterable[tuple[Append, Appended]], now: float) -> list[Effect]:
    """Take over the seqs that the log gave, and send; a process that does not own the session tells its owner."""
    if state.token is None:
        return [Hint(state.session, answer.head) for _, answer in done]
    buffer = state.buffer
    for append, answer in done:
        epoch = answer.epoch if answer.epoch is not None else append.epoch
        if epoch is not None and epoch != state.epoch:
            continue
        bodies = append.bodies
        last = answer.first + len(bodies) - 1
        known = buffer.last + 1 - answer.first
        # Where another process appended in between, its events are read first, and these come with them.
        if known == 0:
            buffer.append(bodies)
        elif 0 < known < len(bodies):
            buffer.append(bodies[known:])
        if last > state.head:
            state.head = last
        if answer.head > state.head:
            state.head = answer.head
    return pump(state, now)


def read(
    state: SessionState, first: int, bodies: tuple[bytes | None, ...], now: float, epoch: str | None
) -> list[Effect]:
    """Take over what the log gave, and send."""
    buffer = state.buffer
    asked = state.reading
    if asked is None or first - 1 < asked or (epoch is not None and epoch != state.epoch):
        # The answer to a question of before a crash or a move; the question that counts is still out.
        return []
    last = first + len(bodies) - 1
    if not bodies and first == buffer.last + 1 <= state.head:
        raise StoreUnavailable(
            f"the log of {state.session} has nothing after {buffer.last}, although its head is {state.head}",
            session=state.session,
            after=buffer.last,
            head=state.head,
        )
    state.reading = None
    if first > buffer.last + 1:
        # The log let events go that were not ours to lose: they fail, or the log tells us that we own it no more.
        buffer.pad(first - 1)
        state.head = max(state.head, first - 1)
    if last > buffer.last:
        buffer.append_sparse(bodies[buffer.last + 1 - first :])
        state.head = max(state.head, last)
    elif not bodies:
        # Only a hint had spoken of more: hints may be wrong, the log is not.
        state.hinted = state.head
    return pump(state, now)
