"""The core of a runtime: its parts, put together, and the few things that are done to all of them."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from stentor.actors import ActorRef, Directory, Estate, Exited, Gate, LoopClock, Terminated
from stentor.protocol.errors import BadUsage, Killed

from ..ledger._entry import Entry
from ..runs._book import RunBook
from ..runs._handle import Session
from ..runs._identity import Identity
from ..runs._runs import Runs
from ..runs._watch import watch
from ..tree._parking import parking
from ..tree._slots import abandon_below
from ..watchdog._watchdog import Watchdog
from ._audit import Audit
from ._auditing import take_audit
from ._cells import Cells
from ._finding import running
from ._lobby import Guest, Lobby
from ._office import Office
from ._options import Options
from ._record import RuntimeRecord
from ._tree import ROOT_POLICY, Root, branches

__all__ = ["Core"]

_POLL = 1.0


class Core:
    """Made on the loop that it then lives on."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.loop = asyncio.get_running_loop()
        self.clock = options.clock or LoopClock(self.loop)
        self.directory = Directory()
        self.record = RuntimeRecord(options.record_size, self.clock, self.directory, self._decided)
        self.gate = Gate(self.clock, options.limits, node=options.node)
        self.cells = Cells(
            options.store,
            self.gate,
            options.limits,
            options.node,
            self.clock,
            _POLL if options.shared else None,
            options.faults,
            self._heard,
            options.shared,
        )
        self.office = Office(self.cells, self.record)
        self.book = RunBook(options.concurrency)
        self.runs = self.office.runs = Runs(
            self.book, options.on_message, options.says, self.office, self.handle, options.store, options.node
        )
        self.lobby = Lobby(self.clock, options.limits, self.record, self._announce)
        self.gone: asyncio.Future[BaseException | None] = self.loop.create_future()
        """Done when the tree has ended, with what ended it."""
        self.fatal: asyncio.Future[BaseException | None] = self.loop.create_future()
        """Likewise, but only if it ended by itself."""
        self._stopping = False
        self._unsubscribe: Callable[[], None] | None = None
        self._once: asyncio.Future[bool] | None = None
        self._root: Estate[Any] | None = None
        limit = options.blocked_after
        self._watchdog = None if limit is None else Watchdog(self.record, limit, self.loop)

    async def start(self) -> None:
        """Let the tree stand, and events in."""
        specs = branches(self.options, self.lobby, self._admit, self._sessions_began, self._runs_began)
        root = await Root.start_async(
            ROOT_POLICY, specs, path="", directory=self.directory, recorder=self.record, clock=self.clock
        )
        self._root = self.directory.get("")
        self.watch(root).add_done_callback(self._ended)
        self._unsubscribe = self.options.store.hints.subscribe(self.options.node, self.cells.hint)
        self.gate.start()
        if self._watchdog is not None:
            self._watchdog.start()

    async def stop(self, seconds: float) -> None:
        """Let the tree fall; what stands after *seconds* is fenced and left."""
        self._stopping = True
        self.gate.stop()
        if self._watchdog is not None:
            self._watchdog.stop()
        if self._root is not None:
            self._root.request_stop("shutdown")
            await asyncio.wait({self.gone}, timeout=seconds)
            if not self.gone.done():
                abandon_below(self._root)
                self._root.abandon()
                self._root.close("shutdown_timeout")
                await self.gone
        await self.office.over()
        if self._unsubscribe is not None:
            # The store may be shared, and outlive us.
            self._unsubscribe()

    async def once(self, job: Callable[[], Awaitable[bool]]) -> bool:
        """Do *job*, once, whoever asks; everybody gets its answer."""
        if self._once is None:
            self._once = asyncio.ensure_future(job())
        return await asyncio.shield(self._once)

    def handle(self, who: Identity, name: str) -> Session:
        """Return the handle of the session *name*."""
        return Session(self.office, who, name, self.options.emit_timeout)

    def audit(self) -> Audit:
        """Take the audit, on the loop."""
        return take_audit(self.cells, self.options.shared)

    def kill(self, path: str, reason: str) -> None:
        """Fence the incarnation at *path*, and let its supervisor hear of a crash by ``Killed``."""
        estate = running(self.directory, path)
        if estate.parent is None:
            raise BadUsage("the root can not be killed; drain the runtime")
        failure = estate.capture(Killed(reason), "kill")
        estate.last_failure = failure
        incarnation = estate.incarnation
        abandon_below(estate)
        estate.cut_off("killed")
        estate.parent.control(Exited(estate.child_id, incarnation, "killed", failure))

    def watch(self, ref: ActorRef[Any]) -> asyncio.Future[Terminated]:
        """Return a future of the end of the actor at *ref*."""
        future: asyncio.Future[Terminated] = self.loop.create_future()
        watch(ref, partial(_resolve, future))
        return future

    # What the parts tell each other

    def _ended(self, future: asyncio.Future[Terminated]) -> None:
        if not self.gone.done():
            self.gate.stop()
            root = self._root
            failure = None if root is None else root.last_failure
            error = None if failure is None else failure.exception
            self.gone.set_result(error)
            if not self._stopping:
                self.fatal.set_result(error)

    def _decided(self, entry: Entry) -> None:
        if entry.supervisor != "/sessions" or entry.child_id is None:
            return
        if entry.kind == "park":
            why = parking(entry, partial(self._due, entry.path))
            failure_id = None if entry.failure is None else entry.failure.id
            # After the supervisor's own step: what is done here may reach back to it.
            self.loop.call_soon_threadsafe(self.office.parked, entry.child_id, why, failure_id)
        elif entry.kind == "give_up":
            self.office.falls()
        else:
            self.office.unparked(entry.child_id)

    def _due(self, path: str) -> float | None:
        """Return when who is parked at *path* is tried again."""
        estate = self.directory.get(path)
        known = None if estate is None else estate.parking
        return None if known is None else known.due()

    def _sessions_began(self, ref: ActorRef[Any], life: int) -> None:
        self.office.began(ref)
        if life > 1:
            # In an empty context: this is called inside the supervisor's own start.
            self.loop.call_soon(self.office.reopen, context=contextvars.Context())

    def _runs_began(self, ref: ActorRef[Any], life: int) -> None:
        self.runs.began(ref)

    def _announce(self, guest: Guest) -> None:
        self.record.ref("/gateway").tell(guest)

    def _admit(self, guest: Guest, who: Identity) -> None:
        self.office.admit(guest, who)

    def _heard(self, message: Any) -> None:
        self.office.heard(message)


def _resolve(future: asyncio.Future[Terminated], message: Terminated) -> None:
    if not future.done():
        future.set_result(message)
