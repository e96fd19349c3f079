"""The model check itself is checked: each of these broken machines must be found out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from stentor.protocol import ReplayBuffer
from stentor.protocol._frames import EventFrame
from stentor.protocol.client import _handshake as client_handshake
from stentor.protocol.client._state import ClientData
from stentor.protocol.errors import StoreUnavailable
from stentor.protocol.server import _acks as acks
from stentor.protocol.server import _handshake as handshake
from stentor.protocol.server import _pump as pump
from stentor.protocol.server import _received as server_received
from stentor.protocol.server import _server as server
from stentor.protocol.server._state import SessionState

from .memory_log import MemoryLog
from .test_model import Delivery

Patch = Callable[[pytest.MonkeyPatch], None]

HUNT = settings(
    max_examples=400,
    stateful_step_count=60,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
)


def an_ack_goes_without_its_epoch(patch: pytest.MonkeyPatch) -> None:
    """Neither half asks of which epoch an ack is."""
    ack = server_received._ack

    def careless(state: SessionState, line: Any, epoch: str, seq: int, rej: Any, now: float) -> Any:
        return ack(state, line, state.epoch or "", seq, rej, now)

    def ackable(self: ClientData) -> int:
        return self.acked if self.position is None else max(self.acked, min(self.position.seq, self.head))

    patch.setattr(server_received, "_ack", careless)
    patch.setattr(ClientData, "ackable", ackable)


def a_hello_does_not_fence(patch: pytest.MonkeyPatch) -> None:
    """The frames of a previous connection go on counting."""
    received = server_received.received

    def unfenced(state: SessionState, number: int, frame: Any, now: float) -> Any:
        line = state.consumer.line
        return received(state, number if line is None else line.line, frame, now)

    patch.setattr(server, "received", unfenced)


def a_resume_goes_without_its_epoch(patch: pytest.MonkeyPatch) -> None:
    """A position of another epoch is believed."""

    def where(state: SessionState, resume: Any) -> tuple[str | None, int]:
        floor = state.consumer.floor
        if resume is None or resume.seq > state.maxsent:
            return "fresh", floor
        return ("position_lost", floor) if resume.seq < floor else (None, resume.seq)

    patch.setattr(handshake, "_where", where)


def a_lost_tail_has_its_seqs_reused(patch: pytest.MonkeyPatch) -> None:
    """A store forgets its last event at a restart and keeps its epoch."""
    claim = MemoryLog.claim

    def forgetful(self: MemoryLog, held: Any, session: str) -> Any:
        if held is None and self.bodies and self.head > self.floor:
            self.bodies.pop()
        return claim(self, held, session)

    patch.setattr(MemoryLog, "claim", forgetful)


def the_oldest_is_dropped(patch: pytest.MonkeyPatch) -> None:
    """A buffer that is full lets its oldest event go."""
    append = ReplayBuffer.append

    def bounded(self: ReplayBuffer, bodies: Any) -> None:
        append(self, bodies)
        if len(self) > 12:
            self._items.pop(0)
            self._ends.pop(0)
            self.last -= 1

    patch.setattr(ReplayBuffer, "append", bounded)


def the_newest_is_dropped(patch: pytest.MonkeyPatch) -> None:
    """A log that is full takes no more, and says nothing."""
    append = MemoryLog.append

    def bounded(self: MemoryLog, effect: Any) -> Any:
        answer = append(self, effect)
        del self.bodies[self.floor + 12 :]
        return answer

    patch.setattr(MemoryLog, "append", bounded)


def the_cursor_is_not_reset(patch: pytest.MonkeyPatch) -> None:
    """The next connection goes on where the last one was, whatever it has."""
    claimed = handshake.claimed

    def stuck(state: SessionState, *args: Any) -> Any:
        cursor = state.consumer.cursor
        begin = handshake.pump

        def later(state: SessionState, now: float) -> Any:
            state.consumer.cursor = max(cursor, state.consumer.cursor)
            return begin(state, now)

        handshake.pump = later
        try:
            return claimed(state, *args)
        finally:
            handshake.pump = begin

    patch.setattr(handshake, "claimed", stuck)


def a_crash_forgets_what_was_not_written(patch: pytest.MonkeyPatch) -> None:
    """The next incarnation believes that everything was written."""
    patch.setattr(server, "recover_line", lambda state, now: [])


def a_crash_forgets_an_ack(patch: pytest.MonkeyPatch) -> None:
    """An ack that the log did not confirm is not told again."""
    patch.setattr(server, "repeat_ack", lambda state: [])
    patch.setattr(handshake, "repeat_ack", lambda state: [])


def a_gap_is_silent(patch: pytest.MonkeyPatch) -> None:
    """Events that failed are skipped, and the client is not told."""
    patch.setattr(pump, "GapFrame", lambda first, last, code, n: EventFrame(seq=last, first=first, type="text"))


def refusals_are_not_repeated(patch: pytest.MonkeyPatch) -> None:
    """A resume acknowledges refused events as handled."""
    patch.setattr(client_handshake, "ranges", lambda seqs, upto: ())


def the_client_acks_on_receipt(patch: pytest.MonkeyPatch) -> None:
    """The toy version: what was received counts as handled."""
    patch.setattr(ClientData, "ackable", lambda self: self.acked if self.losing() else self.seen)


def a_loss_is_not_told(patch: pytest.MonkeyPatch) -> None:
    """The client goes on at the server's base as if nothing had been lost."""
    restart = client_handshake._restart

    def silent(data: ClientData, epoch: str, why: str) -> None:
        data.position = None
        restart(data, epoch, why)

    patch.setattr(client_handshake, "_restart", silent)


def the_client_delivers_again(patch: pytest.MonkeyPatch) -> None:
    """What comes twice is delivered twice."""
    reckon = client_handshake._reckon

    def short(data: ClientData, seq: int) -> None:
        reckon(data, seq)
        data.last = seq

    patch.setattr(client_handshake, "_reckon", short)


def the_floor_forgets_failures(patch: pytest.MonkeyPatch) -> None:
    """The ledger takes over the floor, and not what failed."""
    floor = acks.floor

    def forgetting(state: SessionState, answer: Any) -> Any:
        return floor(state, type(answer)(answer.floor, (), answer.epoch))

    patch.setattr(acks, "floor", forgetting)


def a_late_refusal_is_believed(patch: pytest.MonkeyPatch) -> None:
    """Whatever a store refuses, it is taken for news of the token that is held now."""
    fenced = handshake.fenced

    def credulous(state: SessionState, tab: Any, now: float, token: Any, conn: int) -> Any:
        return fenced(state, tab, now, token and state.token, 0)

    patch.setattr(handshake, "fenced", credulous)


MUTANTS: list[Patch] = [
    an_ack_goes_without_its_epoch,
    a_hello_does_not_fence,
    a_resume_goes_without_its_epoch,
    a_lost_tail_has_its_seqs_reused,
    the_oldest_is_dropped,
    the_newest_is_dropped,
    the_cursor_is_not_reset,
    a_crash_forgets_what_was_not_written,
    a_crash_forgets_an_ack,
    a_gap_is_silent,
    refusals_are_not_repeated,
    the_client_acks_on_receipt,
    a_loss_is_not_told,
    the_client_delivers_again,
    the_floor_forgets_failures,
    a_late_refusal_is_believed,
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_the_model_check_finds(mutant: Patch, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that breaks one rule does not survive the model check."""
    mutant(monkeypatch)

    with pytest.raises((AssertionError, StoreUnavailable)) as found:
        run_state_machine_as_test(Delivery, settings=HUNT)

    assert str(found.value) is not None
