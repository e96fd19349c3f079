"""Runs: what a client said becomes a run, in its turn; the runs are temporary children of ``/runs``."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import uuid4

from stentor.actors import ActorRef, Prompt, Prompted, Terminated, promise_id
from stentor.actors.stores import MemoryStore
from stentor.protocol import AgentCancelled, AgentFailed, split_session_id
from stentor.protocol.errors import Killed, Refused, StentorError

from ..policy._spec import ChildSpec
from ._blame import told
from ._book import RunBook, Running
from ._handle import Session
from ._identity import Identity
from ._message import Message
from ._run_actor import Agent, RunActor
from ._watch import last_failure, watch

if TYPE_CHECKING:
    from ._bridge import Bridge

__all__ = ["Runs", "run_template"]

Answer: TypeAlias = Callable[[StentorError | None], None]
"""Answers the message of a run that is told nowhere else."""

_ON_PURPOSE = ("normal", "shutdown", "planned", "terminated", "deleted")
"""Ends of a run's actor that are no failure."""


def run_template() -> ChildSpec:
    """Return what the children of ``/runs`` are made of."""
    return ChildSpec("run", RunActor, restart="temporary", kind="run", shutdown=2.0)


class Runs:
    """Takes prompts, and sees to it that each has its turn. Used on the runtime's loop.

    Args:
        book: Who runs and who waits.
        agent: Answers prompts; None refuses them.
        says: Answers further types of message, each at once.
        bridge: To the sessions.
        handle: Makes the handle of a session.
        store: Its ports keep the open runs.
        node: Name of this runtime.
    """

    def __init__(
        self,
        book: RunBook,
        agent: Agent | None,
        says: Mapping[str, Agent],
        bridge: Bridge,
        handle: Callable[[Identity, str], Session],
        store: MemoryStore,
        node: str,
    ) -> None:
        self._book = book
        self._agent = agent
        self._says = says
        self._bridge = bridge
        self._handle = handle
        self._store = store
        self._node = node
        self._open = True
        self._generations: dict[str, int] = {}
        self._idle: asyncio.Event = asyncio.Event()
        self._idle.set()
        self._starts: set[asyncio.Task[None]] = set()
        self._supervisor: ActorRef[Any] | None = None
        self._proxy: Any = None

    def began(self, supervisor: ActorRef[Any]) -> None:
        """``/runs`` stands at *supervisor*."""
        self._supervisor = supervisor
        # One for all runs: a proxy looks through the whole class when it is made.
        self._proxy = supervisor.proxy()

    def prompted(self, prompt: Prompt, session: ActorRef[Any]) -> None:
        """Take what a client said; its answer goes to *session*. Called inside the session's step: returns at once.

        Raises:
            Refused: If it is not taken; the session tells its client.
        """
        user, thread = split_session_id(prompt.session)
        message = Message(
            type=prompt.type,
            data=prompt.data,
            user_id=user,
            thread_id=thread,
            run_id=f"r{prompt.run or uuid4().hex[:12]}",
            tab=prompt.tab,
            cid=prompt.cid,
        )
        answer: Answer = partial(_answer, session, prompt.tab, prompt.cid)
        if prompt.type == "cancel":
            self.cancel(prompt.session, _run_named(prompt.data), "stopped by the user")
            answer(None)
        elif prompt.type in self._says:
            self._accepts(prompt.type)
            self._start(prompt.session, self._book.beside(message), self._says[prompt.type], answer)
        else:
            self.offer(prompt.session, message)
            answer(None)

    def offer(self, session: str, message: Message) -> None:
        """Let the agent answer *message* in *session*, now or in its turn.

        Raises:
            Refused: If there is no agent for it, or a run goes on and only one may.
        """
        agent = self._accepts(message.type)
        running = self._book.offer(session, message)
        if running is not None:
            self._start(session, running, agent, None)

    def cancel(self, session: str, run_id: str | None, reason: str) -> int:
        """Stop the runs of *session*, or that of *run_id*, and take out what waits; return how many there were."""
        running, waiting = self._book.cancel(session, run_id, reason)
        for message in waiting:
            self._tell(session, AgentCancelled(message.run_id, reason))
        return len(running) + len(waiting)

    def _tell(self, session: str, event: AgentCancelled | AgentFailed) -> None:
        try:
            self._bridge.emit(session, event, event.run_id, reserve=True)
        except StentorError as refused:
            self._bridge.unsaid(session, event, refused)

    async def wind_down(self, seconds: float) -> None:
        """Begin nothing any more; let what goes on end by itself within *seconds*, and stop the rest.

        The page of a run that does not let itself be stopped is told all the same that it is over.
        """
        self._open = False
        reason = "the host is going down"
        for patience, last in ((seconds, False), (1.0, True)):
            if last:
                self._book.stop_beside(reason)
                for session in self._book.sessions():
                    self.cancel(session, None, reason)
            try:
                async with asyncio.timeout(patience):
                    await self._idle.wait()
            except TimeoutError:
                # First patience, then the cancel; who outlasts both is told to be over below.
                continue
            return
        for session, running in self._book.running():
            if running.shared.take_end():
                self._tell(session, AgentCancelled(running.message.run_id, reason))

    def _accepts(self, kind: str) -> Agent:
        if not self._open:
            raise Refused("the host is going down and begins nothing any more")
        if self._agent is None or kind != "prompt":
            known = [*(["prompt", "cancel"] if self._agent else []), *self._says]
            if kind in self._says:
                return self._says[kind]
            raise Refused(
                f"this host has no answer to a message of type {kind[:40]!r}; it knows {', '.join(known) or 'none'}"
            )
        return self._agent

    def _start(self, session: str, running: Running, agent: Agent, answer: Answer | None) -> None:
        self._idle.clear()
        # In an empty context: this may be called inside a session's step, and what runs here is no part of that.
        task = asyncio.get_running_loop().create_task(
            self._launch(session, running, agent, answer), context=contextvars.Context()
        )
        self._starts.add(task)
        task.add_done_callback(self._starts.discard)

    async def _launch(self, session: str, running: Running, agent: Agent, answer: Answer | None) -> None:
        message = running.message
        handle = self._handle(Identity(message.user_id, message.thread_id), session)
        ended = partial(self._ended, session, answer)
        supervisor = self._supervisor
        try:
            if supervisor is None or not supervisor.is_alive():
                raise Refused("the host does not run")
            self._generations[message.run_id] = _now(self._store.runs.open(message.run_id, session, self._node))
            args = (agent, handle, running, self._bridge, ended, answer is not None)
            ref = await self._proxy.start_child(id=message.run_id, args=args)
        except Exception as error:  # Whatever kept it from starting is its failure, and is recorded here.
            if answer is None and running.shared.take_end():
                # Its message was taken; so the user has to read that nothing comes of it.
                self._tell(session, AgentFailed(message.run_id, *told(error), promise_id(error)))
            self._bridge.hidden(session, error, message.run_id)
            ended(running, "failed", error)
        else:
            watch(ref, partial(self._gone, session, answer, running))

    def _gone(self, session: str, answer: Answer | None, running: Running, end: Terminated) -> None:
        """The actor of a run is gone. If it did not come to say so itself, it was ended from outside."""
        if running.over:
            return
        run_id, reason, shared = running.message.run_id, running.reason, running.shared
        failure = last_failure(end.ref)
        error: BaseException | None = None if failure is None else failure.exception
        if error is None and end.reason not in _ON_PURPOSE:
            error = Killed(f"its run was ended from outside ({end.reason})")
        event: AgentCancelled | AgentFailed
        if error is None or reason is not None:
            event = AgentCancelled(run_id, reason or "the run was ended from outside")
        else:
            event = AgentFailed(run_id, *told(error), promise_id(error) if failure is None else failure.id)
        if (answer is None or shared.opened) and shared.take_end():
            self._tell(session, event)
        self._ended(session, answer, running, "cancelled" if error is None else "failed", error)

    def _ended(
        self, session: str, answer: Answer | None, running: Running, how: str, error: BaseException | None
    ) -> None:
        """Cross out a run, once, and let the next one begin."""
        if running.over:
            return
        running.over = True
        run_id = running.message.run_id
        generation = self._generations.pop(run_id, None)
        if generation is not None:
            state: Any = how
            self._store.runs.close(run_id, generation, state)
        if answer is not None:
            answer(_refusal(error))
        following = self._book.ended(session, run_id)
        if following is not None and self._agent is not None:
            self._start(session, following, self._agent, None)
        if not any(self._book.count()):
            self._idle.set()


def _answer(session: ActorRef[Any], tab: str, cid: int, error: StentorError | None) -> None:
    # The control lane: an answer must not be lost to a mailbox that is full.
    session.control(Prompted(tab, cid, None if error is None else (error.code, str(error))))


def _refusal(error: BaseException | None) -> StentorError | None:
    if error is None or isinstance(error, StentorError):
        return error
    return Refused(f"it failed ({type(error).__name__})")


def _run_named(data: Any) -> str | None:
    run: object = data.get("run") if isinstance(data, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return run if isinstance(run, str) else None


def _now(answer: Any) -> int:
    # The memory store answers at once; an engine that does not comes with a runs desk that waits.
    return int(answer)
