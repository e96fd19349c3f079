"""The children of these tests, and the scene that tells them when to misbehave, and how."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from stentor.actors import Actor, Terminated, ThreadActor
from stentor.protocol.errors import Fenced

__all__ = ["LEAVES", "PATIENCE", "Boom", "Good", "Scene", "Watcher"]

PATIENCE = 20.0
"""Real seconds after which a test gives up; none of them takes so long if it is green."""


class Boom(Exception):
    """What they fail with."""


class Scene:
    """Where a child misbehaves, once it is armed, and only once; what it could do afterwards is written down."""

    def __init__(self, place: str, deed: str) -> None:
        self.place = place
        self.deed = deed
        self.armed = False
        self.arrived = threading.Event()
        self.alive = threading.Event()
        self.over = threading.Event()
        self.log: list[str] = []
        self.starts = 0
        self.cancelled = 0
        self.tried: dict[str, str] = {}
        self._go = threading.Event()
        self._go_async = asyncio.Event()
        self.slow: str | None = None
        """The sibling whose stop takes until the gate is open."""
        self.gate = asyncio.Event()

    def due(self, place: str) -> bool:
        """Say whether it is now that the child misbehaves."""
        if not self.armed or place != self.place:
            return False
        self.armed = False
        return True

    def release(self) -> None:
        """Let whatever waits go on."""
        self._go.set()
        self._go_async.set()

    def block(self, actor: Any) -> None:
        """Misbehave in a thread."""
        self.arrived.set()
        assert self._go.wait(PATIENCE)
        if self.deed == "raises":
            raise Boom
        self._try(actor)

    async def hang(self, actor: Any) -> None:
        """Misbehave on the loop."""
        self.arrived.set()
        while not self._go_async.is_set():
            try:
                await self._go_async.wait()
            except asyncio.CancelledError:
                if self.deed != "swallows":
                    self.over.set()
                    raise
                self.cancelled += 1
        if self.deed == "raises":
            raise Boom
        self._try(actor)

    def _try(self, actor: Any) -> None:
        self._attempt("tell", lambda: actor.actor_ref.tell("from the dead"))
        self._attempt("take", lambda: actor.actor_inbox.get())
        self._attempt("timer", lambda: actor.tell_later(1.0, "from the dead"))
        self._attempt("reply", actor.defer_reply)
        self.over.set()
        if self.place in ("init", "on_start"):
            raise Boom  # It has not started, whatever it believes.

    def _attempt(self, door: str, function: Callable[[], Any]) -> None:
        try:
            function()
        except Fenced:
            self.tried[door] = "fenced"
        except Exception as error:
            self.tried[door] = repr(error)
        else:
            self.tried[door] = "went through"


class Leaf:
    """What the three kinds have in common."""

    scene: Scene

    def _begun(self) -> None:
        self.scene.starts += 1
        self.scene.alive.set()

    def _answer(self, message: Any) -> Any:
        if isinstance(message, BaseException):
            raise message
        return message, self.incarnation  # type: ignore[attr-defined]


class Plain(Leaf):
    """Plain functions, wherever they run."""

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self.scene = scene
        self._at("init")

    def on_start(self) -> None:
        self._at("on_start")
        self._begun()

    def on_stop(self) -> None:
        self._at("on_stop")

    def on_receive(self, message: Any) -> Any:
        self._at("handler")
        return self._answer(message)

    def _at(self, place: str) -> None:
        raise NotImplementedError


class Sync(Plain, Actor):
    """On the loop."""

    def _at(self, place: str) -> None:
        if self.scene.due(place):
            raise Boom


class Async(Leaf, Actor):
    """Coroutines, on the loop."""

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self.scene = scene

    async def on_start(self) -> None:
        await self._at("on_start")
        self._begun()

    async def on_stop(self) -> None:
        await self._at("on_stop")

    async def on_receive(self, message: Any) -> Any:
        await self._at("handler")
        return self._answer(message)

    async def _at(self, place: str) -> None:
        if self.scene.due(place):
            await self.scene.hang(self)


class Thread(Plain, ThreadActor):
    """In a thread."""

    def _at(self, place: str) -> None:
        if self.scene.due(place):
            self.scene.block(self)


LEAVES: dict[str, Any] = {"sync": Sync, "async": Async, "thread": Thread}


class Good(Actor):
    """A sibling: it stops as it should; the slow one when the scene's gate is open."""

    def __init__(self, scene: Scene, name: str) -> None:
        super().__init__()
        self.scene = scene
        self.name = name

    def on_stop(self) -> Any:
        self.scene.log.append(self.name)
        return self.scene.gate.wait() if self.scene.slow == self.name else None

    def on_receive(self, message: Any) -> Any:
        if isinstance(message, BaseException):
            raise message
        return message


class Watcher(Actor):
    """Hears of ends."""

    def __init__(self, heard: list[Any]) -> None:
        super().__init__()
        self.heard = heard

    def on_receive(self, message: Any) -> None:
        if isinstance(message, Terminated):
            self.heard.append(message.ref)
        else:
            self.watch(message)
