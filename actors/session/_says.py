"""What clients say, on its way up and back: taken once, answered always."""

from __future__ import annotations

from typing import Any

import msgspec
from stentor.protocol import AskSnapshot, EndAsked, Handle
from stentor.protocol.errors import Fenced, StentorError

from ..ports import New, Repeated
from ._answers import Effects, PortCaller
from ._cell import SessionCell
from ._messages import EndWanted, Prompt, SnapshotWanted

__all__ = ["Speaker"]


class Speaker(PortCaller):
    """The half of a session that talks to the one above it."""

    def __init__(self, cell: SessionCell) -> None:
        super().__init__(cell)
        self._elsewhere: dict[tuple[str, int], Handle] = {}

    def _handle(self, effect: Handle) -> Effects:
        cell, token, key = self._cell, self._machine.token, (effect.tab, effect.cid)

        def then(answer: New | Repeated) -> Effects:
            if isinstance(answer, New):
                return self._hand_up(effect, answer.run)
            handed = cell.handed or {}
            if answer.forgotten:
                # It was answered, and its tab went on from there: what the answer was is known to nobody.
                return self._machine.answered(*key, None, self._now())
            if answer.answer is not None:
                handed.pop(key, None)
                return self._machine.answered(*key, _refusal(answer.answer), self._now())
            if key in handed:
                self._machine.handed(*key)
                return [] if handed[key] is None else self.answered(*key, _refusal(handed[key]))
            if answer.node not in (None, cell.node):
                # Another process has it in hand; the poll asks for its answer.
                self._machine.handed(*key)
                self._elsewhere[key] = effect
                return []
            return self._hand_up(effect, "")

        def failed(error: StentorError) -> Effects:
            if (
                isinstance(error, Fenced)
                and self._machine.token not in (None, token)
                and key in self._machine.state.says
            ):
                # It went out with an older token, and nobody has said that it was not taken.
                return [effect]
            return self._refused(token, error)

        body = msgspec.json.encode([effect.type, effect.data])
        return self._ask(cell.inbox.accept, (cell.session, *key, token, body), then, failed)

    def _ask_again(self) -> Effects:
        """Look whether other processes have answered what they have in hand."""
        elsewhere, self._elsewhere = self._elsewhere, {}
        return list(elsewhere.values())

    def _hand_up(self, effect: Handle, run: str) -> Effects:
        cell, key = self._cell, (effect.tab, effect.cid)
        identity = cell.emitter.identity(effect.line)
        prompt = Prompt(cell.session, *key, effect.type, effect.data, run, identity)
        if cell.up is None:
            return self.answered(*key, ("nobody_listens", "this host takes no messages"))
        try:
            cell.up(prompt)
        except StentorError as error:
            return self.answered(*key, (error.code, str(error)))
        self._keep(key, None)
        self._machine.handed(*key)
        return []

    def _keep(self, key: tuple[str, int], answer: Any) -> None:
        if self._cell.handed is None:
            self._cell.handed = {}
        self._cell.handed[key] = answer

    def answered(self, tab: str, cid: int, refused: tuple[str, str] | None) -> Effects:
        """Keep the answer to a client's message, and send it."""
        cell, key = self._cell, (tab, cid)
        answer = ["taken"] if refused is None else ["refused", *refused]
        # Kept until the inbox has it: a message that was handed up is never handed up again.
        self._keep(key, answer)

        def then(_: Any) -> Effects:
            if cell.handed is not None:
                cell.handed.pop(key, None)
            return self._machine.answered(tab, cid, refused, self._now())

        return self._ask(cell.inbox.answer, (cell.session, tab, cid, answer), then)

    def gave_up(self, tab: str, cid: int, refused: tuple[str, str]) -> Effects:
        """The client was told that its message could not be handled: no other process may try it either."""
        args = (self._cell.session, tab, cid, ["refused", *refused])
        return self._ask(self._cell.inbox.answer, args, lambda _: [])

    def _snapshot(self, effect: AskSnapshot) -> Effects | None:
        if self._cell.up is None:
            return self._machine.snapshot(effect.line, None, self._now())
        self._cell.up(SnapshotWanted(self._cell.session, effect.line, effect.why, effect.upto))
        return None

    def _end_asked(self, effect: EndAsked) -> None:
        if self._cell.up is not None:
            self._cell.up(EndWanted(self._cell.session, effect.tab))


def _refusal(answer: Any) -> tuple[str, str] | None:
    return None if answer[0] == "taken" else (answer[1], answer[2])
