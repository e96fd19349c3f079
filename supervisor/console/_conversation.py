"""One question put to a host, and the run that answers it, whatever happens to the connection meanwhile."""

from __future__ import annotations

import asyncio

from attrs import define, field
from stentor.protocol import AgentCancelled, AgentCompleted, AgentFailed, AgentStarted, Event
from stentor.protocol.clients import Client, ClientState, Gap, Lost, Notice, StateChanged
from stentor.protocol.errors import BadUsage, Refused, StentorError

from ._outcome import Outcome
from ._question import Question
from ._screen import Screen
from ._words import loss_words, notice_words

__all__ = ["Conversation"]

_GOODBYE = 2.0
"""Seconds that Ctrl-C waits for the host to take the wish to stop."""


@define(eq=False)
class Conversation:
    """Asks, shows what comes, and knows how it ended."""

    question: Question
    screen: Screen
    _live: asyncio.Event = field(factory=asyncio.Event, init=False)
    _asked: bool = field(default=False, init=False)
    _run: str | None = field(default=None, init=False)
    _end: asyncio.Future[Outcome] = field(init=False)
    _broken: bool = field(default=False, init=False)
    _timer: asyncio.TimerHandle | None = field(default=None, init=False)

    async def hold(self) -> Outcome:
        """Ask and listen to the end.

        Raises:
            BadUsage: If the address is no WebSocket address.
        """
        self._end = asyncio.get_running_loop().create_future()
        async with Client(
            self.question.url,
            session=self.question.session,
            token=self.question.token,
            on_state=self._state,
            on_notice=self._notice,
            on_gap=self._gap,
            on_lost=self._lost,
        ) as client:
            tasks = [asyncio.create_task(self._listen(client)), asyncio.create_task(self._ask(client))]
            try:
                return await self._end
            except asyncio.CancelledError:
                await self._stop(client)
                raise
            finally:
                self._rest()
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)

    async def _ask(self, client: Client) -> None:
        # What an earlier run left behind comes before `live`: a run that starts after it is the answer to this.
        await self._live.wait()
        self._asked = True
        try:
            if self.question.crash:
                await client.say("crash", {"point": self.question.crash, "when": "answer"})
            await client.say("prompt", {"text": self.question.text})
        except BadUsage as wrong:  # it can not be said: whoever typed it is told, not the host
            self._failed(wrong)
        except Refused as refused:
            self._done(Outcome(Outcome.FAILED, str(refused.details.get("refused_code", refused.code)), str(refused)))
        except StentorError as ended:
            self._done(Outcome(Outcome.ENDED, ended.code, str(ended)))

    async def _listen(self, client: Client) -> None:
        try:
            async for delivered in client:
                event = delivered.event
                if self._asked and self._run is None and isinstance(event, AgentStarted):
                    self._run = event.run_id
                if self._run is not None and event.run_id == self._run:
                    self.screen.show(delivered)
                    self._judge(event)
        except StentorError as ended:
            self._done(Outcome(Outcome.ENDED, ended.code, str(ended)))
        except Exception as bug:  # e.g. a closed terminal: it belongs to whoever holds the conversation
            self._failed(bug)

    def _judge(self, event: Event) -> None:
        match event:
            case AgentCompleted():
                self._done(Outcome())
            case AgentFailed(code=code, message=message, failure_id=failure):
                self._done(Outcome(Outcome.FAILED, code, f"{message} (failure {failure})" if failure else message))
            case AgentCancelled(reason=reason):
                self._done(Outcome(Outcome.FAILED, "cancelled", reason))
            case _:
                pass  # the run goes on

    def _state(self, change: StateChanged) -> None:
        if change.state is ClientState.LIVE:
            self._rest()
            if self._broken:
                self.screen.notice("resumed", "connected again; it goes on where it stopped")
                self._broken = False
            self._live.set()
        elif change.state is ClientState.BACKOFF and self._timer is None:
            self._wait(change)

    def _wait(self, change: StateChanged) -> None:
        known = self._live.is_set()
        patience = self.question.patience if known else self.question.wait
        if known:
            self._broken = True
            self.screen.notice("connection_lost", f"{loss_words(change)}; trying again")
        text = f"{self.question.url} does not answer: {loss_words(change)}"
        outcome = Outcome(Outcome.NO_HOST, "connection_lost" if known else "no_host", text)
        self._timer = asyncio.get_running_loop().call_later(patience, self._done, outcome)

    def _notice(self, notice: Notice) -> None:
        words = notice_words(notice)
        self.screen.notice(notice.code, words)
        if notice.code == "actor_parked":
            self._done(Outcome(Outcome.ENDED, notice.code, words))

    def _gap(self, gap: Gap) -> None:
        self.screen.notice("gap", f"events {gap.first} to {gap.seq} were lost on the way: {gap.code}")

    def _lost(self, lost: Lost) -> None:
        self._done(Outcome(Outcome.ENDED, lost.why, "the host does not know where this conversation was; ask again"))

    async def _stop(self, client: Client) -> None:
        if self._asked:
            try:
                async with asyncio.timeout(_GOODBYE):
                    await client.say("cancel")
            except (TimeoutError, StentorError) as gone:
                self.screen.notice("not_stopped", f"the host could not be told to stop: {gone}")

    def _done(self, outcome: Outcome) -> None:
        if not self._end.done():
            self._end.set_result(outcome)

    def _failed(self, error: Exception) -> None:
        if not self._end.done():
            self._end.set_exception(error)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
