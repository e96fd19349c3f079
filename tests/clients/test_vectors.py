"""Conformance vectors: what comes in, and when, against what goes out and is told; the same for both clients."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from stentor.actors import ManualClock
from stentor.protocol import Position
from stentor.protocol.clients import ProbeClient

HERE = Path(__file__).parent
VECTORS = sorted((HERE / "vectors").glob("*.json"))
STEPS = {path: json.loads(path.read_text("utf-8")) for path in VECTORS}
each_vector = pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)


@each_vector
def test_the_javascript_client_follows_the_vector(path: Path, node) -> None:
    """Every step of the vector holds for the JavaScript client."""
    done = node(HERE / "js" / "vectors.mjs", path)

    assert done.returncode == 0, done.stderr


@each_vector
async def test_the_python_client_follows_the_vector(path: Path, dial) -> None:
    """Every step of the vector holds for the Python client's machine and engine."""
    vector = STEPS[path]
    run = Vector(dial, vector.get("resume"))
    await run.clock.settle()

    for number, step in enumerate(vector["steps"]):
        ((name, value),) = step.items()
        await getattr(run, name)(value)
        await run.clock.settle()
        assert run.wrong is None, f"step {number}, {step}: {run.wrong}"


class Vector:
    """The steps of a vector, as methods, on a probe."""

    def __init__(self, dial: Any, resume: dict[str, Any] | None) -> None:
        self.dial = dial
        self.clock = ManualClock()
        self.wrong: str | None = None
        self.seen = 0
        self.answered: list[list[Any]] = []
        self.told = 0
        position = Position(**resume) if resume else None
        self.probe = ProbeClient(dial, session="ada/t1", tab="tab1", clock=self.clock, resume=position)
        self.probe.start()

    def check(self, actual: object, expected: object) -> None:
        """Note where the vector and the client differ."""
        if actual != expected:
            self.wrong = f"{actual!r} is not {expected!r}"

    async def open(self, _: bool) -> None:
        self.dial.open()

    async def give(self, frames: list[dict[str, Any]]) -> None:
        line = self.dial.last
        for frame in frames:
            line.receiver.received(json.dumps(frame))

    async def lose(self, code: int) -> None:
        self.dial.last.receiver.lost(code, "", None)

    async def advance(self, seconds: float) -> None:
        await self.clock.run(seconds)

    async def wake(self, _: bool) -> None:
        self.probe.wake()

    async def hold(self, _: bool) -> None:
        self.probe.hold()

    async def release(self, _: bool) -> None:
        self.probe.release()

    async def reject(self, name: str) -> None:
        self.probe.reject("handler_error", name)

    async def say(self, message: list[Any]) -> None:
        self.probe.say(*message)

    async def sent(self, frames: list[dict[str, Any]]) -> None:
        line = self.dial.last
        sent, line.sent = line.sent, []
        self.check(
            [picked(frame, wanted) for frame, wanted in zip(sent, frames, strict=False)] + sent[len(frames) :], frames
        )

    async def heard(self, notes: list[list[Any]]) -> None:
        given = [self.note(item) for item in self.probe.given[self.seen :]]
        self.seen = len(self.probe.given)
        said = [[*("said", cid), refused and refused[0]] for cid, refused in self.probe.said.items()]
        new_said = [note for note in said if note not in self.answered]
        self.answered = said
        notices = [["notice", notice.code] for notice in self.probe.notices[self.told :]]
        self.told = len(self.probe.notices)
        self.check([*given, *new_said, *notices], notes)

    @staticmethod
    def note(item: Any) -> list[Any]:
        match type(item).__name__:
            case "Deliver":
                return ["event", item.first, item.seq]
            case "Gap":
                return ["gap", item.first, item.seq, item.code]
            case "Lost":
                return ["lost", item.why, {"epoch": item.last.epoch, "seq": item.last.seq}]
            case _:
                return ["snapshot", item.seq]

    async def closed(self, code: int | None) -> None:
        self.check(self.dial.last.closed, code)

    async def sockets(self, count: int) -> None:
        self.check(len(self.dial.lines), count)

    async def state(self, state: str) -> None:
        self.check(self.probe.state.value, state)

    async def position(self, position: dict[str, Any]) -> None:
        self.check(self.probe.position, Position(**position))


def picked(actual: Any, wanted: Any) -> Any:
    """Return of *actual* only what *wanted* names, at every depth."""
    match wanted:
        case dict():
            return {key: picked((actual or {}).get(key), value) for key, value in wanted.items()}
        case list():
            return [picked(item, value) for item, value in zip(actual or [], wanted, strict=False)]
        case _:
            return actual
